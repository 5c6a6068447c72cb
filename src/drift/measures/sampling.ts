import { chiSquare } from './measures.ts';
import { chiSquare95, chiSquareTail, normalQuantile, normalTails, studentTails } from './tails.ts';

/**
 * What sampling alone does: how far two samples of one population lie apart, and how rarely farther. Every function
 * conditions on the pooled data, as a permutation test does, so none assumes a shape of the population.
 */
export interface Sizes {
  /** Independent observations on each side; for list elements the rows, since the elements of a row hang together. */
  readonly before: number;
  readonly after: number;
}

/** 1/n₁ + 1/n₂, the variance of a difference of means in units of the population's variance. */
export function noise(sizes: Sizes): number {
  return 1 / sizes.before + 1 / sizes.after;
}

/** The share of all observations that are on the `after` side. */
function fraction(sizes: Sizes): number {
  return sizes.after / (sizes.before + sizes.after);
}

/** The 95th percentile of |Δ share| for a value whose pooled share is `share`, the largest of `of` values. */
export function expectedShareChange(share: number, sizes: Sizes, of = 1): number {
  return quantileOfLargest(of) * Math.sqrt(share * (1 - share) * noise(sizes));
}

const QUANTILES = new Map<number, number>();

/** The 95th percentile of the largest of so many standard normal magnitudes, which reports ask for again and again. */
function quantileOfLargest(of: number): number {
  const known = QUANTILES.get(of) ?? normalQuantile(0.05 / of);
  QUANTILES.set(of, known);
  return known;
}

/**
 * P-value of a share that is `hits1` of n₁ before and `hits2` of n₂ after, two-sided: the signed root of the
 * likelihood ratio with a continuity correction of one observation, which bounds the binomial tail at any size.
 * Source: Zubkov & Serov, "A complete proof of universal inequalities for the distribution function of the binomial
 * law", Theory Probab. Appl. 57 (2013).
 */
export function shareChangeP(hits1: number, hits2: number, sizes: Sizes): number {
  const pooled = hits1 + hits2;
  const expected = pooled * fraction(sizes);
  const distance = Math.abs(hits2 - expected);
  if (distance <= 1) return 1;
  const moved = Math.sign(hits2 - expected);
  return normalTails(Math.sqrt(likelihoodRatio(pooled - (hits2 - moved), hits2 - moved, sizes)));
}

/** 2·log likelihood ratio (G) of the 2×2 table of hits and misses. */
function likelihoodRatio(hits1: number, hits2: number, sizes: Sizes): number {
  const total = sizes.before + sizes.after;
  const hits = hits1 + hits2;
  const cell = (observed: number, row: number, column: number): number =>
    observed > 0 ? observed * Math.log((observed * total) / (row * column)) : 0;
  const g =
    cell(hits1, sizes.before, hits) +
    cell(hits2, sizes.after, hits) +
    cell(sizes.before - hits1, sizes.before, total - hits) +
    cell(sizes.after - hits2, sizes.after, total - hits);
  return Math.max(0, 2 * g);
}

/**
 * P-value of at least `seen` observations being of values that only one side has, where `pooledCounts` are the counts of
 * every value on both sides together and `share` is that side's share of all observations: a value that occurs c times
 * is wholly on the side with probability share^c. Chernoff's bound, valid for draws without replacement.
 * Source: Dubhashi & Ranjan, "Balls and bins: a study in negative dependence" (1998).
 */
export function exclusiveValuesP(
  seen: number,
  pooledCounts: ReadonlyMap<number, number>,
  share: number,
): number {
  const terms = [...pooledCounts].map(([count, values]) => ({ count, values, p: share ** count }));
  const mean = terms.reduce((total, { count, values, p }) => total + count * values * p, 0);
  if (seen <= mean) return 1;
  const exponent = (t: number): number =>
    terms.reduce((total, { count, values, p }) => total + values * logMoment(p, t * count), -t * seen);
  return Math.min(1, Math.exp(minimum(exponent)));
}

/** Above this share of all observations, what one side alone has tells nothing of the other. */
const MAX_FRACTION = 0.75;

/**
 * P-value of at least `added` distinct values being on the after side alone, where `gone` are on the before side alone: each
 * value that only one side has is of after with a probability of at most its share of all observations, if that is ½ or
 * less, since a value that occurs c times is there with f^c and on the other side with (1 − f)^c. For a larger share, values
 * are taken to occur three times. The signed root of the likelihood ratio bounds the binomial tail, as in shareChangeP.
 */
export function oneSidedValuesP(added: number, gone: number, sizes: Sizes): number {
  const f = fraction(sizes);
  if (f > MAX_FRACTION) return 1;
  const p = f <= 0.5 ? f : f ** 3 / (f ** 3 + (1 - f) ** 3);
  const all = added + gone;
  const seen = added - 1;
  if (all < 2 || seen <= all * p) return 1;
  const other = all - seen;
  const g = seen * Math.log(seen / (all * p)) + (other > 0 ? other * Math.log(other / (all * (1 - p))) : 0);
  return normalTails(Math.sqrt(2 * Math.max(0, g)));
}

/** log E[exp(x·B)] for B = 1 with probability p: log(1 − p + p·eˣ), which stays finite for any x. */
function logMoment(p: number, x: number): number {
  return x < 30 ? Math.log1p(p * Math.expm1(x)) : x + Math.log(p + (1 - p) * Math.exp(-x));
}

/** The minimum of a convex function over t > 0, by golden-section search on log t. */
function minimum(f: (t: number) => number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(1e-6);
  let high = Math.log(60);
  for (let step = 0; step < 40; step++) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (f(Math.exp(left)) < f(Math.exp(right))) high = right;
    else low = left;
  }
  return f(Math.exp((low + high) / 2));
}

/**
 * P-value of the Kolmogorov-Smirnov statistic: 2·exp(−2·D²/(1/n₁+1/n₂)), an upper bound for continuous values, and the
 * more so with ties. Source: Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality" (1990);
 * Wei & Dudley, "Two-sample Dvoretzky-Kiefer-Wolfowitz inequalities" (2012).
 */
export function kolmogorovSmirnovP(statistic: number, sizes: Sizes): number {
  return Math.min(1, 2 * Math.exp((-2 * statistic * statistic) / noise(sizes)));
}

/** The 95th percentile of the Kolmogorov-Smirnov statistic, by the bound of kolmogorovSmirnovP. */
export function expectedKolmogorovSmirnov(sizes: Sizes): number {
  return Math.min(1, Math.sqrt((Math.log(2 / 0.05) * noise(sizes)) / 2));
}

/**
 * P-value of two means that lie `difference` apart: Welch's statistic against Student's t with the degrees of freedom of
 * the smaller side. 1 if neither side varies. Source: Welch, "The generalization of Student's problem" (1947).
 */
export function meanShiftP(
  difference: number,
  variances: { readonly before: number; readonly after: number },
  sizes: Sizes,
): number {
  const variance = variances.before / sizes.before + variances.after / sizes.after;
  if (!(variance > 0)) return 1;
  const df = Math.max(1, Math.min(sizes.before, sizes.after) - 1);
  return studentTails(difference / Math.sqrt(variance), df);
}

/** The values of both sides together. */
export interface PooledValues {
  readonly variance: number;
  /** From the mean to the value that is farthest from it. */
  readonly reach: number;
}

/**
 * P-value of two means that lie `difference` apart, for values of any shape whose reach is known: Bernstein's inequality for the mean of the
 * smaller side, which holds for draws without replacement too. Up to twice as many observations are needed as by meanShiftP.
 * Source: Hoeffding, "Probability inequalities for sums of bounded random variables" (1963), section 6; Boucheron, Lugosi & Massart,
 * Concentration Inequalities (2013), 2.8.
 */
export function boundedMeanShiftP(
  difference: number,
  { variance, reach }: PooledValues,
  sizes: Sizes,
): number {
  const [smaller, larger] = [Math.min(sizes.before, sizes.after), Math.max(sizes.before, sizes.after)];
  const distance = (Math.abs(difference) * larger) / (smaller + larger);
  if (!(distance > 0)) return 1;
  return Math.min(
    1,
    2 * Math.exp((-smaller * distance * distance) / (2 * variance + (2 / 3) * reach * distance)),
  );
}

/**
 * P-value of the means `before` and `after` of values in [0, 1] of any shape: Chernoff's bound exp(−n·KL(mean ‖ pooled mean)) of the side for
 * which it is the lower, since the pooled mean is given. Source: Hoeffding (1963), theorem 1 and section 6.
 */
export function boundedMeansP(before: number, after: number, sizes: Sizes): number {
  const pooled = (before * sizes.before + after * sizes.after) / (sizes.before + sizes.after);
  const most = Math.max(sizes.before * divergence(before, pooled), sizes.after * divergence(after, pooled));
  return Math.min(1, 2 * Math.exp(-most));
}

/** Kullback and Leibler's, of two shares, in nats. */
function divergence(share: number, from: number): number {
  const term = (p: number, q: number) => (p > 0 ? p * Math.log(p / q) : 0);
  return Math.max(0, term(share, from) + term(1 - share, 1 - from));
}

/** The 95th percentile of the largest of `of` differences of means, in standard deviations. */
export function expectedMeanShift(sizes: Sizes, of: number): number {
  return quantileOfLargest(of) * Math.sqrt(noise(sizes));
}

/**
 * P-value of the chi-square test of homogeneity over the shares `p` and `q`. Cells in which either side expects fewer than
 * 5 are put together. The tail is that of the chi-square whose first two moments are those of the statistic given the
 * margins, which differ where one side is much smaller. Source: Haldane, "The mean and variance of χ²", Biometrika 31 (1940).
 */
export function cellTest(p: readonly number[], q: readonly number[], sizes: Sizes): number {
  const [a, b] = mergeSparse(
    p.map((share) => share * sizes.before),
    q.map((share) => share * sizes.after),
    sizes,
  );
  const { statistic, df } = chiSquare(a, b);
  if (df === 0) return 1;
  const f = fraction(sizes);
  const both = f * (1 - f);
  const reciprocal = a.reduce((total, count, i) => total + 1 / (count + b[i]!), 0);
  const variance = Math.max(2 * df, 2 * df + ((1 - 6 * both) / both) * reciprocal);
  const scale = variance / (2 * df);
  return chiSquareTail(statistic / scale, df / scale);
}

/**
 * The 95th percentile of a distance between two samples of one population, where the distance is a sum of `term` over
 * cells and comes to factor·Σ(q−p)²/m for small changes. Takes the 95th percentile over frequent cells, and the exact
 * mean over cells that hold under 5 observations of the smaller side.
 * @param counts how many cells hold how many observations (countsOfCounts)
 */
export function expectedDistance(
  counts: ReadonlyMap<number, number>,
  sizes: Sizes,
  term: (p: number, q: number) => number,
  factor: number,
): number {
  const smaller = Math.min(fraction(sizes), 1 - fraction(sizes));
  let frequent = 0;
  let sparse = 0;
  for (const [count, cells] of counts) {
    if (count * smaller >= 5) frequent += cells;
    else sparse += cells * meanTerm(count, sizes, term);
  }
  const df = sparse > 0 ? frequent : frequent - 1;
  return sparse + (df > 0 ? factor * chiSquare95(df) * noise(sizes) : 0);
}

/** The mean of `term` over a value's `count` occurrences falling on the smaller side or not, each by chance. */
function meanTerm(count: number, sizes: Sizes, term: (p: number, q: number) => number): number {
  const afterIsSmaller = sizes.after <= sizes.before;
  const share = afterIsSmaller ? fraction(sizes) : 1 - fraction(sizes);
  let probability = (1 - share) ** count;
  let mean = 0;
  for (let hits = 0; hits <= Math.min(count, 40); hits++) {
    const rest = count - hits;
    mean +=
      probability *
      (afterIsSmaller
        ? term(rest / sizes.before, hits / sizes.after)
        : term(hits / sizes.before, rest / sizes.after));
    probability *= (rest / (hits + 1)) * (share / (1 - share));
  }
  return mean;
}

function mergeSparse(
  before: readonly number[],
  after: readonly number[],
  sizes: Sizes,
): [number[], number[]] {
  const smaller = Math.min(sizes.before, sizes.after) / (sizes.before + sizes.after);
  const a: number[] = [];
  const b: number[] = [];
  let restA = 0;
  let restB = 0;
  for (let i = 0; i < before.length; i++) {
    if ((before[i]! + after[i]!) * smaller >= 5) {
      a.push(before[i]!);
      b.push(after[i]!);
    } else {
      restA += before[i]!;
      restB += after[i]!;
    }
  }
  if ((restA + restB) * smaller >= 5 || a.length === 0)
    return [
      [...a, restA],
      [...b, restB],
    ];
  a[a.length - 1]! += restA;
  b[b.length - 1]! += restB;
  return [a, b];
}

/** How many cells hold one, two, … observations on both sides together. */
export function countsOfCounts(
  p: readonly number[],
  q: readonly number[],
  sizes: Sizes,
): Map<number, number> {
  const result = new Map<number, number>();
  for (let i = 0; i < p.length; i++) {
    const both = Math.round(p[i]! * sizes.before + q[i]! * sizes.after);
    if (both > 0) result.set(both, (result.get(both) ?? 0) + 1);
  }
  return result;
}
