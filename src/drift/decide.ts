import type { FeaturePair, MeasuredChange } from './findings/finding.ts';
import { benjaminiHochberg } from './measures/tails.ts';
import type { DriftOptions, FeatureDrift, Measure, MeasureName, TfdvThresholds, Verdict } from './model.ts';
import { thresholdsOf } from './thresholds.ts';

/** A change below this share of the drift threshold is not worth a warning. */
const WARNING_PART = 0.5;

/** A change that only ever warns is less than any drift. */
const MAX_WARNING_STRENGTH = 0.99;

/** One in a thousand reports on unchanged data may raise an alarm. */
const DEFAULT_FALSE_ALARMS = 0.001;

/** A feature with the changes that were measured in it. */
export interface ExaminedFeature {
  readonly pair: FeaturePair;
  readonly changes: readonly MeasuredChange[];
  /** The value up to which each measure is usual, as the baseline shows; empty without a baseline. */
  readonly usual: ReadonlyMap<MeasureName, number>;
}

export type FeatureDecision = Pick<FeatureDrift, 'verdict' | 'strength' | 'reasons' | 'measures'>;

/**
 * Decides all features of a report together. A measure warns or calls drift only if two things hold: its value reaches
 * its threshold, enlarged by what sampling alone gives at these sizes; and chance is ruled out after correction for all
 * tests of the report.
 */
export function decideFeatures(
  examined: readonly ExaminedFeature[],
  options: DriftOptions,
): FeatureDecision[] {
  const adjusted = adjustedPValues(examined);
  return examined.map((feature, index) => decideFeature(feature, adjusted[index]!, options));
}

/** Adjusts the p-values of all tests together; returns one map a feature, by the test's name. */
function adjustedPValues(examined: readonly ExaminedFeature[]): Map<string, number>[] {
  const tests = examined.map(
    ({ changes }) => new Map(changes.flatMap(({ test }) => (test ? [[test.of, test.pValue]] : []))),
  );
  const adjusted = benjaminiHochberg(tests.flatMap((ofFeature) => [...ofFeature.values()]));
  let next = 0;
  return tests.map((ofFeature) => new Map([...ofFeature.keys()].map((name) => [name, adjusted[next++]!])));
}

interface JudgedChange {
  readonly change: MeasuredChange;
  readonly measure: Measure;
  readonly strength: number;
}

function decideFeature(
  examined: ExaminedFeature,
  pValues: ReadonlyMap<string, number>,
  options: DriftOptions,
): FeatureDecision {
  const name = examined.pair.feature;
  const thresholds = thresholdsOf(name, options);
  const comparator = options.features?.comparators?.[name];
  const judged = examined.changes.map((change) =>
    comparator
      ? judgeByComparator(change, comparator)
      : judgeByThreshold(change, pValues, {
          threshold: thresholds[change.name],
          usualChange: examined.usual.get(change.name) ?? 0,
          falseAlarms: options.falseAlarms ?? DEFAULT_FALSE_ALARMS,
        }),
  );
  const ordered = judged.sort(
    (a, b) => verdictRank(b.measure.verdict) - verdictRank(a.measure.verdict) || b.strength - a.strength,
  );
  const decisive = ordered[0];
  return {
    verdict: decisive?.measure.verdict ?? 'none',
    strength: decisive?.strength ?? 0,
    reasons: withoutRepeats(
      ordered.filter(({ measure }) => measure.verdict !== 'none').map(({ change }) => change.reason()),
    ),
    measures: ordered.map(({ measure }) => measure),
  };
}

/** TFDV's rule: above the threshold is drift, whatever the size. */
function judgeByComparator(change: MeasuredChange, comparator: TfdvThresholds): JudgedChange {
  const thresholds: Partial<Record<MeasureName, number | undefined>> = {
    'l-infinity': comparator.lInfinity,
    'jensen-shannon': comparator.jensenShannon,
  };
  const threshold = thresholds[change.name];
  const verdict: Verdict = threshold !== undefined && change.value > threshold ? 'drift' : 'none';
  const strength =
    threshold === undefined ? 0 : threshold > 0 ? change.value / threshold : change.value > 0 ? 1e6 : 0;
  return {
    change,
    strength,
    measure: { ...reportedFields(change), ...(threshold === undefined ? {} : { threshold }), verdict },
  };
}

interface Criteria {
  readonly threshold: number | null;
  readonly usualChange: number;
  readonly falseAlarms: number;
}

function judgeByThreshold(
  change: MeasuredChange,
  pValues: ReadonlyMap<string, number>,
  criteria: Criteria,
): JudgedChange {
  const pValue = change.test === undefined ? undefined : pValues.get(change.test.of)!;
  const reported = { ...reportedFields(change), ...(pValue === undefined ? {} : { pValue }) };
  if (criteria.threshold === null || pValue === undefined)
    return { change, strength: 0, measure: { ...reported, verdict: 'none' } };
  const threshold = withSamplingNoise(Math.max(criteria.threshold, criteria.usualChange), change);
  const warning = withSamplingNoise(
    Math.max(criteria.threshold * WARNING_PART, criteria.usualChange),
    change,
  );
  const proven = pValue <= criteria.falseAlarms;
  const onlyWarns = change.movesByItself || change.warnsOnly;
  const verdict: Verdict =
    !proven || change.value < warning ? 'none' : change.value < threshold || onlyWarns ? 'warning' : 'drift';
  const ratio = change.value / threshold;
  const strength = onlyWarns ? Math.min(ratio, MAX_WARNING_STRENGTH) : ratio;
  return {
    change,
    strength: proven ? strength : Math.min(strength, WARNING_PART),
    measure: { ...reported, threshold, verdict },
  };
}

/** Effect and sampling noise add as variances do; squared distances are variances already. */
function withSamplingNoise(threshold: number, change: MeasuredChange): number {
  const expected = change.expected ?? 0;
  return change.squared ? threshold + expected : Math.hypot(threshold, expected);
}

function reportedFields({ name, value, expected, errorBound }: MeasuredChange): Omit<Measure, 'verdict'> {
  return {
    name,
    value,
    ...(expected === undefined ? {} : { expected }),
    ...(errorBound === undefined ? {} : { errorBound }),
  };
}

export function verdictRank(verdict: Verdict): number {
  return verdict === 'drift' ? 2 : verdict === 'warning' ? 1 : 0;
}

/** Several measures may see the same change, and tell it in one sentence or with a clause more. The first stands for all. */
function withoutRepeats(reasons: readonly string[]): string[] {
  const isSame = (a: string, b: string) => a === b || a.startsWith(`${b}, `) || b.startsWith(`${a}, `);
  return reasons.filter((reason, index) => !reasons.slice(0, index).some((other) => isSame(reason, other)));
}
