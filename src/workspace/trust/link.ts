import { lstatSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../../errors.ts';
import { commonFolder } from '../git/common-folder.ts';
import { giveConsent, isTrusted } from './consent.ts';
import { isInside } from './folders.ts';
import type { TrustRequest } from './request.ts';

/**
 * Links that stand for a dataset's folder. Git keeps links too, so that anybody may have made one: it is followed only where this machine
 * agreed to just this path and just this folder.
 */

/** Whether a dataset is a link to a folder that this machine agreed to. @param dataset path from the root */
export function isFollowed(root: string, dataset: string): boolean {
  const path = join(root, dataset);
  if (!isLink(path)) return false;
  const target = folderOf(path);
  return target !== undefined && isTrusted(root, linkRequest(dataset, target));
}

/**
 * Agree, for this machine, that the folder which a link leads to is the dataset's. What is no link is left alone.
 * @throws VarveError `symlink-refused` unless it leads to a folder outside of the repository that does not hold it; `trust-unsafe`
 */
export function followLink(root: string, dataset: string): void {
  const path = join(root, dataset);
  if (!isLink(path)) return;
  const target = folderOf(path);
  if (target === undefined) throw refused(dataset, 'leads to no folder');
  const own = [root, commonFolder(root)];
  if (own.some((folder) => isInside(folder, target))) throw refused(dataset, 'leads into the repository');
  if (own.some((folder) => isInside(target, folder)))
    throw refused(dataset, 'leads to a folder around the repository');
  giveConsent(root, linkRequest(dataset, target));
}

function linkRequest(dataset: string, target: string): TrustRequest {
  const facts = [
    { key: 'folder', value: target, file: dataset },
    { key: 'link', value: dataset, file: dataset },
  ];
  return { about: 'link', name: dataset, facts };
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    // A file on the way: nothing lies there.
    return false;
  }
}

/** The folder that a link leads to in the end, without links; undefined if it leads to none. */
function folderOf(link: string): string | undefined {
  try {
    const target = realpathSync(link);
    return statSync(target).isDirectory() ? target : undefined;
  } catch {
    return undefined;
  }
}

function refused(dataset: string, why: string): VarveError {
  return new VarveError('symlink-refused', `${dataset} is a symbolic link that ${why}`, {
    path: dataset,
    remedy:
      'Only a folder outside of the repository is followed: put the data there, or in place of the link.',
  });
}
