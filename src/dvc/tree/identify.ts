import { join } from 'node:path';
import { forEach } from '../../base/threads/concurrency.ts';
import { fileClock } from '../../workspace/tree/file-clock.ts';
import { directoryId, encodeDirectory } from '../format/directory-manifest.ts';
import { type HashName, isDirectory, type ObjectId } from '../format/object-id.ts';
import type { DvcContext } from './context.ts';
import { type FoundFile, type FoundOutput, scanOutput } from './scan.ts';
import { readDvcStatCache, writeDvcStatCache } from './stat-cache.ts';

/** A file of the workspace and the object that its bytes are. */
export interface IdentifiedFile extends FoundFile {
  readonly id: ObjectId;
}

/** The data at the path of an output, as DVC would record it. */
export interface Identified {
  readonly kind: 'file' | 'directory';
  readonly files: readonly IdentifiedFile[];
  readonly id: ObjectId;
  /** Of all files, in bytes. */
  readonly size: number;
}

/** Files that workers may be asked about at once; far more than there are workers, so that none waits. */
const AT_ONCE = 512;

/**
 * The object that each file of an output is; undefined if nothing lies there. Only files that look changed since they
 * were last read are read.
 * @param unfinished as that of scanOutput
 */
export async function identify(
  context: DvcContext,
  path: string,
  hash: HashName,
  unfinished?: string[],
): Promise<Identified | undefined> {
  const { repository } = context;
  const found = scanOutput(repository, path, unfinished);
  if (found === undefined) return undefined;
  const known = readDvcStatCache(repository, path, hash);
  const values = found.files.map((file, index) => known.md5(file, index));
  const unknown = [...values.keys()].filter((index) => values[index] === undefined);
  if (unknown.length > 0) return hashFiles(context, path, hash, found, unknown, values);
  const files = withValues(found.files, values, hash);
  if (found.kind === 'file' || known.list === undefined || known.files !== files.length)
    return identified(found.kind, files, hash);
  return { kind: found.kind, files, id: { hash, value: known.list }, size: totalSize(files) };
}

export function identified(
  kind: 'file' | 'directory',
  files: readonly IdentifiedFile[],
  hash: HashName,
): Identified {
  const id = kind === 'file' ? files[0]!.id : directoryId(encodeDirectory(files), hash);
  return { kind, files, id, size: totalSize(files) };
}

/** Notes what files of an output are, so that the next command need not read them. `id` is the output's, where these are all of them. */
export function remember(
  context: DvcContext,
  { path, hash, id }: { readonly path: string; readonly hash: HashName; readonly id?: ObjectId | undefined },
  files: readonly Pick<IdentifiedFile, 'path' | 'facts' | 'id'>[],
  readAtMs: number,
): void {
  const known = files.map((file) => ({ path: file.path, facts: file.facts, md5: file.id.value }));
  const list = id !== undefined && isDirectory(id) ? id.value : undefined;
  writeDvcStatCache(context.repository, path, hash, { files: known, list }, readAtMs);
}

async function hashFiles(
  context: DvcContext,
  path: string,
  hash: HashName,
  { kind, files }: FoundOutput,
  indices: readonly number[],
  values: (string | undefined)[],
): Promise<Identified> {
  const { repository, pool, onProgress, signal } = context;
  const readAtMs = fileClock(repository);
  let done = 0;
  await forEach(indices, AT_ONCE, async (index) => {
    signal?.throwIfAborted();
    const file = files[index]!;
    const where = join(repository.root, path, file.path);
    // The object behind a link is gone: its bytes are those of nothing.
    const { id } =
      file.facts.size < 0 ? { id: MISSING } : await pool.run({ kind: 'hash', path: where, hash });
    values[index] = id.value;
    onProgress?.({ phase: 'hash', unit: 'files', done: ++done, total: indices.length });
  });
  const found = identified(kind, withValues(files, values, hash), hash);
  const known = found.files.filter(({ id }) => id.value !== MISSING.value);
  const isAll = known.length === found.files.length;
  remember(context, { path, hash, ...(isAll && { id: found.id }) }, known, readAtMs);
  return found;
}

/** No bytes are known to have this MD5. */
const MISSING = { value: '0'.repeat(32) };

function withValues(
  files: readonly FoundFile[],
  values: readonly (string | undefined)[],
  hash: HashName,
): IdentifiedFile[] {
  // Spelled out: ten thousand spreads cost as much as all the rest.
  return files.map(({ path, facts, link, executable }, index) => ({
    path,
    facts,
    link,
    executable,
    id: { hash, value: values[index]! },
  }));
}

/** The object behind a link that leads nowhere has no size. */
function totalSize(files: readonly IdentifiedFile[]): number {
  return files.reduce((sum, { facts }) => sum + Math.max(0, facts.size), 0);
}
