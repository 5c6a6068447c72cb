import type { FeatureDrift, Measure, Side, Verdict } from '../drift/model.ts';
import type { FooterStatistics, FooterTable } from '../profile/footers/model.ts';
import { textDigest } from '../profile/hashing/hash.ts';
import type { Profile, TableProfile } from '../profile/model/model.ts';
import { FILES_TABLE } from '../profile/model/tables.ts';
import { type Anomaly, type ExampleRow, isUnchecked, type ValidationReport } from '../schema/anomaly.ts';
import { abridged } from '../wording/abridged.ts';
import { byWhom } from '../wording/known-by.ts';
import { brief, neutral } from '../wording/neutral.ts';
import { count, counted } from '../wording/numbers.ts';

/** Longer names are cut: as long ones that differ only at their ends are seldom. */
const MAX_TITLE = 300;

/** A feature as people write it, its table first if there is one: `trips: fare`. Neutral, at most 300 code points. */
export function featureTitle(of: { readonly table: string; readonly feature: string }): string {
  const name = of.feature === '' ? 'whole dataset' : of.feature;
  return brief(of.table === '' ? name : `${of.table}: ${name}`, MAX_TITLE);
}

/** The answer in one line: `train.csv: 2 errors and 1 warning against train.csv.schema.yaml`. Neutral. */
export function validationSummary(report: ValidationReport): string {
  const environment = report.environment === undefined ? '' : ` (environment ${report.environment})`;
  return neutral(
    `${report.dataset.name}: ${anomalyCount(report.anomalies)} against ${report.schema}${environment}, ${sideSize(report.dataset)}`,
  );
}

/** Where an example lies: `row 17`, or `2013/05.csv row 17` of a table of several files. Neutral. */
export function examplePlace({ row, file, fileRow }: ExampleRow): string {
  return file === undefined || fileRow === undefined
    ? `row ${count(row)}`
    : `${brief(file, 300)} row ${count(fileRow)}`;
}

/** `2 errors and 1 warning`; `no anomalies`; `1 error, and 2 checks not made`, which nobody shall take for checks that passed. */
export function anomalyCount(anomalies: readonly Anomaly[]): string {
  const made = anomalies.filter((anomaly) => !isUnchecked(anomaly));
  const errors = made.filter((anomaly) => anomaly.severity === 'error').length;
  const warnings = made.length - errors;
  const parts = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  const found = parts.join(' and ') || 'no anomalies';
  const unchecked = anomalies.length - made.length;
  return unchecked === 0 ? found : `${found}, and ${counted(unchecked, 'check')} not made`;
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

/** Says in one line what footers are of: `trips: 4,120,000 rows in 12 files, 9 columns, by footers`. Neutral. */
export function footersSummary({ by, tables }: FooterStatistics, name: string | undefined): string {
  const sum = (of: (table: FooterTable) => number): number =>
    tables.reduce((all, table) => all + of(table), 0);
  const parts = [
    ...(tables.length > 1 ? [counted(tables.length, 'table')] : []),
    `${counted(
      sum(({ rows }) => rows),
      'row',
    )} in ${counted(
      sum(({ files }) => files),
      'file',
    )}`,
    counted(
      sum(({ columns }) => columns.length),
      'column',
    ),
  ];
  return neutral(`${name === undefined ? '' : `${name}: `}${parts.join(', ')},${byWhom(by ?? 'footers')}`);
}

/** What statistics from footers, or from a table, are, for those who meet them first. */
export function footersMeaning({ by }: FooterStatistics): string {
  const [from, cut] =
    by === 'table'
      ? [
          'From the log or the manifests of the table alone: nobody has opened the files',
          'Texts and times at',
        ]
      : ['From the footers of the files alone: nobody has read the rows', 'Texts between'];
  return `${from}. ${cut} the bounds may be cut, and NaN lies outside of them. Which values there are, how often, and how they are distributed is not known: \`varve add … --statistics full\` reads every row.`;
}

/** A table's heading: `rows` of a single table have no name of their own. */
export function tableTitle(table: TableProfile): string {
  const name = table.name === FILES_TABLE ? 'files' : table.name || 'rows';
  const slice = table.slice === undefined ? '' : ` where ${table.slice.feature} = ${table.slice.value}`;
  return brief(name + slice, 200);
}

/** `336,776 rows`; of the table of files, `1,015 files`. */
export function tableSize({ name, rows }: TableProfile): string {
  return counted(rows, name === FILES_TABLE ? 'file' : 'row');
}

/** `20,000 rows`; `1,015 files` of a dataset without tables. */
export function sideSize({ rows, unit }: Pick<Side, 'rows' | 'unit'>): string {
  return counted(rows, unit === 'files' ? 'file' : 'row');
}

/** From these strengths on, drift is called so. */
const STRONG = 2;
const VERY_STRONG = 5;

type Judged = Pick<FeatureDrift, 'verdict' | 'strength'>;

/** Whether a change is far over the threshold and a warning all the same: clocks and keys move on by themselves. */
export function movesByItself({ verdict, strength }: Judged): boolean {
  return verdict === 'warning' && strength >= 1;
}

/** A strength in a word, since a number alone says little. */
export function strengthWord(of: Judged): string {
  const { verdict, strength } = of;
  if (movesByItself(of)) return 'moves on by itself';
  if (verdict === 'warning') return 'slight';
  if (verdict === 'none') return strength === 0 ? 'no change' : 'within chance';
  return strength < STRONG ? 'clear' : strength < VERY_STRONG ? 'strong' : 'very strong';
}

/** The first reason; of what moves on by itself also why it is a warning at most. Raw: neutralise before showing. */
export function reasonOf(feature: Judged & Pick<FeatureDrift, 'reasons'>): string {
  const [first = ''] = feature.reasons;
  return movesByItself(feature) ? `moves on by itself, so no drift: ${first}` : first;
}

/** What a strength is, for those who meet it first. */
export const STRENGTH_MEANING =
  'Strength is the change divided by the threshold of drift: from 1 on it is drift, from 0.5 on a warning. What chance or the clock explains is never drift.';

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
