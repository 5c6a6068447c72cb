import { HASH_END, overlap } from '../../profile/hashing/sketch.ts';
import { shares, sum } from '../../profile/model/distances.ts';
import { counted, grouped, percent } from '../../wording/numbers.ts';
import { quoted } from '../../wording/quote.ts';
import { type Categories, valueTotal } from '../distributions/axis.ts';
import { countsOfCounts, exclusiveValuesP, oneSidedValuesP, type Sizes } from '../measures/sampling.ts';
import type { FeaturePair, MeasuredChange } from './finding.ts';

/**
 * The share of after's values that before never held: exactly if both sides list all of their values, else as the sketches
 * of distinct values tell. If before alone lists all of its values, those that after lists are told exactly.
 */
export function newValues(pair: FeaturePair, cells: Categories, sizes: Sizes): MeasuredChange[] {
  const { before, after } = pair;
  if (before.values.exact && after.values.exact) return listedNewValues(cells, sizes);
  const unlisted = unlistedNewValues(pair, cells, sizes);
  if (!before.values.exact) return unlisted;
  return [...listedNewValues(cells, sizes), ...unlisted].sort((a, b) => b.value - a.value).slice(0, 1);
}

function listedNewValues(cells: Categories, sizes: Sizes): MeasuredChange[] {
  const total = sum(cells.after);
  const added = addedLabels(cells);
  const count = added.reduce((all, i) => all + cells.after[i]!, 0);
  const scale = sizes.after / total;
  const pValue = () =>
    exclusiveValuesP(
      count * scale,
      countsOfCounts(shares(cells.before), shares(cells.after), sizes),
      sizes.after / (sizes.before + sizes.after),
    );
  const unlisted = cells.labels.indexOf(null);
  return [
    {
      name: 'new-category-share',
      value: count / total,
      errorBound: unlisted < 0 ? 0 : cells.after[unlisted]! / total,
      test: { of: 'new-category-share', pValue: count > 0 ? pValue() : 1 },
      reason: () => newSentence(cells, added, count / total, total),
    },
  ];
}

/** Values that after lists and before does not hold, by their place. */
export function addedLabels(cells: Categories): number[] {
  return cells.labels.map((_, i) => i).filter((i) => cells.labels[i] !== null && cells.before[i] === 0);
}

function newSentence(cells: Categories, added: readonly number[], share: number, total: number): string {
  const first = added.reduce((best, i) => (cells.after[i]! > cells.after[best]! ? i : best), added[0]!);
  const label = quoted(cells.labels[first]!);
  if (added.length === 1) return `new value ${label} in ${percent(share)} of values`;
  return `${counted(added.length, 'new value')} in ${percent(share)} of values, most often ${label} (${percent(cells.after[first]! / total)})`;
}

/**
 * The sketches tell how many distinct values only one side has. Their rows are as many as other values have that are too
 * rare to be listed. What before has for itself by the same reckoning is what sampling alone gives.
 */
function unlistedNewValues(
  { before, after }: FeaturePair,
  cells: Categories,
  sizes: Sizes,
): MeasuredChange[] {
  const { shared, a, b, exact } = overlap(before.distinct, after.distinct);
  const [gone, added] = [a - shared, b - shared];
  const total = valueTotal(after);
  if (added <= 0 || total === 0) return [];
  const value = shareOfRare(added, b, cells.after, cells, total);
  const expected = shareOfRare(gone, a, cells.before, cells, valueTotal(before));
  const sampled = Math.min(before.distinct.theta, after.distinct.theta) / HASH_END;
  const independent = sampled * Math.min(1, sizes.after / total, sizes.before / valueTotal(before));
  const pValue = oneSidedValuesP(added * independent, gone * independent, sizes);
  const least = added / total;
  return [
    {
      name: 'new-category-share',
      value,
      expected,
      // Expected and new values add up: both are shares of the same rows.
      squared: true,
      errorBound: Math.max(value - least, 0),
      test: { of: 'new-category-share', pValue },
      reason: () =>
        `${exact ? '' : 'about '}${grouped(added)} of ${grouped(b)} distinct values are new, in at least ${percent(least)} of values and about ${percent(value)} if they are as frequent as others that are rare; ${exact ? '' : 'about '}${grouped(gone)} are gone`,
    },
  ];
}

/**
 * The share of a side's values that `distinct` of its `all` distinct values hold, if they are as frequent as those that it
 * does not list, or that the other side does not list where it lists all.
 */
function shareOfRare(
  distinct: number,
  all: number,
  counts: readonly number[],
  cells: Categories,
  total: number,
): number {
  const rest = cells.labels.indexOf(null);
  const other = counts === cells.after ? cells.before : cells.after;
  const listed = cells.labels.map((_, i) => i).filter((i) => i !== rest && counts[i]! > 0);
  const unlisted = all - listed.length;
  const mean =
    unlisted > 0 && rest >= 0
      ? counts[rest]! / unlisted
      : average(listed.filter((i) => other[i] === 0).map((i) => counts[i]!));
  return Math.min(1, (distinct * Math.max(1, mean)) / total);
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 1 : sum(values) / values.length;
}
