import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../workspace/atomic-write.ts';
import type { HashName } from './object-id.ts';
import type { FileFacts } from './object-jobs.ts';
import type { DvcRepository } from './repository.ts';

/** The MD5 of files that look as they did when it was taken. Only a cache: what cannot be read counts as nothing known. */
export interface StatCache {
  md5(path: string, facts: FileFacts): string | undefined;
}

export interface KnownFile {
  readonly path: string;
  readonly facts: FileFacts;
  readonly md5: string;
}

const VERSION = 1;
/** A file that was changed so shortly before it was read may change again without a new time. */
const TICK_MS = 50;
const WHOLE_SECONDS_TICK_MS = 2000;

type Row = readonly [
  path: string,
  size: number,
  mtimeMs: number,
  ctimeMs: number,
  inode: number,
  md5: string,
];

/** What is known of the files of one output. */
export function readStatCache(repository: DvcRepository, output: string, hash: HashName): StatCache {
  const known = new Map(load(cacheFile(repository, output, hash)).map((row) => [row[0], row]));
  return {
    md5: (path, { size, mtimeMs, ctimeMs, inode }) => {
      const row = known.get(path);
      const same = row?.[1] === size && row[2] === mtimeMs && row[3] === ctimeMs && row[4] === inode;
      return same ? row[5] : undefined;
    },
  };
}

/** @param readAtMs by the file system's clock, before the first of the files was read, or after the last was written */
export function writeStatCache(
  repository: DvcRepository,
  output: string,
  hash: HashName,
  files: readonly KnownFile[],
  readAtMs: number,
): void {
  const rows = files
    .filter(({ facts }) => isSettled(facts, readAtMs))
    .map(({ path, facts, md5 }): Row => [path, facts.size, facts.mtimeMs, facts.ctimeMs, facts.inode, md5]);
  const text = JSON.stringify({ version: VERSION, output, rows });
  try {
    writeAtomically(cacheFile(repository, output, hash), [Buffer.from(text)], false);
  } catch {
    // A repository that cannot be written to can still be read; it only takes longer the next time.
  }
}

function isSettled({ mtimeMs, ctimeMs }: FileFacts, readAtMs: number): boolean {
  const tick = mtimeMs % 1000 === 0 && ctimeMs % 1000 === 0 ? WHOLE_SECONDS_TICK_MS : TICK_MS;
  return Math.max(mtimeMs, ctimeMs) + tick <= readAtMs;
}

function load(file: string): readonly Row[] {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown; rows?: unknown };
    return content.version === VERSION && Array.isArray(content.rows) ? (content.rows as Row[]) : [];
  } catch {
    return [];
  }
}

function cacheFile(repository: DvcRepository, output: string, hash: HashName): string {
  const name = createHash('sha256').update(`${hash}\0${output}`).digest('hex').slice(0, 32);
  return join(repository.notes.folder, 'stat', `${name}.json`);
}
