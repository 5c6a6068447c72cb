import type { FeaturePair, MeasuredChange } from './findings/finding.ts';
import { benjaminiHochberg } from './measures/tails.ts';
import type { DriftOptions, FeatureDrift, Measure, MeasureName, TfdvThresholds, Verdict } from './model.ts';
import { thresholdsOf } from './thresholds.ts';

/** A change below this share of the drift threshold is not worth a warning. */
const WARNING_PART = 0.5;

/** One in a thousand reports on unchanged data may raise an alarm. */
const DEFAULT_FALSE_ALARMS = 0.001;

/** A feature with what was found in it. */
export interface ExaminedFeature {
  readonly pair: FeaturePair;
  readonly findings: readonly MeasuredChange[];
  /** Of each measure, the largest value among the versions of the baseline, enlarged for how few they are. */
  readonly usual: ReadonlyMap<MeasureName, number>;
}

export type FeatureDecision = Pick<FeatureDrift, 'verdict' | 'strength' | 'reasons' | 'measures'>;

/**
 * Decides all features of a report together. A measure speaks only where its effect reaches its threshold, which is
 * enlarged by what sampling alone gives at these sizes, and where chance is ruled out after correction for all tests.
 */
export function decideFeatures(
  examined: readonly ExaminedFeature[],
  options: DriftOptions,
): FeatureDecision[] {
  const adjusted = adjustedPValues(examined);
  return examined.map((one, index) => decideFeature(one, adjusted[index]!, options));
}

/** Of each feature, the adjusted p-value of each test. */
function adjustedPValues(examined: readonly ExaminedFeature[]): Map<string, number>[] {
  const tests = examined.map(
    ({ findings }) => new Map(findings.flatMap(({ test }) => (test ? [[test.of, test.pValue]] : []))),
  );
  const adjusted = benjaminiHochberg(tests.flatMap((ofFeature) => [...ofFeature.values()]));
  let next = 0;
  return tests.map((ofFeature) => new Map([...ofFeature.keys()].map((name) => [name, adjusted[next++]!])));
}

interface JudgedChange {
  readonly finding: MeasuredChange;
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
  const judged = examined.findings.map((finding) =>
    comparator
      ? judgeByComparator(finding, comparator)
      : judgeByThreshold(finding, pValues, {
          threshold: thresholds[finding.name],
          usualChange: examined.usual.get(finding.name) ?? 0,
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
    reasons: ordered
      .filter(({ measure }) => measure.verdict !== 'none')
      .map(({ finding }) => finding.reason()),
    measures: ordered.map(({ measure }) => measure),
  };
}

/** TFDV's rule: above the threshold is drift, whatever the size. */
function judgeByComparator(finding: MeasuredChange, comparator: TfdvThresholds): JudgedChange {
  const thresholds: Partial<Record<MeasureName, number | undefined>> = {
    'l-infinity': comparator.lInfinity,
    'jensen-shannon': comparator.jensenShannon,
  };
  const threshold = thresholds[finding.name];
  const verdict: Verdict = threshold !== undefined && finding.value > threshold ? 'drift' : 'none';
  const strength =
    threshold === undefined ? 0 : threshold > 0 ? finding.value / threshold : finding.value > 0 ? 1e6 : 0;
  return {
    finding,
    strength,
    measure: { ...reportedFields(finding), ...(threshold === undefined ? {} : { threshold }), verdict },
  };
}

interface Criteria {
  readonly threshold: number | null;
  readonly usualChange: number;
  readonly falseAlarms: number;
}

function judgeByThreshold(
  finding: MeasuredChange,
  pValues: ReadonlyMap<string, number>,
  bar: Criteria,
): JudgedChange {
  const pValue = finding.test === undefined ? undefined : pValues.get(finding.test.of)!;
  const base = { ...reportedFields(finding), ...(pValue === undefined ? {} : { pValue }) };
  if (bar.threshold === null || pValue === undefined)
    return { finding, strength: 0, measure: { ...base, verdict: 'none' } };
  const threshold = withSamplingNoise(Math.max(bar.threshold, bar.usualChange), finding);
  const warning = withSamplingNoise(Math.max(bar.threshold * WARNING_PART, bar.usualChange), finding);
  const proven = pValue <= bar.falseAlarms;
  const verdict: Verdict =
    !proven || finding.value < warning
      ? 'none'
      : finding.value < threshold || finding.movesByItself
        ? 'warning'
        : 'drift';
  const strength = finding.value / threshold;
  return {
    finding,
    strength: proven ? strength : Math.min(strength, WARNING_PART),
    measure: { ...base, threshold, verdict },
  };
}

/** Effect and sampling noise add as variances do; squared distances are variances already. */
function withSamplingNoise(threshold: number, finding: MeasuredChange): number {
  const expected = finding.expected ?? 0;
  return finding.squared ? threshold + expected : Math.hypot(threshold, expected);
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
