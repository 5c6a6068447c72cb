import type { Moments } from '../model/model.ts';

interface Part {
  sum: bigint;
  sumOfSquares: bigint;
}

/** Sums that add exactly, gathered part by part; see `Moments` for what they mean. */
export class MomentSums {
  readonly scale: number;
  readonly #parts = new Map<number, Part>();

  constructor(scale: number) {
    this.scale = scale;
  }

  add(exponent: number, sum: bigint, sumOfSquares: bigint): void {
    const part = this.#parts.get(exponent);
    if (part === undefined) this.#parts.set(exponent, { sum, sumOfSquares });
    else {
      part.sum += sum;
      part.sumOfSquares += sumOfSquares;
    }
  }

  /** Adds moments of another scale ≤ this one: 10^Δ in each unit, so that nothing is rounded. */
  addMoments(moments: Moments): void {
    const unit = 10n ** BigInt(this.scale - moments.scale);
    for (const part of moments.parts) {
      this.add(part.exponent, BigInt(part.sum) * unit, BigInt(part.sumOfSquares) * unit * unit);
    }
  }

  /** Canonical: parts by exponent, those of only zeros left out. */
  moments(): Moments {
    const parts = [...this.#parts]
      .filter(([, part]) => part.sumOfSquares !== 0n)
      .sort((a, b) => a[0] - b[0])
      .map(([exponent, part]) => ({
        exponent,
        sum: String(part.sum),
        sumOfSquares: String(part.sumOfSquares),
      }));
    return { scale: this.scale, parts };
  }
}

export function addMoments(a: Moments, b: Moments): Moments {
  const sums = new MomentSums(Math.max(a.scale, b.scale));
  sums.addMoments(a);
  sums.addMoments(b);
  return sums.moments();
}

/**
 * Mean, population variance and its root from exact sums, each rounded once. Null where there is no value. The variance is infinite where the
 * greatest double is less, and 0 where the least is more; the deviation is right all the same.
 */
export function meanAndVariance(
  moments: Moments,
  count: number,
): { mean: number; variance: number; deviation: number } | null {
  if (count === 0) return null;
  const lowest = moments.parts.reduce((low, part) => Math.min(low, part.exponent), 0);
  let sum = 0n;
  let squares = 0n;
  for (const part of moments.parts) {
    const shift = BigInt(part.exponent - lowest);
    sum += BigInt(part.sum) << shift;
    squares += BigInt(part.sumOfSquares) << (2n * shift);
  }
  const n = BigInt(count);
  const unit = 10n ** BigInt(moments.scale);
  const variance = ratio(squares * n - sum * sum, n * n * unit * unit, 2 * lowest);
  const odd = variance.exponent & 1;
  return {
    mean: unscaled(ratio(sum, n * unit, lowest)),
    variance: unscaled(variance),
    deviation: scaleByPowerOfTwo(
      Math.sqrt(Math.max(0, variance.scaled) * (odd === 0 ? 1 : 2)),
      (variance.exponent - odd) / 2,
    ),
  };
}

/** scaled · 2^exponent */
interface Scaled {
  readonly scaled: number;
  readonly exponent: number;
}

/** numerator / denominator · 2^exponent to the nearest double or its neighbour, whatever the size of the integers. */
function ratio(numerator: bigint, denominator: bigint, exponent: number): Scaled {
  if (numerator === 0n) return { scaled: 0, exponent: 0 };
  const negative = numerator < 0n;
  const magnitude = negative ? -numerator : numerator;
  const shift = 64 - (bitLength(magnitude) - bitLength(denominator));
  const scaled =
    shift >= 0 ? (magnitude << BigInt(shift)) / denominator : magnitude / (denominator << BigInt(-shift));
  return { scaled: negative ? -Number(scaled) : Number(scaled), exponent: exponent - shift };
}

function unscaled({ scaled, exponent }: Scaled): number {
  return scaleByPowerOfTwo(scaled, exponent);
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4;
}

/** In two steps, since 2^1100 alone is infinite. */
function scaleByPowerOfTwo(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}
