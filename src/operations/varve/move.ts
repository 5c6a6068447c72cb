import { lstatSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, posix, relative } from 'node:path';
import { removeFile } from '../../base/files/remove-file.ts';
import { VarveError } from '../../errors.ts';
import { SafeFolders } from '../../workspace/checkout/safe-folder.ts';
import { ignoreDatasets, keptInGit, unignoreDataset } from '../../workspace/git/gitignore.ts';
import {
  formatPointer,
  POINTER_SUFFIX,
  type Pointer,
  pointerPath,
  readPointer,
  writePointer,
} from '../../workspace/pointer.ts';
import { dataKind, refuseLinksAbove } from '../../workspace/tree/scan.ts';
import { moveStatCache } from '../../workspace/tree/stat-cache.ts';
import { followLink, linkedFolder } from '../../workspace/trust/link.ts';
import type { MovedDataset, MoveResult } from '../backend/results.ts';
import type { WorkingContext } from '../context/context.ts';
import { refuseTaken, renameInTree, targetsOf } from '../datasets/move-targets.ts';
import { movedSchema, schemasBeside } from '../datasets/schemas-beside.ts';
import { namedWhole } from './datasets/named-whole.ts';
import { replaceablePointer, resolveDatasets } from './datasets/write-pointer.ts';

interface Move {
  readonly from: string;
  readonly to: string;
  readonly pointer: Pointer;
  readonly hasData: boolean;
}

/** Implements Backend.move. Nothing is touched before it is known that all can be moved. */
export async function move(
  context: WorkingContext,
  paths: readonly string[],
  target: string,
): Promise<MoveResult> {
  const from = [...new Set(paths.map((path) => namedWhole(context, path, 'moved')))];
  const moves = targetsOf(context, from, target, POINTER_SUFFIX).map((pair) => planMove(context, pair));
  const moved: MovedDataset[] = [];
  for (const one of moves) moved.push(moveOne(context, one));
  return { datasets: moved };
}

function planMove(context: WorkingContext, { from, path }: MovedDataset): Move {
  const { root } = context.repository;
  refuseLinksAbove(root, from);
  refuseLinksAbove(root, path);
  const pointer = { ...readPointer(root, from), path: posix.basename(path) };
  const hasData = dataKind(root, from) !== undefined;
  if (!isHalfMoved(root, path, pointer)) refuseTaken(root, path, pointerPath(path));
  else if (hasData) refuseTaken(root, path);
  const { dataset: to, part } = resolveDatasets(context, [join(root, path)])[0]!;
  if (part !== undefined) throw nested(path, to);
  for (const schema of schemasBeside(root, from)) refuseTaken(root, movedSchema(schema, from, to));
  return { from, to, pointer, hasData };
}

/** Whether a move that was interrupted got as far as the new pointer: then it is taken up again. */
function isHalfMoved(root: string, to: string, pointer: Pointer): boolean {
  const there = lstatSync(join(root, pointerPath(to)), { throwIfNoEntry: false });
  const before = there === undefined ? undefined : replaceablePointer(root, to, false);
  return before !== undefined && formatPointer(before) === formatPointer(pointer);
}

function nested(path: string, around: string): VarveError {
  return new VarveError('dataset-nested', `${path} lies within the dataset ${around}`, {
    path,
    remedy: 'Datasets cannot hold one another: choose a place outside of it.',
  });
}

/** At any instant, a pointer names the snapshot, and Git ignores the data wherever it lies. */
function moveOne({ repository }: WorkingContext, { from, to, pointer, hasData }: Move): MovedDataset {
  const { root } = repository;
  new SafeFolders(root).make(posix.dirname(to));
  ignoreDatasets(root, [to], new Map([[to, keptInGit(root, [from]).get(from)!]]));
  writePointer(root, to, pointer);
  if (hasData) moveData(root, from, to);
  for (const schema of schemasBeside(root, from)) renameInTree(root, schema, movedSchema(schema, from, to));
  moveStatCache(repository, from, to);
  removeFile(join(root, pointerPath(from)), pointerPath(from));
  unignoreDataset(root, from);
  return { from, path: to };
}

/** Move data; a link of the user's leads to the same folder from its new place, and is followed there. */
function moveData(root: string, from: string, to: string): void {
  const folder = linkedFolder(root, from);
  if (folder === undefined) {
    renameInTree(root, from, to);
    return;
  }
  const place = join(root, from);
  if (isAbsolute(readlinkSync(place))) renameInTree(root, from, to);
  else {
    symlinkSync(relative(dirname(join(root, to)), folder), join(root, to));
    removeFile(place, from);
  }
  followLink(root, to);
}
