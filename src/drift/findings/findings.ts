/**
 * Findings: every measure of one feature on two sides, with the sentence that says it. They may not judge: whether a
 * change matters is decided in decide.ts.
 */

import { categoryFindings } from './categories.ts';
import { countFindings } from './counts.ts';
import type { FeaturePair, MeasuredChange } from './finding.ts';
import { lengthFindings } from './lengths.ts';
import { numericFindings } from './numeric.ts';
import { positionFindings } from './positions.ts';
import { timeFindings } from './time.ts';

/** Measures everything that differs in one feature; nothing is judged here. Empty if a side has no rows. */
export function measureChanges(pair: FeaturePair): MeasuredChange[] {
  if (pair.rows.before === 0 || pair.rows.after === 0) return [];
  const findings = [
    ...countFindings(pair),
    ...lengthFindings(pair),
    ...positionFindings(pair),
    ...distributionFindings(pair),
  ];
  const isKey = findings.some(({ name }) => name === 'key-overlap');
  if (!isKey) return findings;
  return findings.map((finding) =>
    MOVES_WITH_KEYS.has(finding.name) ? { ...finding, movesByItself: true } : finding,
  );
}

/** Measures that move with every version for a key, such as a running number or the users of another split. */
const MOVES_WITH_KEYS: ReadonlySet<string> = new Set([
  'kolmogorov-smirnov',
  'mean-shift',
  'wasserstein',
  'out-of-range-share',
  'out-of-range-distance',
  'jensen-shannon',
  'psi',
  'hellinger',
  'chi-square',
  'l-infinity',
  'new-category-share',
  'share-ratio',
]);

function distributionFindings(pair: FeaturePair): MeasuredChange[] {
  const { before, after } = pair;
  if (before.numeric && after.numeric) return numericFindings(pair);
  if (before.time && after.time) return timeFindings(pair);
  return before.type === after.type ? categoryFindings(pair) : [];
}
