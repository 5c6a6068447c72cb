import { join } from 'node:path';
import { forEach } from '../store/concurrency.ts';
import { fileClock } from '../workspace/file-clock.ts';
import type { DvcContext } from './context.ts';
import { directoryId, encodeDirectory } from './directory-manifest.ts';
import type { HashName, ObjectId } from './object-id.ts';
import { type FoundFile, scanOutput } from './scan.ts';
import { readStatCache, writeStatCache } from './stat-cache.ts';

/** A file of the workspace and the object that its bytes are. */
export interface IdentifiedFile extends FoundFile {
  readonly id: ObjectId;
}

/** What lies at the path of an output, as DVC would record it. */
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
 * The object that each file of an output is; undefined where nothing lies there. Only files that look changed since they
 * were last read are read.
 */
export async function identify(
  context: DvcContext,
  path: string,
  hash: HashName,
): Promise<Identified | undefined> {
  const { repository } = context;
  const found = scanOutput(repository, path);
  if (found === undefined) return undefined;
  const known = readStatCache(repository, path, hash);
  const values = found.files.map((file) => known.md5(file.path, file.facts));
  const unknown = [...found.files.keys()].filter((index) => values[index] === undefined);
  if (unknown.length > 0) await hashFiles(context, path, hash, found.files, unknown, values);
  const files = found.files.map((file, index) => ({ ...file, id: { hash, value: values[index]! } }));
  return identified(found.kind, files, hash);
}

export function identified(
  kind: 'file' | 'directory',
  files: readonly IdentifiedFile[],
  hash: HashName,
): Identified {
  const id = kind === 'file' ? files[0]!.id : directoryId(encodeDirectory(files), hash);
  return { kind, files, id, size: files.reduce((sum, { facts }) => sum + Math.max(0, facts.size), 0) };
}

/** Notes what the files of an output are, so that the next command need not read them. */
export function remember(
  context: DvcContext,
  path: string,
  hash: HashName,
  files: readonly Pick<IdentifiedFile, 'path' | 'facts' | 'id'>[],
  readAtMs: number,
): void {
  const known = files.map(({ path: name, facts, id }) => ({ path: name, facts, md5: id.value }));
  writeStatCache(context.repository, path, hash, known, readAtMs);
}

async function hashFiles(
  context: DvcContext,
  output: string,
  hash: HashName,
  files: readonly FoundFile[],
  indices: readonly number[],
  values: (string | undefined)[],
): Promise<void> {
  const { repository, pool, onProgress, signal } = context;
  const readAtMs = fileClock(repository.notes);
  let done = 0;
  await forEach(indices, AT_ONCE, async (index) => {
    signal?.throwIfAborted();
    const file = files[index]!;
    const path = join(repository.root, output, file.path);
    // The object behind a link is gone: its bytes are those of nothing.
    const { id } = file.facts.size < 0 ? { id: MISSING } : await pool.run({ kind: 'hash', path, hash });
    values[index] = id.value;
    onProgress?.({ phase: 'hash', unit: 'files', done: ++done, total: indices.length });
  });
  const known = files.flatMap((file, index) => {
    const value = values[index];
    return value === undefined || value === MISSING.value ? [] : [{ ...file, id: { hash, value } }];
  });
  remember(context, output, hash, known, readAtMs);
}

/** No bytes are known to have this MD5. */
const MISSING = { value: '0'.repeat(32) };
