/**
 * Holds a profile against a schema and reports every anomaly. Knows profiles and schemas; asks a RowChecker for rows and
 * knows no engine.
 */

import { VarveError } from '../errors.ts';
import { featureName } from '../profile/model/feature-name.ts';
import type { FeatureProfile, Profile, TableProfile } from '../profile/model/model.ts';
import { countRows, FILES_TABLE, isTabularProfile } from '../profile/model/tables.ts';
import { counted, grouped, percent } from '../wording/numbers.ts';
import { type Anomaly, isUnchecked, NOT_CHECKED, type ValidationReport } from './anomaly.ts';
import { featuresByName } from './features-by-name.ts';
import { schemaFaults } from './format/faults.ts';
import type { FeatureSchema, Schema, TableSchema } from './model.ts';
import type { RowAnswer, RowChecker, RowQuery, Unanswered } from './row-checker.ts';
import { columnSql } from './row-checker.ts';
import { checkFeature } from './rules/all.ts';
import { missingFeature, missingTable, newFeature, newTable, noValues } from './rules/columns.ts';
import { type Control, compare } from './rules/comparators.ts';
import { expectations } from './rules/expectations.ts';
import { keyFindings } from './rules/keys.ts';
import { isInEnvironment, isRequired } from './rules/presence.ts';
import { rowCount } from './rules/row-count.ts';
import type { Violation } from './rules/rule.ts';

export interface ProfileValidationOptions {
  /** The dataset as the person named it, and its digest where it has one. */
  readonly name: string;
  readonly digest?: string;
  /** The path of the schema. */
  readonly schemaName: string;
  readonly environment?: string;
  /** The version before this one, for `drift` comparators and `growth`. */
  readonly previous?: Profile;
  /** What is served, for `skew` comparators. */
  readonly serving?: Profile;
  /** Where the data is at hand. */
  readonly rows?: RowChecker;
  /** Whether a check that could not be made is as grave as one that failed, rather than a warning. Default false. */
  readonly strict?: boolean;
}

/**
 * Holds a profile against a schema. The report is valid while no anomaly is an error. Reads no data but through
 * `options.rows`; without it, what only rows can tell is a STATS_NOT_AVAILABLE warning, or an error if `options.strict`.
 * @throws VarveError `environment-unknown` if the schema never names `options.environment`
 */
export async function validateProfile(
  profile: Profile,
  schema: Schema,
  options: ProfileValidationOptions,
): Promise<ValidationReport> {
  checkEnvironment(schema, options.environment);
  const anomalies: Anomaly[] = schemaFaults(schema).map(({ table, feature, kind, message }) => ({
    ...{ table, feature, kind, severity: 'error', short: 'The schema contradicts itself' },
    ...{
      description: `In the schema: ${message}.`,
      expected: 'a schema that holds together',
      observed: message,
    },
  }));
  for (const found of findingsIn(profile, schema, options))
    anomalies.push(...('anomaly' in found ? [found.anomaly] : await reported(options, found)));
  const { name, digest, schemaName, environment } = options;
  const unchecked = anomalies.filter(isUnchecked).length;
  return {
    varveValidation: 1,
    dataset: { name, ...(digest !== undefined && { digest }), ...countedRows(profile) },
    schema: schemaName,
    ...(environment !== undefined && { environment }),
    valid: anomalies.every((anomaly) => anomaly.severity !== 'error'),
    ...(unchecked > 0 && { unchecked }),
    anomalies,
  };
}

/** What validateProfile will ask of rows, so that all of it can be asked at once. As validateProfile, it reads no data. */
export function rowQueries(
  profile: Profile,
  schema: Schema,
  options: ProfileValidationOptions,
): readonly RowQuery[] {
  return findingsIn(profile, schema, options).flatMap((found) =>
    'anomaly' in found ? [] : found.found.flatMap((finding) => queryFor(found, finding) ?? []),
  );
}

/** What a profile says against a schema, in the order of the report: anomalies, and findings that may take rows to become some. */
function findingsIn(
  profile: Profile,
  schema: Schema,
  options: ProfileValidationOptions,
): (TableFindings | { readonly anomaly: Anomaly })[] {
  const run: Run = { schema, options };
  const findings = schema.tables.flatMap((table): (TableFindings | { readonly anomaly: Anomaly })[] => {
    const data = profile.tables.find((each) => each.name === table.name);
    if (data === undefined)
      return missingTable(schema, table, options.environment).map((anomaly) => ({ anomaly }));
    return checkTable(run, table, data).map((each) => ({ ...each, table: table.name }));
  });
  const known = new Set([FILES_TABLE, ...schema.tables.map((table) => table.name)]);
  // A table without columns is one that no schema has words for.
  const isNew = ({ name, features }: TableProfile) => !known.has(name) && features.length > 0;
  return [...findings, ...profile.tables.filter(isNew).map((table) => ({ anomaly: newTable(table) }))];
}

/** Counts the rows of data; files if nothing is tabular. */
function countedRows(profile: Profile): Pick<ValidationReport['dataset'], 'rows' | 'unit'> {
  const [only] = profile.tables;
  if (isTabularProfile(profile) || only === undefined) return { rows: countRows(profile) };
  return { rows: only.rows, unit: 'files' };
}

interface Run {
  readonly schema: Schema;
  readonly options: ProfileValidationOptions;
}

/** @throws VarveError `environment-unknown` if the schema never names it */
export function checkEnvironment(schema: Schema, environment: string | undefined): void {
  if (environment === undefined) return;
  const named = new Set([
    ...schema.environments,
    ...schema.tables.flatMap((table) => table.features.flatMap((each) => [...each.in, ...each.notIn])),
  ]);
  if (named.has(environment)) return;
  throw new VarveError(
    'environment-unknown',
    `The schema names no environment ${JSON.stringify(environment)}.`,
    {
      remedy:
        named.size === 0
          ? 'List it under `environments` in the schema.'
          : `Use one of ${[...named].join(', ')}, or list it under \`environments\` in the schema.`,
    },
  );
}

/** Findings about one feature of the data, about one that is not there (by its name), or about the table. */
interface Findings {
  readonly about: FeatureProfile | string | undefined;
  readonly found: readonly Violation[];
  /** Columns that the data lacks, and may by its schema. */
  readonly optional?: readonly string[];
}

interface TableFindings extends Findings {
  readonly table: string;
}

function checkTable(run: Run, table: TableSchema, data: TableProfile): Findings[] {
  const previous = run.options.previous?.tables.find((each) => each.name === table.name);
  const all: Findings[] = [{ about: undefined, found: rowCount(table, data, previous) }];
  if (data.rows > 0) {
    const byName = featuresByName(data, table);
    const schemaNames = new Set(table.features.map((each) => each.name));
    const added = [...byName].filter(([name]) => !schemaNames.has(name));
    const columns = columnsOf(data);
    const optional = absentByRight(run, table, byName);
    const rows = [...keyFindings(table, byName), ...expectations(table.expect, columns)];
    const others = controls(run.options, table.name);
    const checked: CheckedTable = { ...run, table, data, columns, others };
    all.push(
      ...table.features.map((feature) => checkOne(checked, feature, byName.get(feature.name))),
      ...added.map(([, about]) => ({ about, found: [newFeature(about)] })),
      { about: undefined, found: rows },
    );
    return all.map((each) => ({ ...each, optional }));
  }
  return all;
}

/** The columns that the data lacks, and may by its schema. */
function absentByRight(
  { schema, options }: Run,
  { features }: TableSchema,
  byName: ReadonlyMap<string, FeatureProfile>,
): readonly string[] {
  const absent = features.filter(({ name }) => !byName.has(name));
  return absent.filter((each) => !isRequired(schema, each, options.environment)).map(({ name }) => name);
}

/** What all features of a table share. */
interface CheckedTable extends Run {
  readonly table: TableSchema;
  readonly data: TableProfile;
  readonly columns: readonly string[];
  /** What its features are compared with. */
  readonly others: readonly ControlTable[];
}

function checkOne(
  { schema, options, table, data, columns, others }: CheckedTable,
  feature: FeatureSchema,
  profile: FeatureProfile | undefined,
): Findings {
  const alone = { ...schema, tables: [{ ...table, features: [feature] }] };
  if (feature.deprecated === true || schemaFaults(alone).length > 0) return { about: profile, found: [] };
  if (profile === undefined || profile.present === 0) {
    const required = isRequired(schema, feature, options.environment);
    const absent = profile === undefined ? missingFeature(feature) : noValues(data.rows);
    return { about: feature.name, found: required ? [absent] : [] };
  }
  const here = isInEnvironment(schema, feature, options.environment);
  const compared = others.flatMap(({ role, byName }) =>
    compare(feature, profile, { role, profile: byName.get(featureName(profile.path)) }),
  );
  const found = [
    ...(here ? [] : [newFeature(profile, options.environment)]),
    ...checkFeature({ schema, table: data, feature, profile }),
    ...compared,
    ...expectations(feature.expect, columns),
  ];
  return { about: profile, found };
}

function columnsOf(table: TableProfile): string[] {
  return [...new Set(table.features.map(({ path }) => path[0] as string))];
}

/** The features of a table of another profile, by their names. */
interface ControlTable extends Pick<Control, 'role'> {
  readonly byName: ReadonlyMap<string, FeatureProfile>;
}

function controls({ previous, serving }: ProfileValidationOptions, name: string): ControlTable[] {
  const within = (other: Profile | undefined, role: Control['role']): ControlTable[] => {
    if (other === undefined) return [];
    const features = other.tables.find((each) => each.name === name)?.features ?? [];
    return [{ role, byName: new Map(features.map((each) => [featureName(each.path), each])) }];
  };
  return [...within(previous, 'drift'), ...within(serving, 'skew')];
}

/** Turns findings into anomalies: asks the rows where the profile cannot tell, and for examples. */
async function reported(
  { rows, strict = false }: Pick<ProfileValidationOptions, 'rows' | 'strict'>,
  findings: TableFindings,
): Promise<Anomaly[]> {
  const { table, about, found, optional = [] } = findings;
  const name = typeof about === 'object' ? featureName(about.path) : (about ?? '');
  const anomalies: Anomaly[] = [];
  for (const finding of found) {
    const query = queryFor(findings, finding);
    const answer = query && (await rows?.check(query));
    const settled = settle(finding, answer ?? NO_ROWS, strict, optional);
    if (settled === undefined) continue;
    const { kind, severity = 'error', short, description, expected, observed } = settled;
    const { examples = [] } = answer === undefined || 'unanswered' in answer ? {} : answer;
    anomalies.push({
      table,
      feature: name,
      kind,
      severity,
      short,
      description,
      expected,
      observed,
      ...(examples.length > 0 && { examples }),
    });
  }
  return anomalies;
}

/** What a finding asks of rows, if anything. */
function queryFor(
  { table, about }: TableFindings,
  { failing, repeated, shown }: Violation,
): RowQuery | undefined {
  if (failing === undefined) return undefined;
  const column = typeof about === 'object' ? columnSql(about.path) : undefined;
  const value = shown ?? column ?? 'NULL';
  return {
    table,
    failing,
    value: table === FILES_TABLE ? ofFile(value) : value,
    ...(repeated && { repeated }),
  };
}

/** A row of the table of files is known by its path. */
function ofFile(value: string): string {
  return `concat("path", ': ', coalesce(CAST(${value} AS VARCHAR), 'null'))`;
}

/** Completes a finding as it is reported; undefined if the rows say that nothing is wrong. */
function settle(
  finding: Violation,
  answer: RowAnswer | Unanswered,
  strict: boolean,
  optional: readonly string[],
): Violation | undefined {
  if (finding.undecided === undefined) return finding;
  if ('unanswered' in answer)
    return answer.lacksColumn === undefined
      ? notChecked(finding, answer, strict)
      : notAsked(finding, answer, isNamed(answer.lacksColumn, optional));
  if (answer.failing === 0 || answer.failing / answer.rows <= (finding.allowed ?? 0)) return undefined;
  const share = `${counted(answer.failing, 'row')} of ${grouped(answer.rows)} (${percent(answer.failing / answer.rows)})`;
  return { ...finding, description: `${finding.short}: ${share}.`, observed: share };
}

const NO_ROWS: Unanswered = { unanswered: 'the data is not at hand' };

/** Names are told apart as SQL tells them. */
function isNamed(column: string, names: readonly string[]): boolean {
  return names.some((name) => name.toLowerCase() === column.toLowerCase());
}

/** What names a column that is not there can be asked of no rows. It is no fault where the schema lets the column be absent. */
function notAsked(
  { severity = 'error', expected }: Violation,
  { unanswered, remedy }: Unanswered,
  isOptional: boolean,
): Violation {
  const why = `Not checked: ${expected}. ${unanswered}.`;
  return {
    kind: NOT_CHECKED,
    severity: isOptional ? 'warning' : severity,
    short: 'Not checked without the column',
    description: isOptional ? `${why} The schema lets the data be without it.` : `${why} ${remedy}`,
    expected,
    observed: 'a column that is not there',
  };
}

/** @param strict whether it is as grave as what it would have found */
function notChecked(
  { severity = 'error', expected, undecided }: Violation,
  { unanswered, remedy }: Unanswered,
  strict: boolean,
): Violation {
  const why = `Not checked: ${expected}. The profile cannot tell, since ${undecided}, and ${unanswered}.`;
  return {
    kind: NOT_CHECKED,
    severity: strict ? severity : 'warning',
    short: 'Not checked without the data',
    description: remedy === undefined ? why : `${why} ${remedy}`,
    expected,
    observed: 'not known',
  };
}
