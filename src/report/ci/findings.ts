/**
 * Formats of CI systems: JUnit, SARIF and annotations from one list of findings, and metrics for Prometheus. They may
 * not judge, nor know which system reads them.
 */

import type { DriftReport, FeatureDrift } from '../../drift/model.ts';
import { type Anomaly, isUnchecked, type ValidationReport } from '../../schema/anomaly.ts';
import { brief, neutral } from '../../wording/neutral.ts';
import { magnitude } from '../../wording/numbers.ts';
import type { RenderOptions } from '../format.ts';
import {
  examplePlace,
  featureTitle,
  type Grade,
  gradeOf,
  spoken,
  validationGrade,
  validationSummary,
} from '../phrases.ts';

/** One thing that a CI system can show on its own: a test case, an alert, an annotation. All text is neutral. */
export interface CiFinding {
  /** Stable: the anomaly's kind, or `FEATURE_DRIFT`, `FEATURE_ADDED`, `FEATURE_REMOVED`, `DATASET_UNCHECKED`, `DATASET_ORIGIN`. */
  readonly rule: string;
  readonly grade: Grade;
  readonly feature: string;
  readonly message: string;
  readonly details: readonly string[];
  /** Set where it tells of a check that could not be made. */
  readonly isUnchecked?: true;
}

/** The common part of JUnit, SARIF and GitHub annotations: a check of one file with findings, the gravest first. */
export interface CiFindings {
  /** `dataset`: that the dataset could not be checked, comes from elsewhere, or was removed or renamed. */
  readonly check: 'drift' | 'schema' | 'dataset';
  readonly subject: string;
  readonly file: string;
  readonly summary: string;
  readonly grade: Grade;
  readonly findings: readonly CiFinding[];
}

export function driftFindings(report: DriftReport, options: Pick<RenderOptions, 'file'>): CiFindings {
  const oneSided = (rule: string, grade: Grade, side: string) => (feature: DriftReport['added'][number]) => ({
    rule,
    grade,
    feature: featureTitle(feature),
    message: `${featureTitle(feature)} (${neutral(feature.type)}) is only in ${neutral(side)}`,
    details: [],
  });
  return {
    check: 'drift',
    subject: neutral(report.after.name),
    file: neutral(options.file ?? withoutRevision(report.after.name)),
    summary: neutral(report.summary),
    grade: gradeOf(report.verdict),
    findings: [
      ...report.features.map(driftFinding),
      ...report.added.map(oneSided('FEATURE_ADDED', 'warn', report.after.name)),
      ...report.removed.map(oneSided('FEATURE_REMOVED', 'bad', report.before.name)),
    ],
  };
}

function driftFinding(drift: FeatureDrift): CiFinding {
  const reason = drift.reasons.length > 0 ? `: ${drift.reasons.join('; ')}` : '';
  return {
    rule: 'FEATURE_DRIFT',
    grade: gradeOf(drift.verdict),
    feature: featureTitle(drift),
    message: brief(`${featureTitle(drift)} (strength ${magnitude(drift.strength)})${reason}`, 1000),
    details: spoken(drift).map((measure) => {
      const threshold = measure.threshold === undefined ? '' : `, threshold ${magnitude(measure.threshold)}`;
      return neutral(`${measure.name} ${magnitude(measure.value)}${threshold}`);
    }),
  };
}

export function validationFindings(
  report: ValidationReport,
  options: Pick<RenderOptions, 'file'>,
): CiFindings {
  return {
    check: 'schema',
    subject: neutral(report.dataset.name),
    file: neutral(options.file ?? withoutRevision(report.dataset.name)),
    summary: validationSummary(report),
    grade: validationGrade(report),
    findings: report.anomalies.map(anomalyFinding),
  };
}

function anomalyFinding(anomaly: Anomaly): CiFinding {
  return {
    rule: neutral(anomaly.kind),
    grade: gradeOf(anomaly.severity),
    feature: featureTitle(anomaly),
    message: brief(`${featureTitle(anomaly)}: ${anomaly.short}. ${anomaly.description}`, 1000),
    details: [
      brief(`expected: ${anomaly.expected}`, 400),
      brief(`observed: ${anomaly.observed}`, 400),
      ...(anomaly.examples ?? []).map((example) => `${examplePlace(example)}: ${brief(example.value, 200)}`),
    ],
    ...(isUnchecked(anomaly) && { isUnchecked: true }),
  };
}

/** `data/x.csv@HEAD~1` → `data/x.csv`. A revision is what follows the last `@`. */
export function withoutRevision(name: string): string {
  const at = name.lastIndexOf('@');
  return at > 0 ? name.slice(0, at) : name;
}
