/**
 * How a text that is too long to keep is written: its beginning, `…`, and 16 hexadecimal digits of a hash of the whole, by which it
 * stays apart from others that begin alike. It knows no room of varve.
 */

const DIGEST_DIGITS = 16;
const MARK = /…[0-9a-f]{16}$/;

/** The digits of its digest that are shown where there is little room. */
const SHOWN_DIGITS = 8;

/** The text as it is, or its first `most` code points with the mark of the whole. @param digest 16 hexadecimal digits */
export function abridged(text: string, most: number, digest: () => string): string {
  if (text.length <= most) return text;
  const points = [...text.slice(0, 2 * (most + 1))];
  return points.length <= most ? text : `${points.slice(0, most).join('')}…${digest()}`;
}

/** Whether a text ends as `abridged` writes them. */
export function hasMark(text: string): boolean {
  return MARK.test(text.slice(-DIGEST_DIGITS - 1));
}

/**
 * The first `limit` code points of a text, with `…` where something was cut. An abridged one keeps some digits of its digest, where
 * there is room for them.
 */
export function shortened(text: string, limit: number): string {
  // Cut before splitting into code points: a hostile value may be megabytes long.
  const points = [...text.slice(0, 2 * (limit + 1))];
  if (points.length <= limit) return points.join('');
  const isMarked = hasMark(text) && limit > 2 * SHOWN_DIGITS;
  const end = isMarked ? `…${text.slice(-DIGEST_DIGITS).slice(0, SHOWN_DIGITS)}` : '…';
  return points.slice(0, limit - end.length).join('') + end;
}
