import { distinctCount } from '../hashing/sketch.ts';
import { SketchBuilder } from '../hashing/sketch-builder.ts';

/** By the upper 16 bits of the hash. */
const PARTITIONS = 2 ** 16;

/** A partition needs this many rows more than twice the mean to be heavy; fewer can be chance. */
const MIN_HEAVY_EXCESS = 32;

/** At most so many partitions are counted value by value in the second pass. */
const MAX_HEAVY_PARTITIONS = 2048;

/** Fewer partitions are taken where more distinct values than this would be expected in them. */
const MAX_EXPECTED_VALUES = 2 ** 16;

/**
 * Bounds how many distinct values a partition has by chance: their number is Poisson distributed, and the mean plus six
 * standard deviations plus three is exceeded by any of the partitions in less than one column of a thousand.
 */
function maxByChance(distinct: number): number {
  const mean = distinct / PARTITIONS;
  return mean + 6 * Math.sqrt(mean) + 3;
}

/** The partitions whose values the second pass counts one by one. */
export interface HeavyPartitions {
  /** One entry a partition: 1 if it is heavy. */
  readonly isHeavy: Uint8Array;
  readonly hasAny: boolean;
  /** Upper bound of how often a value outside of heavy partitions occurs. */
  readonly maxElsewhere: number;
  /** Upper bound of how often any value occurs. */
  readonly maxAnywhere: number;
}

/** Gives up the second pass: the values of heavy partitions turned out to be too many after all. */
export function withoutHeavy({ isHeavy, maxAnywhere }: HeavyPartitions): HeavyPartitions {
  return { isHeavy: new Uint8Array(isHeavy.length), hasAny: false, maxElsewhere: maxAnywhere, maxAnywhere };
}

/**
 * Counts rows by partition of their hash, and gathers the sketch, when distinct values are too many for a table. A value
 * occurs at most as often as its partition, so only partitions far above the mean can hold heavy values and need a second,
 * exact pass (coarse counting: Fang et al., Computing Iceberg Queries Efficiently, VLDB 1998). Memory is bounded, and the order of
 * rows does not matter.
 */
export class HashPartitions {
  readonly sketch = new SketchBuilder();
  readonly #counts = new Float64Array(PARTITIONS);

  /** Counts rows by the upper halves of their hashes; `lower` gives the other half of the few that the sketch asks for. */
  add(upper: Int32Array, rows: number, occurrences: Float64Array, lower: (row: number) => number): void {
    const counts = this.#counts;
    for (let row = 0; row < rows; row++) counts[upper[row]! >>> 16]! += occurrences[row]!;
    this.sketch.offerAll(upper, rows, lower);
  }

  /** Finds the partitions that hold far more rows than the mean. O(partitions). */
  heavy(): HeavyPartitions {
    const counts = this.#counts;
    const rows = counts.reduce((sum, count) => sum + count, 0);
    const heavy: number[] = [];
    const distinct = distinctCount(this.sketch.sketch());
    const light = Math.max(
      MIN_HEAVY_EXCESS + (2 * rows) / PARTITIONS,
      (rows / distinct) * maxByChance(distinct),
    );
    for (let each = 0; each < PARTITIONS; each++) if (counts[each]! > light) heavy.push(each);
    const affordable = Math.floor((MAX_EXPECTED_VALUES * PARTITIONS) / distinct);
    const list = heavy
      .sort((a, b) => counts[b]! - counts[a]! || a - b)
      .slice(0, Math.min(MAX_HEAVY_PARTITIONS, affordable));
    const isHeavy = new Uint8Array(PARTITIONS);
    for (const each of list) isHeavy[each] = 1;
    let maxElsewhere = 0;
    for (let each = 0; each < PARTITIONS; each++) {
      if (isHeavy[each] === 0 && counts[each]! > maxElsewhere) maxElsewhere = counts[each]!;
    }
    const maxAnywhere = list.length > 0 ? counts[list[0]!]! : maxElsewhere;
    return { isHeavy, hasAny: list.length > 0, maxElsewhere, maxAnywhere };
  }
}
