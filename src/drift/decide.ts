import type { MeasuredChange, Pair } from './findings/finding.ts';
import { benjaminiHochberg } from './measures/tails.ts';
import type { DriftOptions, FeatureDrift, Measure, MeasureName, TfdvThresholds, Verdict } from './model.ts';
import { thresholdsOf } from './thresholds.ts';

/** A change below this share of the drift threshold is not worth a warning. */
const WARNING_PART = 0.5;

/** One in a thousand reports on unchanged data may raise an alarm. */
const DEFAULT_FALSE_ALARMS = 0.001;

/** A feature with what was found in it. */
export interface Examined {
  readonly pair: Pair;
  readonly findings: readonly MeasuredChange[];
  /** Of each measure, the largest value among the versions of the baseline, enlarged for how few they are. */
  readonly usual: ReadonlyMap<MeasureName, number>;
}

export type FeatureDecision = Pick<FeatureDrift, 'verdict' | 'strength' | 'reasons' | 'measures'>;

/**
 * Decides all features of a report together. A measure speaks only where its effect reaches its threshold, which is
 * enlarged by what sampling alone gives at these sizes, and where chance is ruled out after correction for all tests.
 */
export function decideFeatures(examined: readonly Examined[], options: DriftOptions): FeatureDecision[] {
  const adjusted = adjustedPValues(examined);
  return examined.map((one, index) => decideFeature(one, adjusted[index]!, options));
}

/** Of each feature, the adjusted p-value of each test. */
function adjustedPValues(examined: readonly Examined[]): Map<string, number>[] {
  const tests = examined.map(
    ({ findings }) => new Map(findings.flatMap(({ test }) => (test ? [[test.of, test.pValue]] : []))),
  );
  const adjusted = benjaminiHochberg(tests.flatMap((ofFeature) => [...ofFeature.values()]));
  let next = 0;
  return tests.map((ofFeature) => new Map([...ofFeature.keys()].map((name) => [name, adjusted[next++]!])));
}

interface Judged {
  readonly finding: MeasuredChange;
  readonly measure: Measure;
  readonly strength: number;
}

function decideFeature(
  examined: Examined,
  pValues: ReadonlyMap<string, number>,
  options: DriftOptions,
): FeatureDecision {
  const name = examined.pair.feature;
  const thresholds = thresholdsOf(name, options);
  const comparator = options.features?.comparators?.[name];
  const judged = examined.findings.map((finding) =>
    comparator
      ? byComparator(finding, comparator)
      : judge(finding, pValues, {
          base: thresholds[finding.name],
          usual: examined.usual.get(finding.name) ?? 0,
          falseAlarms: options.falseAlarms ?? DEFAULT_FALSE_ALARMS,
        }),
  );
  const ordered = judged.sort(
    (a, b) => rank(b.measure.verdict) - rank(a.measure.verdict) || b.strength - a.strength,
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
function byComparator(finding: MeasuredChange, comparator: TfdvThresholds): Judged {
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
    measure: { ...shown(finding), ...(threshold === undefined ? {} : { threshold }), verdict },
  };
}

interface Bar {
  readonly base: number | null;
  readonly usual: number;
  readonly falseAlarms: number;
}

function judge(finding: MeasuredChange, pValues: ReadonlyMap<string, number>, bar: Bar): Judged {
  const pValue = finding.test === undefined ? undefined : pValues.get(finding.test.of)!;
  const base = { ...shown(finding), ...(pValue === undefined ? {} : { pValue }) };
  if (bar.base === null || pValue === undefined)
    return { finding, strength: 0, measure: { ...base, verdict: 'none' } };
  const threshold = enlarged(Math.max(bar.base, bar.usual), finding);
  const warning = enlarged(Math.max(bar.base * WARNING_PART, bar.usual), finding);
  const proven = pValue <= bar.falseAlarms;
  const verdict: Verdict =
    !proven || finding.value < warning
      ? 'none'
      : finding.value < threshold || finding.expectedToMove
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
function enlarged(threshold: number, finding: MeasuredChange): number {
  const expected = finding.expected ?? 0;
  return finding.squared ? threshold + expected : Math.hypot(threshold, expected);
}

function shown({ name, value, expected, errorBound }: MeasuredChange): Omit<Measure, 'verdict'> {
  return {
    name,
    value,
    ...(expected === undefined ? {} : { expected }),
    ...(errorBound === undefined ? {} : { errorBound }),
  };
}

export function rank(verdict: Verdict): number {
  return verdict === 'drift' ? 2 : verdict === 'warning' ? 1 : 0;
}
