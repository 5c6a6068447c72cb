/** Which messages of which topic of Kafka a dataset has, and behind which `varve update` goes on. */
export interface TopicOrigin {
  /** `kafka://broker[:port][,broker…]/topic`, without users and passwords. */
  readonly url: string;
  /** The URL of the registry that was named for the schemas of values. */
  readonly registry?: string;
  /** By partition, as formatOffsets writes them; absent if they are too many, and only names of files have them. */
  readonly offsets?: string;
  /** Where it ends, as `--until` takes it; absent where it goes on with the topic. */
  readonly until?: string;
  /** Set where it ends, and has all up to there: nobody is asked for more. */
  readonly complete?: true;
}

/** Where the messages of a dataset end; neither is set of one that goes on with its topic. */
export type TopicEnd = Pick<TopicOrigin, 'until' | 'complete'>;

/** Offsets of a partition, from the first up to, and without, the second. */
export interface OffsetRange {
  from: number;
  until: number;
}

/** A range of offsets of one partition, from the first up to, and without, the second. */
export interface PartitionOffsets {
  readonly partition: number;
  readonly from: number;
  readonly until: number;
}

export type OffsetRanges = ReadonlyMap<number, readonly OffsetRange[]>;

const MAX_URL = 2048;
/** Of some hundreds of partitions; names of files have those of more. */
const MAX_OFFSETS = 8 * 1024;
/** Of an offset for each of a thousand partitions. */
const MAX_UNTIL = 16 * 1024;
/** A time, an offset, offsets by partition, or the word for the oldest message: which of them it is, whoever asks a topic sees. */
const UNTIL = /^(earliest|\d[\dT:.,Z+ -]*)$/;
/** Neither a user nor a password, and no parameter. */
const TOPIC_URL = /^kafka:\/\/[^\x00-\x20\x7f@/?#]+\/[\w.-]{1,249}$/;
const REGISTRY_URL = /^https?:\/\/[^\x00-\x20\x7f@?#]+$/;
const OFFSETS =
  /^(\d{1,10}:\d{1,16}-\d{1,16}(\+\d{1,16}-\d{1,16})*)(,\d{1,10}:\d{1,16}-\d{1,16}(\+\d{1,16}-\d{1,16})*)*$/;

/** Tell which fact is not one that an origin can have, as the rest of a sentence; undefined if all are. */
export function problemOfTopic({ url, registry, offsets, until, complete }: TopicOrigin): string | undefined {
  if (url.length > MAX_URL || !TOPIC_URL.test(url)) return '`topic` is not the URL of a topic without a user';
  if (registry !== undefined && (registry.length > MAX_URL || !REGISTRY_URL.test(registry)))
    return '`topic-registry` is not the URL of a registry without a user';
  if (offsets !== undefined && (offsets.length > MAX_OFFSETS || !OFFSETS.test(offsets)))
    return '`topic-offsets` are no offsets by partition, such as 0:0-5000,1:0-4980';
  if (until !== undefined && (until.length > MAX_UNTIL || !UNTIL.test(until)))
    return '`topic-until` is no place in a topic of up to 16 KiB, such as 2026-01-03 or 0:5000,1:4980';
  return complete !== undefined && until === undefined
    ? '`topic-complete` goes with `topic-until`'
    : undefined;
}

/** Write offsets by partition: `0:0-5000,1:0-10+20-4980`; undefined where they are none, or too many. Ranges that meet are one. */
export function formatOffsets(ranges: OffsetRanges): string | undefined {
  const text = [...ranges]
    .filter(([, own]) => own.length > 0)
    .sort(([a], [b]) => a - b)
    .map(
      ([partition, own]) =>
        `${partition}:${joined(own)
          .map(({ from, until }) => `${from}-${until}`)
          .join('+')}`,
    )
    .join(',');
  return text === '' || text.length > MAX_OFFSETS ? undefined : text;
}

/** Read what formatOffsets wrote. */
export function parseOffsets(text: string): OffsetRanges {
  const parts = text === '' ? [] : text.split(',');
  return new Map(
    parts.map((part) => {
      const [partition, ranges] = part.split(':') as [string, string];
      return [Number(partition), ranges.split('+').map(rangeOf)];
    }),
  );
}

function rangeOf(text: string): OffsetRange {
  const [from, until] = text.split('-').map(Number);
  return { from: from!, until: until! };
}

/** In their order; ranges that meet are one. */
function joined(ranges: readonly OffsetRange[]): readonly OffsetRange[] {
  const found: OffsetRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last !== undefined && range.from <= last.until) last.until = Math.max(last.until, range.until);
    else found.push({ ...range });
  }
  return found;
}
