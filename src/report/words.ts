import type { Verdict } from '../drift/model.ts';
import type { Anomaly, ValidationReport } from '../schema/anomaly.ts';
import { brief, neutral } from './neutral.ts';
import { counted } from './numbers.ts';

/** A feature as people write it, its table first where there is one: `trips: fare`. Neutral, at most 120 code points. */
export function featureName(of: { readonly table: string; readonly feature: string }): string {
  const name = of.feature === '' ? 'whole dataset' : of.feature;
  return brief(of.table === '' ? name : `${of.table}: ${name}`, 120);
}

/** The answer in one line: `train.csv: 2 errors and 1 warning against train.csv.schema.yaml`. Neutral. */
export function validationSummary(report: ValidationReport): string {
  const environment = report.environment === undefined ? '' : ` (environment ${report.environment})`;
  return neutral(
    `${report.dataset.name}: ${anomalyCount(report.anomalies)} against ${report.schema}${environment}, ${counted(report.dataset.rows, 'row')}`,
  );
}

/** `2 errors and 1 warning`; `no anomalies`. */
export function anomalyCount(anomalies: readonly Anomaly[]): string {
  const errors = anomalies.filter((anomaly) => anomaly.severity === 'error').length;
  const warnings = anomalies.length - errors;
  const parts = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  return parts.join(' and ') || 'no anomalies';
}

/** How bad a finding is, in the words that every renderer's marks, colours and levels follow. */
export type Grade = 'bad' | 'warn' | 'good';

const verdictGrades: Readonly<Record<Verdict, Grade>> = { drift: 'bad', warning: 'warn', none: 'good' };

export function gradeOf(of: Verdict | Anomaly['severity']): Grade {
  return of === 'error' ? 'bad' : verdictGrades[of];
}

export function validationGrade(report: ValidationReport): Grade {
  if (!report.valid) return 'bad';
  return report.anomalies.length > 0 ? 'warn' : 'good';
}
