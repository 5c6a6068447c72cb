import { percent } from '../../wording/numbers.ts';
import { quoted } from '../../wording/quote.ts';
import type { Categories } from '../distributions/axis.ts';
import { type Sizes, shareChangeP } from '../measures/sampling.ts';
import type { FeaturePair, MeasuredChange } from './finding.ts';

/** Ratios below this are of no interest, so that a frequent value with a sure small one does not hide a rare one. */
const MIN_LOG_RATIO = 0.2;

/** A value is rare if it is on neither side a larger share; what moves a larger one, l-infinity tells. */
const MAX_RARE_SHARE = 0.05;

/** A value that both sides together hold less often can change by no factor that chance does not explain. */
const MIN_COUNT = 10;

/**
 * The rare share that changed by the largest factor, as the absolute logarithm of the ratio of shares; a count of 0 counts as ½.
 * Only if all values are listed. Of the values whose share changed by a factor that matters, the surest is given; its
 * p-value is corrected for all values. It warns, and is drift for labels, whose rare values are what is to be found.
 */
export function rareShareChange(pair: FeaturePair, sizes: Sizes): MeasuredChange[] {
  const cells = pair.categories;
  if (cells.labels.length === 0 || cells.labels.includes(null)) return [];
  const counts = observations(cells, sizes);
  const tested = counts.filter(
    ({ before, after }) =>
      before + after >= MIN_COUNT && Math.max(before / sizes.before, after / sizes.after) <= MAX_RARE_SHARE,
  );
  if (tested.length === 0 || cells.labels.length < 2) return [];
  const judged = tested.map((each) => ({
    ...each,
    ratio: logRatio(each, sizes),
    pValue: shareChangeP(each.before, each.after, sizes),
  }));
  const sure = judged.filter(({ ratio }) => Math.abs(ratio) >= MIN_LOG_RATIO);
  const found = (sure.length > 0 ? sure : judged).reduce((best, each) =>
    each.pValue < best.pValue || (each.pValue === best.pValue && Math.abs(each.ratio) > Math.abs(best.ratio))
      ? each
      : best,
  );
  return [
    {
      name: 'share-ratio',
      value: Math.abs(found.ratio),
      expected: 1.96 * Math.sqrt(1 / (found.before + 0.5) + 1 / (found.after + 0.5)),
      test: { of: 'share-ratio', pValue: Math.min(1, found.pValue * tested.length) },
      warnsOnly: !pair.isLabel,
      reason: () => ratioSentence(found.label, found.before / sizes.before, found.after / sizes.after),
    },
  ];
}

interface Observed {
  readonly label: string;
  readonly before: number;
  readonly after: number;
}

/** Independent observations of each value. */
function observations(cells: Categories, sizes: Sizes): Observed[] {
  const total = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0) || 1;
  const scale = { before: sizes.before / total(cells.before), after: sizes.after / total(cells.after) };
  return cells.labels.map((label, i) => ({
    label: label as string,
    before: cells.before[i]! * scale.before,
    after: cells.after[i]! * scale.after,
  }));
}

function logRatio({ before, after }: Observed, sizes: Sizes): number {
  return Math.log(Math.max(after, 0.5) / sizes.after / (Math.max(before, 0.5) / sizes.before));
}

function ratioSentence(label: string, before: number, after: number): string {
  if (before === 0) return `${quoted(label)} is new, in ${percent(after)} of values`;
  if (after === 0) return `${quoted(label)} is gone; it was ${percent(before)} of values`;
  const factor = after > before ? after / before : before / after;
  const times = factor >= 10 ? Math.round(factor) : factor.toFixed(1);
  return `share of ${quoted(label)} ${after > before ? 'rose' : 'fell'} from ${percent(before)} to ${percent(after)}, by a factor of ${times}`;
}
