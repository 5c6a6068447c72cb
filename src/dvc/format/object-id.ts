import { VarveError } from '../../errors.ts';

/** DVC 3 hashes the bytes (`md5`); DVC 1 and 2 hashed text with CRLF read as LF (`md5-dos2unix`). */
export type HashName = 'md5' | 'md5-dos2unix';

/** The name that DVC gives an object: the MD5 of its bytes; the list of a directory's files carries `.dir` behind it. */
export interface ObjectId {
  readonly hash: HashName;
  /** 32 lower-case hex digits, then `.dir` for a directory. */
  readonly value: string;
}

const VALUE = /^[0-9a-f]{32}(\.dir)?$/;
export const DIRECTORY_SUFFIX = '.dir';

/** @throws VarveError `pointer-damaged` if `value` is no MD5 */
export function parseObjectId(value: unknown, hash: HashName, where: string): ObjectId {
  const lower = typeof value === 'string' ? value.toLowerCase() : '';
  if (VALUE.test(lower)) return { hash, value: lower };
  throw new VarveError('pointer-damaged', `${where} holds ${JSON.stringify(value)} where an MD5 belongs`, {
    path: where,
    remedy: 'Restore the file from Git, or run `dvc add` or `varve add` on the data again.',
  });
}

export function isDirectory(id: ObjectId): boolean {
  return id.value.endsWith(DIRECTORY_SUFFIX);
}

/** The MD5 that the bytes of the object must have. */
export function md5Of(id: ObjectId): string {
  return id.value.slice(0, 32);
}

/** Give the path of the object in a cache or remote: `files/md5/ab/cdef…`, or `ab/cdef…` as DVC 1 and 2 laid it out. */
export function objectKey(id: ObjectId): string {
  const path = `${id.value.slice(0, 2)}/${id.value.slice(2)}`;
  return id.hash === 'md5' ? `files/md5/${path}` : path;
}
