import type { Chunk } from '../../engine/chunks/chunk.ts';
import { hash48 } from '../hashing/hash.ts';
import { hashNumber } from '../hashing/int64-hash.ts';
import { SketchBuilder } from '../hashing/sketch-builder.ts';
import { bucketTally } from '../measures/bucket-counter.ts';
import { BucketCounts } from '../measures/bucket-counts.ts';
import type { Measured } from '../measures/measure.ts';
import { MomentSums } from '../measures/moments.ts';
import { heavyLimit, type Tallied, type Tally, tableLimit } from './counter.ts';
import { Crowd, type Heavy, noneHeavy } from './hash-partitions.ts';
import { heavierThan, heaviestOf } from './top-values.ts';
import { decimalText } from './value-text.ts';

const double = new Float64Array(1);
const doubleWords = new Int32Array(double.buffer);

/** Tallies exact numbers of more than 64 bits, which the engine gives as text. They are rare: a microsecond a row. */
export class WideTally implements Tally {
  readonly #scale: number;
  readonly #sums: MomentSums;
  readonly #buckets = new BucketCounts();
  #min: bigint | undefined;
  #max: bigint | undefined;
  #counts = new Map<bigint, number>();
  #crowd: Crowd | undefined;
  #heavy: Heavy | undefined;
  #count = 0;

  constructor(scale: number) {
    this.#scale = scale;
    this.#sums = new MomentSums(scale);
  }

  add(chunk: Chunk, column: number, times: Float64Array): void {
    chunk.texts(column, ({ bytes, starts, lengths, index, rows }) => {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let row = 0; row < rows; row++) {
        const digits = text.toString('latin1', starts[row]!, starts[row]! + lengths[row]!).replace('.', '');
        this.#addOne(BigInt(digits), times[index[row]!]!);
      }
    });
  }

  wantsMore(): boolean {
    if (this.#crowd === undefined || this.#heavy !== undefined) return false;
    this.#heavy = this.#crowd.heavy();
    this.#counts = new Map();
    return this.#heavy.some;
  }

  tallied(): Tallied {
    const values = [...this.#counts.keys()];
    const counted = {
      counts: Float64Array.from(this.#counts.values()),
      text: (entry: number) => decimalText(values[entry]!, this.#scale),
      cut: false,
    };
    if (this.#crowd !== undefined) {
      const heaviest = heavierThan(this.#heavy!.unlisted, counted);
      return { ...this.#measured(), values: heaviest, distinct: this.#crowd.sketch.sketch() };
    }
    const sketch = new SketchBuilder();
    for (const [value, times] of this.#counts) {
      this.#measure(value, times);
      const { upper, lower } = hashNumber(value, this.#scale);
      sketch.offer(hash48(upper, lower));
    }
    return { ...this.#measured(), values: heaviestOf(counted), distinct: sketch.sketch() };
  }

  #measured(): Measured & { count: number } {
    const text = (value: bigint | undefined) =>
      value === undefined ? null : decimalText(value, this.#scale);
    const numeric = {
      min: text(this.#min),
      max: text(this.#max),
      ...bucketTally(this.#buckets.entries()),
      moments: this.#sums.moments(),
    };
    return { count: this.#count, numeric };
  }

  #addOne(value: bigint, times: number): void {
    if (this.#heavy !== undefined) {
      this.#addHeavy(this.#heavy, value, times);
      return;
    }
    this.#count += times;
    if (this.#crowd === undefined) this.#addTable(value, times);
    else this.#addCrowd(this.#crowd, value, times);
  }

  #addTable(value: bigint, times: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + times);
    if (this.#counts.size <= tableLimit) return;
    this.#crowd = new Crowd();
    for (const [known, each] of this.#counts) this.#addCrowd(this.#crowd, known, each);
  }

  #addCrowd(crowd: Crowd, value: bigint, times: number): void {
    this.#measure(value, times);
    const { upper, lower } = hashNumber(value, this.#scale);
    crowd.add(Int32Array.of(upper), 1, Float64Array.of(times), () => lower);
  }

  #addHeavy(heavy: Heavy, value: bigint, times: number): void {
    if (heavy.chosen[hashNumber(value, this.#scale).upper >>> 16] === 0) return;
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + times);
    if (this.#counts.size <= heavyLimit) return;
    this.#heavy = noneHeavy(heavy);
    this.#counts = new Map();
  }

  #measure(value: bigint, times: number): void {
    double[0] = Number(decimalText(value, this.#scale));
    this.#buckets.add(Int32Array.of(doubleWords[1]! >>> 14), 1, Float64Array.of(times));
    if (this.#min === undefined || value < this.#min) this.#min = value;
    if (this.#max === undefined || value > this.#max) this.#max = value;
    const sum = value * BigInt(times);
    this.#sums.add(0, sum, sum * value);
  }
}
