import { open } from 'node:fs/promises';
import { removeQuietly, unfinishedBeside } from '../../base/files/atomic-write.ts';
import { renameOverSync } from '../../base/files/rename.ts';
import { systemError } from '../../base/files/system-errors.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import { type Digest, toRaw } from '../format/digest.ts';
import { boundedPortions } from '../restoring/file-groups.ts';
import { modeOf } from '../restoring/restore-file.ts';
import type { FileToRestore } from '../restoring/restore-files.ts';
import type { RestoreAllOptions, Store } from '../store.ts';
import { ObjectCopier, type ObjectFile, type WantedObject } from './object-copier.ts';
import type { TransferTotals } from './transfer.ts';

/** Files that get their names together, once an index names their chunks: of few large ones, or of many. */
const PORTION_BYTES = 4 * 1024 * 1024 * 1024;
const PORTION_FILES = 1024;

export interface RestoreThroughOptions extends Pick<RestoreAllOptions, 'onBytes' | 'signal' | 'lists'> {
  /** Requests at a time, 8 by default. */
  readonly jobs?: number | undefined;
}

/** Tell whether {@link restoreThrough} can restore an object: it has the recipe that its pointer pins. */
export function comesInChunks(from: Store, digest: Digest, blocks: Uint8Array | undefined): boolean {
  return blocks !== undefined && from.recipePinned(digest, blocks) !== undefined;
}

/**
 * Restore files from one store while another, which is local, takes in what it lacks of them: each chunk is verified as it arrives, and
 * goes to both at once. Nothing is read back but what was there before. A file gets its name when all of it is there, and in the store.
 * @param files of which {@link comesInChunks} holds
 * @throws VarveError `object-missing`, `digest-mismatch`, `disk-full`, and what the remote and writing meet
 */
export async function restoreThrough(
  from: Store,
  to: Store,
  files: readonly FileToRestore[],
  options: RestoreThroughOptions,
): Promise<TransferTotals> {
  const totals = { objects: 0, bytes: 0 };
  // Twins come from the store that has the first of them by then.
  const first = new Map<Digest, FileToRestore>();
  for (const file of files) if (!first.has(file.digest)) first.set(file.digest, file);
  for (const portion of boundedPortions(first.values(), PORTION_BYTES, PORTION_FILES)) {
    const { objects, bytes } = await restorePortion(from, to, portion, options);
    totals.objects += objects;
    totals.bytes += bytes;
  }
  const twins = files.filter((file) => first.get(file.digest) !== file);
  const { onBytes, signal, lists } = options;
  await to.restoreAll(twins, twins.length, { ...(onBytes && { onBytes }), signal, ...(lists && { lists }) });
  return totals;
}

async function restorePortion(
  from: Store,
  to: Store,
  files: readonly FileToRestore[],
  { onBytes = () => undefined, signal, lists, jobs }: RestoreThroughOptions,
): Promise<TransferTotals> {
  let arrived = 0;
  let isData = false;
  const copier = new ObjectCopier(from.core, to.core, {
    ...(jobs === undefined ? {} : { jobs }),
    ...(signal && { signal }),
    onProgress({ done }) {
      if (isData) onBytes(done - arrived);
      arrived = done;
    },
  });
  const unfinished = files.map((file) => new UnfinishedFile(file));
  try {
    for (const file of unfinished) await file.make();
    const wanted = unfinished.map(
      ({ path, file: { digest, target } }): WantedObject & { into: ObjectFile } => {
        const recipe = from.recipePinned(digest, lists!.of(toRaw(digest))!)!;
        return { digest: toRaw(digest), kind: 'data', path: target, into: { file: path, recipe } };
      },
    );
    // Recipes are no part of what is told of.
    await copier.copy(wanted.map(({ path, into }) => ({ digest: into.recipe.recipe, kind: 'meta', path })));
    isData = true;
    await copier.copy(wanted);
    await copier.makeReadable();
    await to.placeChunks(copier.uncopied, { onBytes, signal });
    for (const file of unfinished) file.name();
  } catch (error) {
    // The index must name what has arrived, or the next run would send it again.
    await copier.finish().catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  } finally {
    for (const file of unfinished) file.remove();
  }
  await copier.finish();
  return copier.sent;
}

/** A file beside its place, until it gets its name or is removed. */
class UnfinishedFile {
  readonly file: FileToRestore;
  readonly path: string;
  readonly #unfinished: ReturnType<typeof removeAtExit>;
  #isNamed = false;

  constructor(file: FileToRestore) {
    this.file = file;
    this.path = unfinishedBeside(file.target);
    this.#unfinished = removeAtExit(this.path);
  }

  async make(): Promise<void> {
    try {
      await (await open(this.path, 'wx', modeOf(this.file))).close();
    } catch (error) {
      throw systemError(error, 'write', this.file.target, 'store');
    }
  }

  name(): void {
    try {
      renameOverSync(this.path, this.file.target);
      this.#isNamed = true;
    } catch (error) {
      throw systemError(error, 'write', this.file.target, 'store');
    }
  }

  remove(): void {
    if (!this.#isNamed) removeQuietly(this.path);
    this.#unfinished.isFinished();
  }
}
