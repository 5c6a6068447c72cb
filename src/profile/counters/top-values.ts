import { valueCap, valueCounts } from '../measures/value-measures.ts';
import type { ValueCounts } from '../model/model.ts';

/** Counted values: how often each occurs, and its text. */
export interface Counted {
  readonly counts: Float64Array;
  readonly text: (entry: number) => string;
  /** Whether texts may be cut, so that one text can stand for several values. */
  readonly cut: boolean;
}

/** The value counts where every value was counted: all of them up to the cap, the heaviest beyond. */
export function heaviestOf(counted: Counted): ValueCounts {
  const all = counted.counts.length <= valueCap || counted.cut;
  const unlisted = all ? 0 : firstBeyondCap(counted.counts);
  return valueCounts(pairsAbove(unlisted, counted), { all, error: 0, unlisted });
}

/** The value counts where those of heavy partitions alone were counted, and no other has more than `unlisted`. */
export function heavierThan(unlisted: number, counted: Counted): ValueCounts {
  const rest = counted.cut ? 0 : Math.max(unlisted, firstBeyondCap(counted.counts));
  return valueCounts(pairsAbove(rest, counted), { all: false, error: 0, unlisted: Math.max(rest, unlisted) });
}

/** Only texts that can be listed are made. */
function pairsAbove(rest: number, { counts, text }: Counted): [string, number][] {
  const pairs: [string, number][] = [];
  for (let entry = 0; entry < counts.length; entry++) {
    if (counts[entry]! > rest) pairs.push([text(entry), counts[entry]!]);
  }
  return pairs;
}

/** The count of the first value that the cap leaves out. */
function firstBeyondCap(counts: Float64Array): number {
  if (counts.length <= valueCap) return 0;
  return counts.slice().sort()[counts.length - 1 - valueCap]!;
}
