import { distinctCount } from '../hashing/sketch.ts';
import { SketchBuilder } from '../hashing/sketch-builder.ts';

/** Values that are too many to be counted one by one are counted by the upper 16 bits of their hash. */
const partitions = 2 ** 16;

/** A partition with this many rows more than twice the mean is heavy; fewer can be chance. */
const lightRows = 32;

/** The most partitions whose values are counted one by one in a second pass. */
const mostHeavy = 2048;

/** So many values may be expected in those partitions. */
const expectedInHeavy = 2 ** 16;

/**
 * The most values that a partition has by chance: of a Poisson distribution with the mean number of values, six standard deviations
 * and three, which less than one set of partitions in a thousand reaches.
 */
function byChance(distinct: number): number {
  const mean = distinct / partitions;
  return mean + 6 * Math.sqrt(mean) + 3;
}

/** What the second pass counts. */
export interface Heavy {
  /** By partition: 1 where its values are to be told apart. */
  readonly chosen: Uint8Array;
  readonly some: boolean;
  /** How often a value outside of them can occur at most. */
  readonly unlisted: number;
  /** How often any value can occur at most. */
  readonly most: number;
}

/** Where the heavy partitions' values turn out to be too many after all. */
export function noneHeavy({ chosen, most }: Heavy): Heavy {
  return { chosen: new Uint8Array(chosen.length), some: false, unlisted: most, most };
}

/**
 * What is kept of values that are too many: rows by partition of their hashes, and the sketch. No value occurs more often
 * than its partition, so few partitions need a second look. Bounded memory, and the order of rows is no matter.
 */
export class Crowd {
  readonly sketch = new SketchBuilder();
  readonly #counts = new Float64Array(partitions);

  /** Counts rows by the upper halves of their hashes; `lower` gives the other half of the few that the sketch asks for. */
  add(upper: Int32Array, rows: number, times: Float64Array, lower: (row: number) => number): void {
    const counts = this.#counts;
    for (let row = 0; row < rows; row++) counts[upper[row]! >>> 16]! += times[row]!;
    this.sketch.offerAll(upper, rows, lower);
  }

  /** The partitions that hold far more than the mean, and so may have heavy values. */
  heavy(): Heavy {
    const counts = this.#counts;
    const rows = counts.reduce((sum, count) => sum + count, 0);
    const heavy: number[] = [];
    const distinct = distinctCount(this.sketch.sketch());
    const light = Math.max(lightRows + (2 * rows) / partitions, (rows / distinct) * byChance(distinct));
    for (let each = 0; each < partitions; each++) if (counts[each]! > light) heavy.push(each);
    const affordable = Math.floor((expectedInHeavy * partitions) / distinct);
    const list = heavy
      .sort((a, b) => counts[b]! - counts[a]! || a - b)
      .slice(0, Math.min(mostHeavy, affordable));
    const chosen = new Uint8Array(partitions);
    for (const each of list) chosen[each] = 1;
    let unlisted = 0;
    for (let each = 0; each < partitions; each++) {
      if (chosen[each] === 0 && counts[each]! > unlisted) unlisted = counts[each]!;
    }
    const most = list.length > 0 ? counts[list[0]!]! : unlisted;
    return { chosen, some: list.length > 0, unlisted, most };
  }
}
