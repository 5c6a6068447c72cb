import { asBuffer } from '../../base/as-buffer.ts';
import type { Chunk } from '../../engine/chunks/chunk.ts';
import type { TypeStats } from '../accumulators/accumulator.ts';
import { BucketCounts } from '../accumulators/bucket-counts.ts';
import { bucketStats } from '../accumulators/bucket-stats.ts';
import { MomentSums } from '../accumulators/moments.ts';
import { hash48 } from '../hashing/hash.ts';
import { hashNumber } from '../hashing/int64-hash.ts';
import { SketchBuilder } from '../hashing/sketch-builder.ts';
import { type Counter, type LeafCounts, MAX_HEAVY_VALUES, MAX_TABLE_VALUES } from './counter.ts';
import { HashPartitions, type HeavyPartitions, withoutHeavy } from './hash-partitions.ts';
import { topHeavyValues, topValues } from './top-values.ts';
import { decimalText } from './value-text.ts';

const DOUBLE = new Float64Array(1);
const DOUBLE_WORDS = new Int32Array(DOUBLE.buffer);

/** Counts exact numbers of more than 64 bits, which the engine gives as text. They are rare, so a microsecond a row will do. */
export class BignumCounter implements Counter {
  readonly #scale: number;
  readonly #sums: MomentSums;
  readonly #buckets = new BucketCounts();
  #min: bigint | undefined;
  #max: bigint | undefined;
  #counts = new Map<bigint, number>();
  #partitions: HashPartitions | undefined;
  #heavy: HeavyPartitions | undefined;
  #count = 0;

  constructor(scale: number) {
    this.#scale = scale;
    this.#sums = new MomentSums(scale);
  }

  add(chunk: Chunk, column: number, occurrences: Float64Array): void {
    chunk.texts(column, ({ bytes, starts, lengths, index, rows }) => {
      const text = asBuffer(bytes);
      for (let row = 0; row < rows; row++) {
        const digits = text.toString('latin1', starts[row]!, starts[row]! + lengths[row]!).replace('.', '');
        this.#addOne(BigInt(digits), occurrences[index[row]!]!);
      }
    });
  }

  startSecondPass(): boolean {
    if (this.#partitions === undefined || this.#heavy !== undefined) return false;
    this.#heavy = this.#partitions.heavy();
    this.#counts = new Map();
    return this.#heavy.hasAny;
  }

  result(): LeafCounts {
    const values = [...this.#counts.keys()];
    const counted = {
      counts: Float64Array.from(this.#counts.values()),
      text: (entry: number) => decimalText(values[entry]!, this.#scale),
    };
    if (this.#partitions !== undefined) {
      const heaviest = topHeavyValues(this.#heavy!.maxElsewhere, counted);
      return { ...this.#measured(), values: heaviest, distinct: this.#partitions.sketch.sketch() };
    }
    const sketch = new SketchBuilder();
    for (const [value, occurrences] of this.#counts) {
      this.#measure(value, occurrences);
      const { upper, lower } = hashNumber(value, this.#scale);
      sketch.offer(hash48(upper, lower));
    }
    return { ...this.#measured(), values: topValues(counted), distinct: sketch.sketch() };
  }

  #measured(): TypeStats & { count: number } {
    const text = (value: bigint | undefined) =>
      value === undefined ? null : decimalText(value, this.#scale);
    const numeric = {
      min: text(this.#min),
      max: text(this.#max),
      ...bucketStats(this.#buckets.entries()),
      moments: this.#sums.moments(),
    };
    return { count: this.#count, numeric };
  }

  #addOne(value: bigint, occurrences: number): void {
    if (this.#heavy !== undefined) {
      this.#addHeavyValue(this.#heavy, value, occurrences);
      return;
    }
    this.#count += occurrences;
    if (this.#partitions === undefined) this.#addToTable(value, occurrences);
    else this.#addToPartitions(this.#partitions, value, occurrences);
  }

  #addToTable(value: bigint, occurrences: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + occurrences);
    if (this.#counts.size <= MAX_TABLE_VALUES) return;
    this.#partitions = new HashPartitions();
    for (const [known, each] of this.#counts) this.#addToPartitions(this.#partitions, known, each);
  }

  #addToPartitions(partitions: HashPartitions, value: bigint, occurrences: number): void {
    this.#measure(value, occurrences);
    const { upper, lower } = hashNumber(value, this.#scale);
    partitions.add(Int32Array.of(upper), 1, Float64Array.of(occurrences), () => lower);
  }

  #addHeavyValue(heavy: HeavyPartitions, value: bigint, occurrences: number): void {
    if (heavy.isHeavy[hashNumber(value, this.#scale).upper >>> 16] === 0) return;
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + occurrences);
    if (this.#counts.size <= MAX_HEAVY_VALUES) return;
    this.#heavy = withoutHeavy(heavy);
    this.#counts = new Map();
  }

  #measure(value: bigint, occurrences: number): void {
    DOUBLE[0] = Number(decimalText(value, this.#scale));
    this.#buckets.add(Int32Array.of(DOUBLE_WORDS[1]! >>> 14), 1, Float64Array.of(occurrences));
    if (this.#min === undefined || value < this.#min) this.#min = value;
    if (this.#max === undefined || value > this.#max) this.#max = value;
    const sum = value * BigInt(occurrences);
    this.#sums.add(0, sum, sum * value);
  }
}
