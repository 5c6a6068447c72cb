import type { Bucket } from '../model/model.ts';
import type { Accumulator, TypeStats } from './accumulator.ts';
import { addBuckets, sortedBuckets } from './buckets.ts';
import { coarsen, MAX_LISTED_DAYS, widen } from './day-counts.ts';

/** How a column counts time. */
export interface Clock {
  readonly days: boolean;
  readonly hours: boolean;
  /** Ticks in an hour are 2^shift · odd; for days alone a tick is a day. */
  readonly shift: number;
  readonly odd: number;
  /** 2^(32 − shift): what the upper word counts for. */
  readonly scale: number;
}

export const CLOCKS = {
  date: { days: true, hours: false, shift: 0, odd: 1, scale: 2 ** 32 },
  time: { days: false, hours: true, shift: 10, odd: 3_515_625, scale: 2 ** 22 },
  timeNanoseconds: { days: false, hours: true, shift: 13, odd: 439_453_125, scale: 2 ** 19 },
  microseconds: { days: true, hours: true, shift: 10, odd: 3_515_625, scale: 2 ** 22 },
  nanoseconds: { days: true, hours: true, shift: 13, odd: 439_453_125, scale: 2 ** 19 },
} as const satisfies Record<string, Clock>;

/** Some eleven years. */
const NEAR_DAYS = 4096;

/** Counts days, weekdays and hours of signed 64-bit ticks since 1970. */
export class TimeAccumulator implements Accumulator {
  readonly #clock: Clock;
  readonly #textOf: (low: number, high: number) => string;
  readonly #weekday = new Array<number>(7).fill(0);
  readonly #hour = new Array<number>(24).fill(0);
  /** Days near the first one that was seen, each its own count. */
  readonly #near = new Float64Array(NEAR_DAYS);
  #firstNear: number | undefined;
  /** All others. */
  #far = new Map<number, number>();
  #farWidth = 1;
  #seen = false;
  #minLow = -1;
  #minHigh = 0x7fffffff;
  #maxLow = 0;
  #maxHigh = -0x80000000;

  constructor(clock: Clock, textOf: (low: number, high: number) => string) {
    this.#clock = clock;
    this.#textOf = textOf;
  }

  add(words: Int32Array, rows: number, occurrences: Float64Array): void {
    const { days, hours } = this.#clock;
    if (rows > 0) this.#seen = true;
    for (let row = 0; row < rows; row++) {
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      if (high < this.#minHigh || (high === this.#minHigh && low >>> 0 <= this.#minLow >>> 0)) {
        this.#minLow = low;
        this.#minHigh = high;
      }
      if (high > this.#maxHigh || (high === this.#maxHigh && low >>> 0 >= this.#maxLow >>> 0)) {
        this.#maxLow = low;
        this.#maxHigh = high;
      }
      const unit = this.#floor(low, high);
      const day = hours ? Math.floor(unit / 24) : unit;
      if (hours) this.#hour[unit - day * 24]! += occurrences[row]!;
      if (days) this.#addDay(day, occurrences[row]!);
    }
  }

  stats(): TypeStats {
    const { days, hours } = this.#clock;
    const text = (low: number, high: number) => (this.#seen ? this.#textOf(low, high) : null);
    const counted = this.#counted();
    return {
      time: {
        min: text(this.#minLow, this.#minHigh),
        max: text(this.#maxLow, this.#maxHigh),
        weekday: days ? this.#weekday : [],
        hour: hours ? this.#hour : [],
        ...counted,
      },
    };
  }

  /** The hour (or the day) in which ticks fall: 2^shift first, which leaves an integer that a double holds. */
  #floor(low: number, high: number): number {
    const { shift, odd, scale } = this.#clock;
    if (odd === 1) return low;
    const ticks = high * scale + (low >>> shift);
    const quotient = Math.floor(ticks / odd);
    const rest = ticks - quotient * odd;
    return rest < 0 ? quotient - 1 : rest >= odd ? quotient + 1 : quotient;
  }

  #addDay(day: number, occurrences: number): void {
    this.#firstNear ??= day - NEAR_DAYS / 2;
    const near = day - this.#firstNear;
    if (near >= 0 && near < NEAR_DAYS) this.#near[near]! += occurrences;
    else this.#addFar(day, occurrences);
  }

  /** More days only ever ask for wider ones, so the width in the end does not depend on the order of rows. */
  #addFar(day: number, occurrences: number): void {
    this.#addWeekday(day, occurrences);
    const key = Math.floor(day / this.#farWidth);
    this.#far.set(key, (this.#far.get(key) ?? 0) + occurrences);
    if (this.#far.size <= MAX_LISTED_DAYS) return;
    const { days, dayWidth } = coarsen(sortedBuckets(this.#far), this.#farWidth);
    this.#far = new Map(days);
    this.#farWidth = dayWidth;
  }

  #addWeekday(day: number, occurrences: number): void {
    this.#weekday[(((day + 3) % 7) + 7) % 7]! += occurrences;
  }

  #counted(): { days: readonly Bucket[]; dayWidth: number } {
    const near: [number, number][] = [];
    this.#near.forEach((occurrences, index) => {
      if (occurrences === 0) return;
      near.push([index + this.#firstNear!, occurrences]);
      this.#addWeekday(index + this.#firstNear!, occurrences);
    });
    const far = { days: sortedBuckets(this.#far), dayWidth: this.#farWidth };
    const wide = widen({ days: near, dayWidth: 1 }, far.dayWidth);
    return coarsen(addBuckets(wide, far.days), far.dayWidth);
  }
}
