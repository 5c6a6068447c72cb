import { isUnfinished } from '../base/files/atomic-write.ts';
import { VarveError } from '../errors.ts';

/** Says that a place is a store of varve: without it, nothing there is varve's to remove. No object has this name. */
export const MARKER = 'varve-store.json';
const MARKER_VERSION = 1;
export const MARKER_BYTES = Buffer.from(`{"version":${MARKER_VERSION}}\n`);
/** What lies beyond this in a marker is not read. */
export const MAX_MARKER_BYTES = 4096;
/** Unfinished writes of local folders lie here, so no object may. */
export const TEMPORARY_FOLDER = 'tmp';

/** The name of the pack. */
export const PACK_KEY = /^packs\/([0-9a-f]{64})\.pack$/;
/** The digest in two parts, and the generation where that is not 0. */
export const WHOLE_OBJECT_KEY = /^objects\/([0-9a-f]{2})\/([0-9a-f]{62})(?:\.([1-9][0-9]{0,9}))?$/;
/** The name of the index. */
export const INDEX_KEY = /^index\/([0-9a-f]{64})\.idx$/;
/** The id of the clone, and the SHA-256 of the ref. */
export const REF_KEY = /^refs\/([A-Za-z0-9._-]{1,64})\/([0-9a-f]{64})\.json$/;
/** The id of the clone, and the SHA-256 of the record. */
export const CLONE_KEY = /^clones\/([A-Za-z0-9._-]{1,64})\/([0-9a-f]{64})\.json$/;
/** The SHA-256 of the list. */
export const PURGE_LIST_KEY = /^purged\/([0-9a-f]{64})\.json$/;
/** The SHA-256 of the record. */
export const TABLE_RECORD_KEY = /^exports\/([0-9a-f]{64})\.json$/;
/** A list of pending deletions. */
export const DELETION_LIST_KEY = /^condemned\/[0-9a-f]{32}\.json$/;

/** The keys of a store, which docs/design/store-format.md lists, by their first step. */
const KEYS: Readonly<Record<string, RegExp>> = {
  packs: PACK_KEY,
  objects: WHOLE_OBJECT_KEY,
  index: INDEX_KEY,
  refs: REF_KEY,
  clones: CLONE_KEY,
  purged: PURGE_LIST_KEY,
  exports: TABLE_RECORD_KEY,
  condemned: DELETION_LIST_KEY,
  clock: /^clock$/,
};
/** Archives that a server unpacks, and that one which does not may keep. */
const ARCHIVE = /^varve-[0-9a-f]{16}\.tar$/;
/** As versions without a marker named their unfinished writes. */
const EARLIER_TEMPORARY = /^(\d+|fetch)-[0-9a-f]{24}$/;

/** Whether a store has such a key: only of such does a gc decide. */
export function isStoreKey(key: string): boolean {
  return KEYS[firstStep(key)]?.test(key) ?? false;
}

/** Whether what begins by this step is the store's own, or was. */
export function isNameOfStore(step: string): boolean {
  return Object.hasOwn(KEYS, step) || step === TEMPORARY_FOLDER || step === MARKER || ARCHIVE.test(step);
}

/** Whether a place that holds this key, or this file, may be a store which was cut off before it had an index. */
export function isOfStore(key: string): boolean {
  const name = key.slice(TEMPORARY_FOLDER.length + 1);
  if (firstStep(key) === TEMPORARY_FOLDER) return isTemporary(name);
  return isStoreKey(key) || ARCHIVE.test(key);
}

/** Whether a file in the folder of unfinished writes has a name that varve gives there. */
export function isTemporary(name: string): boolean {
  return isUnfinished(name) || EARLIER_TEMPORARY.test(name);
}

/**
 * Refuse a store that asks for a newer varve before it is written to or collected. A marker that says nothing legible is a marker all the same,
 * as each one was to earlier versions.
 * @throws VarveError `store-too-new`
 */
export function checkMarker(bytes: Uint8Array, url: string): void {
  const version = versionOf(bytes);
  if (version === undefined || version <= MARKER_VERSION) return;
  throw new VarveError('store-too-new', `${url} was written by a newer varve (version ${version})`, {
    path: url,
    remedy: 'Nothing was changed there. Upgrade varve on this machine.',
  });
}

function versionOf(marker: Uint8Array): number | undefined {
  try {
    const { version } = JSON.parse(Buffer.from(marker).toString('utf8')) as { version?: unknown };
    return Number.isSafeInteger(version) ? (version as number) : undefined;
  } catch {
    return undefined;
  }
}

export function notAStore(url: string, found: string): VarveError {
  return new VarveError('store-foreign', `${url} is no store of varve, and not empty: it holds ${found}`, {
    path: url,
    remedy: 'Nothing was changed there. Name a new or an empty folder (or prefix) for the cache or remote.',
  });
}

function firstStep(key: string): string {
  return key.split('/', 1)[0]!;
}
