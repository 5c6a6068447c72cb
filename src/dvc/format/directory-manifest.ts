import { createHash } from 'node:crypto';
import { comparePaths } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import { checkManifestPath } from '../../store/format/manifest.ts';
import { DIRECTORY_SUFFIX, type HashName, type ObjectId, parseObjectId } from './object-id.ts';

/** One file of a directory, its path relative to the directory. */
export interface DirectoryEntry {
  readonly path: string;
  readonly id: ObjectId;
}

/** The longest list that Node can hold as a string, with room for the parsed entries; about four million files. */
const MAX_MANIFEST_BYTES = 400 * 1024 * 1024;

/**
 * The `.dir` object of these files as DVC writes it: what Python's `json.dumps(entries, sort_keys=True)` prints, sorted
 * by the code points of the path. Its MD5, with `.dir` behind it, names the directory.
 */
export function encodeDirectory(entries: readonly DirectoryEntry[]): Buffer {
  const sorted = [...entries].sort((a, b) => comparePaths(a.path, b.path));
  const items = sorted.map(({ path, id }) => `{"md5": "${id.value}", "relpath": ${asciiJson(path)}}`);
  return Buffer.from(`[${items.join(', ')}]`, 'latin1');
}

export function directoryId(bytes: Uint8Array, hash: HashName): ObjectId {
  return { hash, value: createHash('md5').update(bytes).digest('hex') + DIRECTORY_SUFFIX };
}

/**
 * The files that the bytes of a `.dir` object list, sorted as `encodeDirectory` sorts. Keys besides `md5` and `relpath`
 * (DVC wrote some in older versions) are passed over.
 * @throws VarveError `manifest-damaged` for anything else than files at distinct paths within the directory
 */
export function readDirectory(bytes: Uint8Array, hash: HashName, where: string): DirectoryEntry[] {
  if (bytes.length > MAX_MANIFEST_BYTES)
    throw damaged(where, `holds ${bytes.length} bytes, more than varve reads`);
  const entries = parse(bytes, where).map((item) => readEntry(item, hash, where));
  entries.sort((a, b) => comparePaths(a.path, b.path));
  checkDistinct(entries, where);
  return entries;
}

function parse(bytes: Uint8Array, where: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw damaged(where, 'is not JSON');
  }
  if (!Array.isArray(value)) throw damaged(where, 'is not a list of files');
  return value;
}

function readEntry(item: unknown, hash: HashName, where: string): DirectoryEntry {
  const { md5, relpath } = (item ?? {}) as { md5?: unknown; relpath?: unknown };
  if (typeof relpath !== 'string') throw damaged(where, 'has an entry without a path');
  checkManifestPath(relpath, where);
  if (relpath.endsWith('/')) throw damaged(where, 'has an entry that is no file');
  const id = parseObjectId(md5, hash, where);
  if (id.value.endsWith(DIRECTORY_SUFFIX)) throw damaged(where, 'has a directory as an entry');
  return { path: relpath, id };
}

/** No path twice, and none that is a folder of another. */
function checkDistinct(entries: readonly DirectoryEntry[], where: string): void {
  const paths = new Set<string>();
  for (const { path } of entries) {
    if (paths.has(path)) throw damaged(where, `lists ${JSON.stringify(path)} twice`);
    paths.add(path);
  }
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      if (paths.has(folder))
        throw damaged(where, `lists ${JSON.stringify(folder)} as a file and as a folder`);
      folders.add(folder);
    }
  }
}

function asciiJson(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) =>
    unit === '\x7f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function damaged(where: string, what: string): VarveError {
  return new VarveError('manifest-damaged', `The list of files ${where} ${what}`, {
    path: where,
    remedy: 'Move this file out of the cache, then run `varve fetch --all-commits`, which brings it again.',
  });
}
