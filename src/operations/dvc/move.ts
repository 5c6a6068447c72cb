import { join, posix } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { checkDataPath } from '../../base/files/data-path.ts';
import { isWithin } from '../../base/files/path-order.ts';
import { removeFile } from '../../base/files/remove-file.ts';
import { readTrackedFile } from '../../base/files/tracked-file.ts';
import { unsupported } from '../../dvc/format/config.ts';
import { readDvcFile } from '../../dvc/format/output.ts';
import { withPath } from '../../dvc/format/pointer-edit.ts';
import { ignoreOutput, unignoreOutput } from '../../dvc/tree/gitignore.ts';
import { DVC_SUFFIX, outputsInTree } from '../../dvc/tree/pointers.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { SafeFolders } from '../../workspace/checkout/safe-folder.ts';
import { dataKind, refuseLinksAbove } from '../../workspace/tree/scan.ts';
import type { MovedDataset, MoveResult } from '../backend/results.ts';
import { refuseTaken, renameInTree, targetsOf } from '../datasets/move-targets.ts';
import { movedSchema, schemasBeside } from '../datasets/schemas-beside.ts';
import type { DvcPlace } from './context.ts';
import { ownOutput } from './own-output.ts';

interface Move extends MovedDataset {
  /** Text of the new `.dvc` file. */
  readonly text: string;
}

/** Implements Backend.move, as `dvc move` does it. */
export async function move(context: DvcPlace, paths: readonly string[], target: string): Promise<MoveResult> {
  const { root } = context.repository;
  const outputs = [...new Set(paths)].map((path) => ownOutput(context, path, 'move'));
  const imported = outputs.find((output) => output.imported !== undefined);
  if (imported !== undefined)
    throw unsupported(
      `moving ${imported.path}, which was imported,`,
      `Run \`dvc move ${shellWord(imported.path)} ${shellWord(target)}\`.`,
    );
  const from = outputs.map(({ path }) => path);
  const moves = targetsOf(context, from, target, DVC_SUFFIX).map((pair) => planMove(context, pair));
  for (const one of moves) moveOne(root, one);
  return { datasets: moves.map(({ from: before, path }) => ({ from: before, path })) };
}

function planMove({ repository }: DvcPlace, { from, path }: MovedDataset): Move {
  const { root } = repository;
  checkDataPath(path);
  refuseLinksAbove(root, from);
  refuseLinksAbove(root, path);
  refuseTaken(root, path, path + DVC_SUFFIX);
  const around = outputsInTree(repository).find((other) => isWithin(path, other.path));
  if (around !== undefined)
    throw new VarveError('dataset-nested', `${path} lies within the output ${around.path}`, {
      path,
      remedy: 'Outputs cannot hold one another: choose another place.',
    });
  for (const schema of schemasBeside(root, from)) refuseTaken(root, movedSchema(schema, from, path));
  const pointer = from + DVC_SUFFIX;
  const text = withPath(readTrackedFile(root, pointer), pointer, posix.basename(path));
  // A `wdir` may have it that the name is not all of the path.
  if (readDvcFile(text, path + DVC_SUFFIX)[0]?.path !== path)
    throw unsupported(
      `moving what ${pointer} names by its \`wdir\``,
      `Run \`dvc move ${shellWord(from)} ${shellWord(path)}\`.`,
      from,
    );
  return { from, path, text };
}

function moveOne(root: string, { from, path, text }: Move): void {
  new SafeFolders(root).make(posix.dirname(path));
  ignoreOutput(root, path);
  const hasData = dataKind(root, from) !== undefined;
  writeAtomically(join(root, path + DVC_SUFFIX), [Buffer.from(text)]);
  const moved = [...(hasData ? [from] : []), ...schemasBeside(root, from)];
  for (const one of moved) renameInTree(root, one, movedSchema(one, from, path));
  removeFile(join(root, from + DVC_SUFFIX), from + DVC_SUFFIX);
  unignoreOutput(root, from);
}
