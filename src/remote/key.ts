import { VarveError } from '../errors.ts';
import type { ByteRange } from './remote.ts';
import { RUN_VERIFY } from './run-verify.ts';
import { MARKER, TEMPORARY_FOLDER } from './store-layout.ts';

const ALPHABET = /^[A-Za-z0-9._/-]+$/;
/** S3 allows 1024 bytes a key; what is left is room for the prefix of the remote itself. */
const MAX_KEY_LENGTH = 512;

/** Whether `key` may name an object in any remote. */
export function isValidKey(key: string): boolean {
  if (key.length > MAX_KEY_LENGTH || !ALPHABET.test(key) || key === MARKER) return false;
  const segments = key.split('/');
  return (
    segments[0] !== TEMPORARY_FOLDER && segments.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** @throws VarveError `key-invalid` */
export function checkKey(key: string): void {
  if (!isValidKey(key)) throw invalid(key, 'is not a name that an object in a remote may have');
}

/**
 * A prefix is the beginning of keys, not a folder: `a/b` is a prefix of `a/bc/d`.
 * @throws VarveError `key-invalid`
 */
export function checkPrefix(prefix: string): void {
  const padded = prefix === '' || prefix.endsWith('/') ? `${prefix}x` : prefix;
  if (!isValidKey(padded)) throw invalid(prefix, 'is not a prefix that objects in a remote may have');
}

/** Check a range. @throws VarveError `range-invalid` if `offset` < 0, `length` < 1, or either is not a safe integer */
export function checkRange(range: ByteRange | undefined, key: string): void {
  if (range === undefined) return;
  const { offset, length } = range;
  if (Number.isSafeInteger(offset + length) && Number.isSafeInteger(offset) && offset >= 0 && length >= 1)
    return;
  throw new VarveError('range-invalid', `${length} bytes from ${offset} of ${key} is not a range of bytes`, {
    path: key,
    remedy: `The index that led here is damaged. ${RUN_VERIFY}`,
  });
}

function invalid(key: string, what: string): VarveError {
  return new VarveError('key-invalid', `${JSON.stringify(key.slice(0, 200))} ${what}`, {
    path: key,
    remedy: `Where this name came from a manifest or an index, that file is damaged or hostile. ${RUN_VERIFY}`,
  });
}
