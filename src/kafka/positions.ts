import { VarveError } from '../errors.ts';

/** Where reading begins or ends, in every partition of a topic: an end, a time, or offsets. */
export type StreamPosition =
  | { readonly kind: 'earliest' | 'latest' }
  /** The first message that is as late: milliseconds since 1970. */
  | { readonly kind: 'time'; readonly time: number }
  /** One offset for all partitions. */
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'offsets'; readonly offsets: ReadonlyMap<number, number> };

/** A date with or without a time; without a zone, it is of UTC, so that it means one instant on every machine. */
const TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?(?:Z|[+-]\d{2}:\d{2})?$/;
const OFFSETS = /^\d{1,5}:\d{1,16}(?:,\d{1,5}:\d{1,16})*$/;

/**
 * Read `earliest`, `latest`, a time such as `2026-11-28T06:00:00Z`, an offset such as `1200`, or one for each partition such as `0:1200,1:900`.
 * @param name of the option, for messages
 * @throws VarveError `usage`
 */
export function parseStreamPosition(text: string, name: string): StreamPosition {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)))
    return { kind: 'offset', offset: Number(text) };
  if (OFFSETS.test(text)) {
    const pairs = text.split(',').map((pair) => pair.split(':').map(Number) as [number, number]);
    return { kind: 'offsets', offsets: new Map(pairs) };
  }
  const time = TIME.test(text) ? Date.parse(withZone(text)) : Number.NaN;
  if (Number.isFinite(time)) return { kind: 'time', time };
  throw new VarveError('usage', `${name} ${text} is no place in a stream`, {
    path: text,
    remedy:
      'Give earliest, latest, a time such as 2026-11-28T06:00:00Z, an offset such as 1200, or one for each partition such as 0:1200,1:900.',
  });
}

function withZone(text: string): string {
  const whole = text.replace(' ', 'T');
  if (!whole.includes('T')) return /^\d{4}-\d{2}-\d{2}$/.test(whole) ? whole : 'none';
  return /(?:Z|[+-]\d{2}:\d{2})$/.test(whole) ? whole : `${whole}Z`;
}

/** The offset that a position names for a partition; undefined where it names none. */
export function namedOffset(position: StreamPosition, partition: number): number | undefined {
  if (position.kind === 'offset') return position.offset;
  return position.kind === 'offsets' ? position.offsets.get(partition) : undefined;
}
