import { gammaln } from 'simple-statistics';

/**
 * P(X ≥ x) of a chi-square variable with `df` (> 0, also fractional) degrees of freedom: the regularized upper
 * incomplete gamma function Q(df/2, x/2). Relative error below 1e-10 down to the smallest doubles.
 * Source: Abramowitz & Stegun, Handbook of Mathematical Functions, 6.5.29 (series) and 6.5.31 (continued fraction).
 */
export function chiSquareTail(x: number, df: number): number {
  if (!(x > 0)) return 1;
  const a = df / 2;
  const half = x / 2;
  const logFactor = a * Math.log(half) - half - gammaln(a);
  if (half < a + 1) return Math.max(0, 1 - Math.exp(logFactor) * lowerSeries(a, half));
  return Math.exp(logFactor) * upperFraction(a, half);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 10_000 && term > sum * 1e-16; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** Lentz's evaluation of 1/(x+1−a− 1(1−a)/(x+3−a− 2(2−a)/(x+5−a− …))). */
function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let result = d;
  for (let n = 1; n < 10_000; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / nonZero(numerator * d + b, tiny);
    c = nonZero(b + numerator / c, tiny);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return result;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** P(|Z| ≥ z) of a standard normal variable. */
export function normalTails(z: number): number {
  return chiSquareTail(z * z, 1);
}

/**
 * P(|T| ≥ t) of Student's t with `df` degrees of freedom, by Wallace's normal transformation: relative error below 2 %
 * for df ≥ 20. Source: Wallace, "Bounds on normal approximations to Student's and the chi-square distributions" (1959).
 */
export function studentTails(t: number, df: number): number {
  const z = (Math.sqrt(df * Math.log1p((t * t) / df)) * (8 * df + 1)) / (8 * df + 3);
  return normalTails(z);
}

/**
 * The 95th percentile of chi-square, within 2.5 % for df ≥ 1.
 * Source: Wilson & Hilferty, "The distribution of chi-square", PNAS 17 (1931).
 */
export function chiSquare95(df: number): number {
  const variance = 2 / (9 * df);
  return df * (1 - variance + 1.6448536 * Math.sqrt(variance)) ** 3;
}

/** z with P(|Z| ≥ z) = p, for 0 < p < 1, by bisection on the tail; within 1e-9. */
export function normalQuantile(p: number): number {
  let low = 0;
  let high = 40;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalTails(middle) > p) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * P-values adjusted for the false discovery rate, in the order given; each in [p, 1].
 * Source: Benjamini & Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57 (1995).
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted = new Array<number>(pValues.length);
  let smallest = 1;
  order.forEach((index, position) => {
    smallest = Math.min(smallest, (pValues[index]! * pValues.length) / (pValues.length - position));
    adjusted[index] = smallest;
  });
  return adjusted;
}
