import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { asBuffer } from '../../base/as-buffer.ts';
import { debug } from '../../base/debug.ts';
import { removeQuietly, writeAtomically } from '../../base/files/atomic-write.ts';
import { type Digest, digestOf, parseDigest, toDigest, toRaw } from '../../store/format/digest.ts';
import type { ManifestEntry } from '../../store/format/manifest.ts';
import type { Repository } from '../repository.ts';
import { linkedFolder } from '../trust/link.ts';
import type { ScannedFile } from './scan.ts';

/**
 * The stat cache of a dataset: for each file, what the file system said of it when its digest was last taken, and that digest.
 * A file that still looks the same need not be read again. Only a cache: lost or damaged, everything is read once more.
 */
export interface StatCache {
  /** The snapshot that these files are. If `only` is set, only those parts of it were checked out. */
  readonly snapshot: Digest;
  readonly only: readonly string[] | undefined;
  /** Sorted by path bytes. */
  readonly paths: readonly string[];
  /** Whether the file looks exactly as when its digest was taken, and could not have changed since unseen. */
  matches(index: number, file: ScannedFile): boolean;
  /** As matches, for those who lose nothing if the file has changed unseen. */
  resembles(index: number, file: ScannedFile): boolean;
  /** Undefined for an empty folder. */
  digest(index: number): Digest | undefined;
  executable(index: number): boolean;
  size(index: number): number;
}

export interface RecordedFile {
  readonly file: ScannedFile;
  readonly digest: Digest | undefined;
}

/** A file of a snapshot to be recorded although it does not lie here as the snapshot has it: what lies here is a change. */
export function unseenFile(entry: ManifestEntry): RecordedFile {
  const { path, size, digest, executable = false } = entry;
  return { file: { path, size, executable, ...NO_TIMES }, digest };
}

/** No file of now matches these. */
const NO_TIMES = { modifiedMs: -1, changedMs: -1, inode: -1 };

const MAGIC = Buffer.from('VARVSTA1');
/** Bytes before the JSON header: magic, length of the header, checksum of all that follows. */
const PREFIX = 16;
const COLUMNS = ['size', 'modifiedMs', 'changedMs', 'inode'] as const;
const EXECUTABLE = 1;
const UNSURE = 2;
/**
 * A file changed within this many milliseconds before it was read may change again without a new time. Clocks of file
 * systems tick every 1 to 10 ms; those that keep whole seconds, or two, are known by their times.
 */
const FINE_TICK = 50;
const COARSE_TICK = 2000;

interface Header {
  readonly snapshot: Digest;
  readonly only?: readonly string[];
  readonly count: number;
  /** The folder in which the files lay, of a dataset that was a link. */
  readonly linked?: string;
}

export function readStatCache(repository: Repository, dataset: string): StatCache | undefined {
  const known = readKnown(cacheFile(repository, dataset), (linked) => {
    const now = linkedFolder(repository.root, dataset);
    return now === undefined || now === linked;
  });
  debug('cache', known ? `hit, ${known.paths.length} files of ${dataset}` : `miss, files of ${dataset}`);
  return known;
}

function readKnown(file: string, isPlace: (linked: string) => boolean): StatCache | undefined {
  try {
    return decode(readFileSync(file), isPlace);
  } catch {
    // Not there or not readable: everything is read once more.
    return undefined;
  }
}

/**
 * @param readAtMs by the file system's clock, when the first of these files was read (or the last was written by varve)
 */
export function writeStatCache(
  repository: Repository,
  dataset: string,
  snapshot: { readonly digest: Digest; readonly only?: readonly string[] | undefined },
  files: readonly RecordedFile[],
  readAtMs: number,
): void {
  const { digest, only } = snapshot;
  const linked = linkedFolder(repository.root, dataset);
  const header: Header = {
    snapshot: digest,
    ...(only === undefined ? {} : { only }),
    count: files.length,
    ...(linked === undefined ? {} : { linked }),
  };
  writeAtomically(cacheFile(repository, dataset), encode(header, files, readAtMs), false);
}

/** Forget what is known of the files of a dataset. */
export function forgetStatCache(repository: Repository, dataset: string): void {
  removeQuietly(cacheFile(repository, dataset));
}

/** Keep what is known of the files of a dataset that was moved. A file that looks changed by that is read once more. */
export function moveStatCache(repository: Repository, from: string, to: string): void {
  try {
    renameSync(cacheFile(repository, from), cacheFile(repository, to));
  } catch {
    // Only a cache.
    forgetStatCache(repository, to);
  }
}

function cacheFile(repository: Repository, dataset: string): string {
  const name = encodeURIComponent(dataset);
  return join(
    repository.stateFolder,
    'stat',
    name.length <= 200 ? name : digestOf(Buffer.from(dataset)).slice(7),
  );
}

function encode(header: Header, files: readonly RecordedFile[], readAtMs: number): Uint8Array[] {
  const text = JSON.stringify(header);
  // Padded, so that the columns of doubles behind it are aligned.
  const head = Buffer.from(text.padEnd(text.length + ((8 - (Buffer.byteLength(text) % 8)) % 8)));
  const columns = COLUMNS.map((name) => Float64Array.from(files, ({ file }) => file[name]));
  const flags = Uint8Array.from(files, ({ file }) => flagsOf(file, readAtMs));
  const digests = Buffer.alloc(files.length * 32);
  for (const [index, { digest }] of files.entries())
    if (digest !== undefined) digests.set(toRaw(digest), index * 32);
  const paths = Buffer.from(files.map(({ file }) => file.path).join('\0'));
  const body = Buffer.concat([head, ...columns.map(bytesOf), flags, digests, paths]);
  const prefix = Buffer.alloc(PREFIX);
  MAGIC.copy(prefix);
  prefix.writeUInt32LE(head.length, 8);
  prefix.writeUInt32LE(checksum(body), 12);
  return [prefix, body];
}

function flagsOf(file: ScannedFile, readAtMs: number): number {
  const times = [file.modifiedMs, file.changedMs];
  const tick = times.every((time) => time % 1000 === 0) ? COARSE_TICK : FINE_TICK;
  const unsure = Math.max(...times) + tick > readAtMs;
  return (file.executable ? EXECUTABLE : 0) | (unsure ? UNSURE : 0);
}

function decode(bytes: Buffer, isPlace: (linked: string) => boolean): StatCache | undefined {
  if (bytes.length < PREFIX || !bytes.subarray(0, 8).equals(MAGIC)) return undefined;
  const body = aligned(bytes.subarray(PREFIX));
  if (checksum(body) !== bytes.readUInt32LE(12)) return undefined;
  let at = bytes.readUInt32LE(8);
  const { snapshot, only, count, linked } = JSON.parse(body.toString('utf8', 0, at)) as Header;
  const columns = COLUMNS.map(() => {
    const column = new Float64Array(body.buffer, body.byteOffset + at, count);
    at += count * 8;
    return column;
  });
  const flags = body.subarray(at, at + count);
  const digests = body.subarray(at + count, at + count * 33);
  const paths = count === 0 ? [] : body.toString('utf8', at + count * 33).split('\0');
  if (digests.length !== count * 32 || paths.length !== count || !isChoice(only)) return undefined;
  parseDigest(snapshot, 'record of a dataset');
  if (linked !== undefined && !isPlace(linked)) return nothingOf(snapshot);
  // The times of an empty folder change with any file that passes through it.
  const resembles = (index: number, file: ScannedFile): boolean =>
    file.path.endsWith('/') ||
    ((flags[index]! & EXECUTABLE) === (file.executable ? EXECUTABLE : 0) &&
      COLUMNS.every((name, column) => columns[column]![index] === file[name]));
  return {
    snapshot,
    only,
    paths,
    matches: (index, file) =>
      resembles(index, file) && (file.path.endsWith('/') || (flags[index]! & UNSURE) === 0),
    resembles,
    digest: (index) =>
      paths[index]!.endsWith('/') ? undefined : toDigest(digests.subarray(index * 32, index * 32 + 32)),
    executable: (index) => (flags[index]! & EXECUTABLE) !== 0,
    size: (index) => columns[0]![index]!,
  };
}

/** The record of a snapshot of which no file was ever here: where its link leads now, nothing was removed. */
function nothingOf(snapshot: Digest): StatCache {
  return {
    snapshot,
    only: [],
    paths: [],
    matches: () => false,
    resembles: () => false,
    digest: () => undefined,
    executable: () => false,
    size: () => 0,
  };
}

function isChoice(only: unknown): boolean {
  return only === undefined || (Array.isArray(only) && only.every((part) => typeof part === 'string'));
}

/** FNV-1a over 32-bit words (http://www.isthe.com/chongo/tech/comp/fnv/): against torn writes, not against forgery. */
function checksum(body: Buffer): number {
  const whole = aligned(body);
  const words = new Int32Array(whole.buffer, whole.byteOffset, whole.length >> 2);
  let sum = 0x811c9dc5 ^ whole.length;
  for (let index = 0; index < words.length; index++) sum = Math.imul(sum ^ words[index]!, 0x01000193);
  for (let index = words.length * 4; index < whole.length; index++)
    sum = Math.imul(sum ^ whole[index]!, 0x01000193);
  return sum >>> 0;
}

function aligned(bytes: Buffer): Buffer {
  if (bytes.byteOffset % 8 === 0) return bytes;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

function bytesOf(column: Float64Array): Buffer {
  return asBuffer(column);
}
