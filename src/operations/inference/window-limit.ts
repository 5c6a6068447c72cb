import { VarveError } from '../../errors.ts';

/** What ends a window. */
export interface WindowLimit {
  /** Rows that it has at most; undefined where time ends it. */
  readonly rows?: number;
  /** When a window that began ends: milliseconds since 1970. Undefined where time ends none. */
  endOf(since: number): number | undefined;
  /** As it was given. */
  readonly text: string;
}

export const DEFAULT_WINDOW = '10000';
const MINUTE_MS = 60_000;
/** So that every window has enough rows to tell something, and a profile can be made of it in memory. */
const MAX_ROWS = 10_000_000;
const MAX_MINUTES = 7 * 24 * 60;

/** Read `10000` (rows) or `15m` (minutes, which begin at whole multiples in UTC). @throws VarveError `usage` */
export function parseWindowLimit(text: string): WindowLimit {
  const [, digits, unit] = /^([1-9]\d*)(m?)$/.exec(text) ?? [];
  const count = Number(digits);
  if (digits === undefined || count > (unit === 'm' ? MAX_MINUTES : MAX_ROWS))
    throw new VarveError('usage', `${text} is not the size of a window`, {
      path: text,
      remedy: 'Give rows, such as 10000, or minutes, such as 15m.',
    });
  if (unit !== 'm') return { text, rows: count, endOf: () => undefined };
  const length = count * MINUTE_MS;
  return { text, endOf: (since) => (Math.floor(since / length) + 1) * length };
}
