import type { FeatureDrift, Measure, Verdict } from '../drift/model.ts';
import { textDigest } from '../profile/hashing/hash.ts';
import type { Profile, TableProfile } from '../profile/model/model.ts';
import { FILES_TABLE } from '../profile/model/tables.ts';
import type { Anomaly, ValidationReport } from '../schema/anomaly.ts';
import { abridged } from '../wording/abridged.ts';
import { brief, neutral } from '../wording/neutral.ts';
import { counted } from '../wording/numbers.ts';

/** A feature as people write it, its table first if there is one: `trips: fare`. Neutral, at most 120 code points. */
export function featureTitle(of: { readonly table: string; readonly feature: string }): string {
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

/** The gravity of a finding, which every renderer's marks, colours and levels follow. */
export type Grade = 'bad' | 'warn' | 'good';

const VERDICT_GRADES: Readonly<Record<Verdict, Grade>> = { drift: 'bad', warning: 'warn', none: 'good' };

export function gradeOf(of: Verdict | Anomaly['severity']): Grade {
  return of === 'error' ? 'bad' : VERDICT_GRADES[of];
}

export function validationGrade(report: ValidationReport): Grade {
  if (!report.valid) return 'bad';
  return report.anomalies.length > 0 ? 'warn' : 'good';
}

/**
 * Says in one line what a profile is of: `flights.csv: 336,776 rows, 19 features`; the table of files counts no rows.
 * Neutral.
 */
export function profileSummary(profile: Profile, name: string | undefined): string {
  const data = profile.tables.filter((table) => table.name !== FILES_TABLE);
  const files = profile.tables.find((table) => table.name === FILES_TABLE);
  const rows = data.reduce((sum, table) => sum + table.rows, 0);
  const features = data.reduce((sum, table) => sum + table.features.length, 0);
  const parts = [
    ...(data.length > 1 ? [counted(data.length, 'table')] : []),
    ...(data.length > 0 ? [counted(rows, 'row'), counted(features, 'feature')] : []),
    ...(files === undefined ? [] : [counted(files.rows, 'file')]),
  ];
  return neutral(`${name === undefined ? '' : `${name}: `}${parts.join(', ') || 'no tables'}`);
}

/** A table's heading: `rows` of a single table have no name of their own. */
export function tableTitle(table: TableProfile): string {
  const name = table.name === FILES_TABLE ? 'files' : table.name || 'rows';
  const slice = table.slice === undefined ? '' : ` where ${table.slice.feature} = ${table.slice.value}`;
  return brief(name + slice, 200);
}

/** The measures that speak of drift, or of nearly so; the others are for programs and for those who ask. */
export function spoken(feature: FeatureDrift): readonly Measure[] {
  return feature.measures.filter((measure) => measure.verdict !== 'none');
}

/** Says of a figure that is no count that it is an estimate. */
export function estimate(figure: string, isExact: boolean): string {
  return isExact ? figure : `≈${figure}`;
}

/** Values of one list, each as `brief` has it; those that would look alike are told apart by a digest of the whole. */
export function briefValues(values: readonly string[], limit: number): string[] {
  const shown = values.map((value) => brief(value, limit));
  const times = new Map<string, number>();
  for (const text of shown) times.set(text, (times.get(text) ?? 0) + 1);
  return shown.map((text, at) =>
    times.get(text) === 1
      ? text
      : brief(
          abridged(values[at]!, limit, () => textDigest(values[at]!)),
          limit,
        ),
  );
}
