import { lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VarveError } from '../errors.ts';
import { fileError } from '../remote/file-errors.ts';
import { isAbsent } from '../workspace/file-errors.ts';
import type { DvcContext } from './context.ts';
import { type DirectoryEntry, directoryId, readDirectory } from './directory-manifest.ts';
import { isDirectory, type ObjectId, objectKey } from './object-id.ts';
import type { Output } from './output.ts';

/** One file of an output: its path relative to the output ('' where that is a file itself) and its object. */
export type OutputFile = DirectoryEntry;

export function isCached(context: DvcContext, id: ObjectId): boolean {
  const path = join(context.repository.config.cacheDir, objectKey(id));
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * The files of an output, by its `.dir` object in the cache; undefined where that is not there.
 * @throws VarveError `digest-mismatch`, `damaged-manifest`
 */
export async function cachedFiles(
  context: DvcContext,
  id: ObjectId,
): Promise<readonly OutputFile[] | undefined> {
  if (!isDirectory(id)) return [{ path: '', id }];
  const path = join(context.repository.config.cacheDir, objectKey(id));
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw fileError(error, 'read', path);
  });
  return bytes === undefined ? undefined : checkedFiles(bytes, id, path);
}

/** The files that the bytes of a `.dir` object list, after its digest was checked. */
function checkedFiles(bytes: Uint8Array, id: ObjectId, where: string): readonly OutputFile[] {
  const actual = directoryId(bytes, id.hash);
  if (actual.value === id.value) return readDirectory(bytes, id.hash, where);
  throw new VarveError('digest-mismatch', `${where} has the MD5 ${actual.value}, not ${id.value}`, {
    path: where,
    remedy: 'Remove this object and run `varve fetch`.',
  });
}

/** As cachedFiles, for what must be there. */
export async function filesOf(
  context: DvcContext,
  output: Output & { readonly id: ObjectId },
): Promise<readonly OutputFile[]> {
  const files = await cachedFiles(context, output.id);
  if (files !== undefined) return files;
  throw new VarveError('object-missing', `The list of files of ${output.path} is not in the cache`, {
    path: output.path,
    remedy: `Run \`varve fetch ${output.path}\`.`,
  });
}
