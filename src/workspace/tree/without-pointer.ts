import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { problemOfDataPath } from '../../base/files/data-path.ts';
import { pointerPath } from '../pointer.ts';
import type { Repository } from '../repository.ts';

/**
 * List the datasets that varve recorded here, whose data still lies there, and whose pointer does not: as after a switch to a branch
 * that has no such dataset. Sorted. A record whose name was too long to be kept is not found.
 */
export function dataWithoutPointer({ root, stateFolder }: Repository): string[] {
  const isThere = (path: string): boolean => {
    try {
      return lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
    } catch {
      return false;
    }
  };
  return recorded(join(stateFolder, 'stat'))
    .filter((path) => problemOfDataPath(path) === undefined)
    .filter((path) => isThere(path) && !isThere(pointerPath(path)))
    .sort();
}

function recorded(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap(decoded);
  } catch {
    // Nothing was recorded, or nothing can be read.
    return [];
  }
}

function decoded(name: string): string[] {
  try {
    return [decodeURIComponent(name)];
  } catch {
    return [];
  }
}
