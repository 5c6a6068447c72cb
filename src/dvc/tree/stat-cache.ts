import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { comparePaths } from '../../base/files/path-order.ts';
import type { HashName } from '../format/object-id.ts';
import type { FileFacts } from '../objects/object-jobs.ts';
import type { DvcRepository } from './repository.ts';

/** The MD5 of files that look as they did when it was taken. Only a cache: what cannot be read counts as nothing known. */
export interface DvcStatCache {
  /** @param at where the file is likely to stand: its place among the files of the output */
  md5(file: Pick<KnownFile, 'path' | 'facts'>, at: number): string | undefined;
  /** Of the list of the output's files, where these `files` are all of them, and the MD5 of each is known. */
  readonly list: string | undefined;
  readonly files: number;
}

export interface KnownFile {
  readonly path: string;
  readonly facts: FileFacts;
  readonly md5: string;
}

const VERSION = 2;
/** A file that was changed so shortly before it was read may change again without a new time. */
const TICK_MS = 50;
const WHOLE_SECONDS_TICK_MS = 2000;

/** Column by column, sorted by path: read several times faster than an object a file. */
interface Content {
  readonly version: typeof VERSION;
  readonly output: string;
  /** Digits and `.dir`; null if the output is a file, or some of its files are not known. */
  readonly list: string | null;
  readonly paths: readonly string[];
  readonly size: readonly number[];
  readonly mtimeMs: readonly number[];
  readonly ctimeMs: readonly number[];
  readonly inode: readonly number[];
  /** 32 digits each. */
  readonly md5: string;
}

const COLUMNS = ['size', 'mtimeMs', 'ctimeMs', 'inode'] as const;

/** Read what is known of the files of one output. */
export function readDvcStatCache(repository: DvcRepository, output: string, hash: HashName): DvcStatCache {
  const content = load(cacheFile(repository, output, hash));
  if (content === undefined) return { md5: () => undefined, list: undefined, files: 0 };
  const { paths, size, mtimeMs, ctimeMs, inode, md5 } = content;
  let places: Map<string, number> | undefined;
  const placeOf = (path: string): number | undefined => {
    places ??= new Map(paths.map((name, index) => [name, index]));
    return places.get(path);
  };
  return {
    md5: ({ path, facts }, at) => {
      const place = paths[at] === path ? at : placeOf(path);
      const same =
        place !== undefined &&
        size[place] === facts.size &&
        mtimeMs[place] === facts.mtimeMs &&
        ctimeMs[place] === facts.ctimeMs &&
        inode[place] === facts.inode;
      return same ? md5.slice(place * 32, place * 32 + 32) : undefined;
    },
    list: content.list ?? undefined,
    files: paths.length,
  };
}

/**
 * @param list the digest of the list of these files, where they are all the files of a directory
 * @param readAtMs by the file system's clock, before the first of the files was read, or after the last was written
 */
export function writeDvcStatCache(
  repository: DvcRepository,
  output: string,
  hash: HashName,
  { files, list }: { readonly files: readonly KnownFile[]; readonly list: string | undefined },
  readAtMs: number,
): void {
  const settled = files.filter(({ facts }) => isSettled(facts, readAtMs));
  settled.sort((a, b) => comparePaths(a.path, b.path));
  const column = (name: keyof FileFacts) => settled.map(({ facts }) => facts[name]);
  const content: Content = {
    version: VERSION,
    output,
    list: settled.length === files.length ? (list ?? null) : null,
    paths: settled.map(({ path }) => path),
    size: column('size'),
    mtimeMs: column('mtimeMs'),
    ctimeMs: column('ctimeMs'),
    inode: column('inode'),
    md5: settled.map(({ md5 }) => md5).join(''),
  };
  try {
    const text = Buffer.from(JSON.stringify(content));
    writeAtomically(cacheFile(repository, output, hash), [text], false);
  } catch {
    // A repository that cannot be written to can still be read; it only takes longer the next time.
  }
}

function isSettled({ mtimeMs, ctimeMs }: FileFacts, readAtMs: number): boolean {
  const tick = mtimeMs % 1000 === 0 && ctimeMs % 1000 === 0 ? WHOLE_SECONDS_TICK_MS : TICK_MS;
  return Math.max(mtimeMs, ctimeMs) + tick <= readAtMs;
}

function load(file: string): Content | undefined {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as Content;
    const { length } = content.paths;
    const isWhole =
      content.version === VERSION &&
      COLUMNS.every((name) => content[name].length === length) &&
      content.md5.length === length * 32 &&
      /^[0-9a-f]*$/.test(content.md5);
    return isWhole ? content : undefined;
  } catch {
    return undefined;
  }
}

function cacheFile(repository: DvcRepository, output: string, hash: HashName): string {
  const name = createHash('sha256').update(`${hash}\0${output}`).digest('hex').slice(0, 32);
  return join(repository.stateFolder, 'stat', `${name}.json`);
}
