import type { ValueCounts } from '../model/model.ts';
import { MAX_LISTED_VALUES, valueCounts } from '../model/value-counts.ts';

/** Counted values: how often each occurs, and its text. */
export interface CountedValues {
  readonly counts: Float64Array;
  readonly text: (entry: number) => string;
}

/** Lists counted values, if every one was counted: all of them up to the cap, else the most frequent. */
export function topValues(counted: CountedValues): ValueCounts {
  const all = counted.counts.length <= MAX_LISTED_VALUES;
  const unlisted = all ? 0 : firstBeyondCap(counted.counts);
  return valueCounts(pairsAbove(unlisted, counted), { all, error: 0, unlisted });
}

/** Lists the most frequent values, if only those of heavy partitions were counted; no other occurs more than `unlisted` times. */
export function topHeavyValues(unlisted: number, counted: CountedValues): ValueCounts {
  const rest = Math.max(unlisted, firstBeyondCap(counted.counts));
  return valueCounts(pairsAbove(rest, counted), { all: false, error: 0, unlisted: rest });
}

/** Only texts that can be listed are made. */
function pairsAbove(rest: number, { counts, text }: CountedValues): [string, number][] {
  const pairs: [string, number][] = [];
  for (let entry = 0; entry < counts.length; entry++) {
    if (counts[entry]! > rest) pairs.push([text(entry), counts[entry]!]);
  }
  return pairs;
}

/** The count of the first value that the cap leaves out. */
function firstBeyondCap(counts: Float64Array): number {
  if (counts.length <= MAX_LISTED_VALUES) return 0;
  return counts.slice().sort()[counts.length - 1 - MAX_LISTED_VALUES]!;
}
