import type { ByteRange } from '../../remote/remote.ts';

/** A number of more digits than are exact is behind the end of every object, which is all that counts. */
const BYTES_RANGE = /^bytes[ \t]*=[ \t]*(?:(\d+)[ \t]*-[ \t]*(\d*)|-[ \t]*(\d+))[ \t]*$/i;

/**
 * The range that a header asks for: `undefined` for the whole, where the header is none of one range of bytes and so is ignored, as RFC 9110
 * 14.2 has it and as S3 does with several ranges; `unsatisfiable` where the object has no byte in it.
 * @param size of the object, in bytes
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = header === undefined ? null : BYTES_RANGE.exec(header);
  if (match === null) return undefined;
  const [, first, last, suffix] = match;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size);
    return length === 0 ? 'unsatisfiable' : { offset: size - length, length };
  }
  const offset = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < offset) return undefined;
  return offset >= size ? 'unsatisfiable' : { offset, length: end - offset };
}
