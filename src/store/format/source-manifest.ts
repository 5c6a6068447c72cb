import { parseShallow } from '../../base/json.ts';
import { VarveError } from '../../errors.ts';
import { type Digest, parseDigest } from './digest.ts';
import {
  checkManifestPath,
  checkSize,
  damagedManifest,
  MANIFEST_BLOCK,
  PathOrder,
  parseLine,
  readSortedLines,
} from './manifest.ts';

/**
 * One file of a snapshot in place: an object that somebody else keeps in a bucket. Its path is '' if the source is a single object.
 */
export interface SourceManifestEntry {
  readonly path: string;
  /** Where the object lies, behind the path of the source; undefined where that is its path in the dataset. */
  readonly key?: string;
  /** In bytes. */
  readonly size: number;
  /** Names a state of the object, in the server's own way; without quotes. */
  readonly etag: string;
  /** The object's version, if the bucket keeps versions. */
  readonly version?: string;
  /** Digest of the bytes; undefined if the server keeps no SHA-256 and nobody has read them yet. */
  readonly digest?: Digest;
}

/** Entity tags, which go into a header, as RFC 9110, 8.8.3 allows them in ASCII. */
const ETAG = /^[!#-~]{1,256}$/;
/** S3 allows 1,024 bytes. */
const VERSION = /^[!-~]{1,1024}$/;

/**
 * Encode a source manifest: canonical JSON Lines, sorted by the bytes of the path, in blocks of about 64 KiB; before them the columns that
 * a table shows, where its files have others.
 * @param files in that order
 * @param columnsOf tells those columns once the first file is there
 * @throws VarveError `key-unsupported` if keys cannot be paths beside one another; `source-changed` if one comes twice
 */
export async function* encodeSourceManifest(
  files: AsyncIterable<SourceManifestEntry>,
  columnsOf: () => readonly object[] = () => [],
): AsyncGenerator<Uint8Array> {
  const order = new PathOrder();
  let last: string | undefined;
  let text = '';
  for await (const file of files) {
    if (last === undefined) for (const column of columnsOf()) text += `${encodeColumn(column)}\n`;
    if (file.path === last) throw listedTwice(file.path);
    last = file.path;
    const problem = order.problemWith(file.path);
    if (problem !== undefined) throw unsupportedKey(file.path, problem);
    text += `${encodeFile(file)}\n`;
    if (text.length < MANIFEST_BLOCK) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

/**
 * Read the files of a source manifest that may come from anyone, in bounded memory.
 * @param where names the manifest, for messages
 * @param onColumn takes each column that a table shows, before the first file is there; nobody has looked at what it is
 * @throws VarveError `manifest-damaged` for anything that encodeSourceManifest would not have written
 */
export function readSourceManifest(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  where: string,
  onColumn: (column: unknown) => void = () => undefined,
): AsyncGenerator<SourceManifestEntry> {
  return readSortedLines(bytes, where, parseFile, (line) => {
    if (!line.startsWith(COLUMN_BEGIN)) return false;
    onColumn(parseColumn(line, where));
    return true;
  });
}

/** How the line of a column begins, and that of no file. */
const COLUMN_BEGIN = '{"column":';

function parseColumn(line: string, where: string): unknown {
  let column: unknown;
  try {
    ({ column } = parseShallow(line) as { readonly column: unknown });
  } catch {
    throw damagedManifest(where, 'a line is not JSON');
  }
  if (typeof column === 'object' && column !== null && encodeColumn(column) === line) return column;
  throw damagedManifest(where, 'a line is not in the canonical form');
}

function encodeColumn(column: object): string {
  return JSON.stringify({ column });
}

/** Whether a server's names for the state of an object can stand in a source manifest. */
export function isIdentity(etag: string | undefined, version: string | undefined): etag is string {
  return etag !== undefined && ETAG.test(etag) && (version === undefined || VERSION.test(version));
}

export function unsupportedKey(key: string, problem: string): VarveError {
  return new VarveError('key-unsupported', `The key ${JSON.stringify(key.slice(0, 200))} ${problem}`, {
    path: key,
    remedy: 'A file of that name cannot be checked out: rename it in the bucket, or choose another prefix.',
  });
}

/** Tell where an object lies, behind the path of its source. */
export function keyOf({ path, key }: Pick<SourceManifestEntry, 'path' | 'key'>): string {
  return key ?? path;
}

function encodeFile({ path, key, size, etag, version, digest }: SourceManifestEntry): string {
  // The order of the fields is part of the format. Undefined ones are left out.
  return JSON.stringify({ path, key, size, etag, version, digest });
}

function parseFile(line: string, where: string): SourceManifestEntry {
  const { path, key, size, etag, version, digest } = parseLine(line, where);
  if (path !== '') checkManifestPath(path, where);
  if (path.endsWith('/')) throw damagedManifest(where, `${JSON.stringify(path)} is a folder`);
  if (key !== undefined) checkKey(key, path, where);
  checkSize(size, path, where);
  if (typeof etag !== 'string' || (version !== undefined && typeof version !== 'string')) {
    throw damagedManifest(where, `${JSON.stringify(path)} has no identity`);
  }
  if (!isIdentity(etag, version)) {
    throw damagedManifest(where, `${JSON.stringify(path)} has an identity that no server gives`);
  }
  const file: SourceManifestEntry = {
    path,
    ...(key === undefined ? {} : { key }),
    size,
    etag,
    ...(version === undefined ? {} : { version }),
    ...(digest === undefined ? {} : { digest: parseDigest(digest, where) }),
  };
  if (encodeFile(file) !== line) throw damagedManifest(where, 'a line is not in the canonical form');
  return file;
}

/** Servers make of `..` what they like, so that none is asked for such a key, whoever wrote it here. */
function checkKey(key: unknown, path: string, where: string): asserts key is string {
  if (typeof key !== 'string' || path === '' || key === path || key.endsWith('/'))
    throw damagedManifest(where, `${JSON.stringify(path)} has a key that is none of an object of its own`);
  checkManifestPath(key, where);
}

function listedTwice(path: string): VarveError {
  return new VarveError('source-changed', `${path} was replaced while the bucket was being listed`, {
    path,
    remedy: 'Run the command again when nothing writes there.',
  });
}
