import { lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from '../../base/files/folder-names.ts';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { type DirectoryEntry, directoryId, readDirectory } from '../format/directory-manifest.ts';
import { isDirectory, type ObjectId, objectKey } from '../format/object-id.ts';
import type { Output } from '../format/output.ts';
import type { DvcContext } from '../tree/context.ts';

/** One file of an output: its path relative to the output ('' if that is a file itself) and its object. */
export type OutputFile = DirectoryEntry;

/** Below so many objects, a question for each is cheaper than a look into all folders. */
const WORTH_LISTING = 2048;
/** So many names cost as much to list as one object to ask for. */
const NAMES_PER_QUESTION = 8;

export function isCached(context: DvcContext, id: ObjectId): boolean {
  const path = join(context.repository.config.cacheDir, objectKey(id));
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Filter the files whose objects the cache lacks. Looks many up in the folders of the cache, which is several times
 * faster than asking for each, unless the cache is so large that most of what it lists would be of no use.
 */
export function notCached<T extends OutputFile>(context: DvcContext, files: readonly T[]): T[] {
  const isListable = files.every(({ id }) => id.hash === 'md5') && files.length >= WORTH_LISTING;
  const listed = isListable ? listObjects(context, files.length * NAMES_PER_QUESTION) : undefined;
  if (listed === undefined) return files.filter(({ id }) => !isCached(context, id));
  return files.filter(({ id }) => !listed.has(id.value));
}

/** The digests of all objects in the layout of DVC 3; undefined if they are likely to be more than `most`. */
function listObjects(context: DvcContext, most: number): ReadonlySet<string> | undefined {
  const found = new Set<string>();
  for (let byte = 0; byte < 256; byte++) {
    const first = byte.toString(16).padStart(2, '0');
    for (const rest of namesIn(join(context.repository.config.cacheDir, 'files', 'md5', first)))
      found.add(first + rest);
    // Digests spread evenly, so the first folder tells how many there are.
    if (byte === 0 && found.size * 256 > most) return undefined;
  }
  return found;
}

/**
 * The files of an output, by its `.dir` object in the cache; undefined if that is not there.
 * @throws VarveError `digest-mismatch`, `manifest-damaged`
 */
export async function cachedFiles(
  context: DvcContext,
  id: ObjectId,
): Promise<readonly OutputFile[] | undefined> {
  if (!isDirectory(id)) return [{ path: '', id }];
  const path = join(context.repository.config.cacheDir, objectKey(id));
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw systemError(error, 'read', path, 'store');
  });
  return bytes === undefined ? undefined : checkedFiles(bytes, id, path);
}

/** The files that the bytes of a `.dir` object list, after its digest was checked. */
function checkedFiles(bytes: Uint8Array, id: ObjectId, where: string): readonly OutputFile[] {
  const actual = directoryId(bytes, id.hash);
  if (actual.value === id.value) return readDirectory(bytes, id.hash, where);
  throw new VarveError('digest-mismatch', `${where} has the MD5 ${actual.value}, not ${id.value}`, {
    path: where,
    remedy: 'Move this file out of the cache, then run `varve fetch --all-commits`, which brings it again.',
  });
}

/** Read the files of an output as cachedFiles does, and throw if its list is not there. */
export async function filesOf(
  context: DvcContext,
  output: Output & { readonly id: ObjectId },
): Promise<readonly OutputFile[]> {
  const files = await cachedFiles(context, output.id);
  if (files !== undefined) return files;
  throw new VarveError('object-missing', `The list of files of ${output.path} is not in the cache`, {
    path: output.path,
    remedy: `Run \`varve fetch --all-commits ${shellWord(output.path)}\`, which brings every version of it that its remote has.`,
  });
}
