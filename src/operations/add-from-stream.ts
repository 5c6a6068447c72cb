import { lstatSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { removeQuietly, unfinishedBeside } from '../base/files/atomic-write.ts';
import { checkDataPath } from '../base/files/data-path.ts';
import { renameOverSync } from '../base/files/rename.ts';
import { systemError } from '../base/files/system-errors.ts';
import { VarveError } from '../errors.ts';
import { shellWord } from '../wording/quote.ts';
import { SafeFolders } from '../workspace/checkout/safe-folder.ts';
import { targetInRepository } from '../workspace/repository.ts';
import { add } from './add.ts';
import type { BackendAddOptions } from './backend/backend.ts';
import type { AddResult, DatasetStatus } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Put a stream of bytes where a file of the data is to lie, and add it: a dataset that is that file, or one that holds it. The file gets
 * its name when the stream has ended. Memory is that of one piece of the stream.
 * @param bytes all that the file is to hold; where it fails, nothing is changed
 * @param to path of the file, as a user names it
 * @throws VarveError `input-empty`, `changes-unsaved`, `version-outdated`, `path-taken`, and the codes of {@link add}
 */
export async function addFromStream(
  context: Context,
  bytes: AsyncIterable<Uint8Array>,
  to: string,
  options: BackendAddOptions = {},
): Promise<AddResult> {
  const { root } = context.repository;
  const target = targetInRepository(context.repository, context.cwd, to);
  checkDataPath(target);
  await refuseUnsaved(context, target);
  new SafeFolders(root).make(posix.dirname(target));
  await receive(context, bytes, target);
  return add(context, [join(root, target)], options);
}

/** What lies there already must be saved in the version that the pointer names, since the stream replaces it. */
async function refuseUnsaved(context: Context, target: string): Promise<void> {
  const path = join(context.repository.root, target);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isFile()) throw taken(target, 'Name the path of a file, which may be new.');
  const dataset = await statusOf(context, path);
  const word = shellWord(target);
  if (dataset === undefined) throw taken(target, `Run \`varve add ${word}\` first, or name another path.`);
  if (dataset.state === 'outdated')
    throw new VarveError(
      'version-outdated',
      `${target} lies here as another version than its pointer names`,
      {
        path: target,
        remedy: `Run \`varve checkout ${word}\`, which brings that version, then add the new one.`,
      },
    );
  if (dataset.changes.length === 0) return;
  throw new VarveError('changes-unsaved', `${target} would be replaced, and nobody saved what it holds`, {
    path: target,
    remedy: `Run \`varve add ${word}\` first, which keeps it as a version.`,
  });
}

async function statusOf({ backend }: Context, path: string): Promise<DatasetStatus | undefined> {
  try {
    return (await backend.status([path])).datasets[0];
  } catch (error) {
    if (error instanceof VarveError && error.code === 'dataset-missing') return undefined;
    throw error;
  }
}

function taken(target: string, remedy: string): VarveError {
  return new VarveError('path-taken', `Something else lies at ${target}`, { path: target, remedy });
}

/** Write a file that gets its name when all of it is there. */
async function receive(context: Context, bytes: AsyncIterable<Uint8Array>, target: string): Promise<void> {
  const { repository, onProgress, signal } = context;
  const path = join(repository.root, target);
  const unfinished = unfinishedBeside(path);
  try {
    const file = await open(unfinished, 'wx');
    let done = 0;
    try {
      for await (const piece of heard(bytes, signal)) {
        await file.writeFile(piece);
        done += piece.length;
        onProgress?.({ phase: `receive ${target}`, unit: 'bytes', done });
      }
    } finally {
      await file.close();
    }
    // What feeds a pipe fails by ending early: then nothing came.
    if (done === 0) throw nothingCame(target);
    renameOverSync(unfinished, path);
  } catch (error) {
    removeQuietly(unfinished);
    throw systemError(error, 'write', target);
  }
}

/** A program that prints nothing may be waited for: a signal ends that. */
function heard(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  if (signal === undefined) return bytes;
  return addAbortSignal(signal, bytes instanceof Readable ? bytes : Readable.from(bytes));
}

function nothingCame(target: string): VarveError {
  return new VarveError('input-empty', `No byte came that ${target} could hold`, {
    path: target,
    remedy: 'See what the program before the pipe says: it may have failed. Nothing was changed.',
  });
}
