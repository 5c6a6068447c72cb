import { VarveError } from '../errors.ts';
import type { FeatureProfile, Profile, TableProfile } from '../profile/model.ts';
import { countRows, filesTable } from '../profile/read.ts';
import type { Anomaly, ValidationReport } from './anomaly.ts';
import { schemaFaults } from './faults.ts';
import { featureName, featuresByName } from './feature-name.ts';
import type { FeatureSchema, Schema, TableSchema } from './model.ts';
import type { RowAnswer, RowChecker } from './row-checker.ts';
import { columnSql } from './row-checker.ts';
import { checkFeature } from './rules/all.ts';
import { missingFeature, missingTable, newFeature, newTable, noValues } from './rules/columns.ts';
import { type Control, compare } from './rules/comparators.ts';
import { expectations } from './rules/expectations.ts';
import { keyFindings } from './rules/keys.ts';
import { isInEnvironment, isRequired } from './rules/presence.ts';
import { rowCount } from './rules/row-count.ts';
import type { Finding } from './rules/rule.ts';
import { number, percent, plural } from './words.ts';

export interface ValidateOptions {
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
}

/**
 * Holds a profile against a schema. The report is valid while no anomaly is an error. Reads no data but through
 * `options.rows`; without it, what only rows can tell is a STATS_NOT_AVAILABLE warning.
 * @throws VarveError `unknown-environment` where the schema never names `options.environment`
 */
export async function validate(
  profile: Profile,
  schema: Schema,
  options: ValidateOptions,
): Promise<ValidationReport> {
  checkEnvironment(schema, options.environment);
  const run: Run = { schema, options };
  const anomalies: Anomaly[] = schemaFaults(schema).map(({ table, feature, kind, message }) => ({
    ...{ table, feature, kind, severity: 'error', short: 'The schema contradicts itself' },
    ...{
      description: `In the schema: ${message}.`,
      expected: 'a schema that holds together',
      observed: message,
    },
  }));
  for (const table of schema.tables) {
    const data = profile.tables.find((each) => each.name === table.name);
    anomalies.push(
      ...(data === undefined
        ? missingTable(run.schema, table, options.environment)
        : await checkTable(run, table, data)),
    );
  }
  const known = new Set([filesTable, ...schema.tables.map((table) => table.name)]);
  anomalies.push(...profile.tables.filter((table) => !known.has(table.name)).map(newTable));
  const { name, digest, schemaName, environment } = options;
  return {
    varveValidation: 1,
    dataset: { name, ...(digest !== undefined && { digest }), rows: countRows(profile) },
    schema: schemaName,
    ...(environment !== undefined && { environment }),
    valid: anomalies.every((anomaly) => anomaly.severity !== 'error'),
    anomalies,
  };
}

interface Run {
  readonly schema: Schema;
  readonly options: ValidateOptions;
}

function checkEnvironment(schema: Schema, environment: string | undefined): void {
  if (environment === undefined) return;
  const named = new Set([
    ...schema.environments,
    ...schema.tables.flatMap((table) => table.features.flatMap((each) => [...each.in, ...each.notIn])),
  ]);
  if (named.has(environment)) return;
  throw new VarveError(
    'unknown-environment',
    `The schema names no environment ${JSON.stringify(environment)}.`,
    {
      remedy:
        named.size === 0
          ? 'List it under `environments` in the schema.'
          : `Use one of ${[...named].join(', ')}, or list it under \`environments\` in the schema.`,
    },
  );
}

async function checkTable(run: Run, table: TableSchema, data: TableProfile): Promise<Anomaly[]> {
  const previous = run.options.previous?.tables.find((each) => each.name === table.name);
  const dataset = rowCount(table, data, previous);
  const reports: Promise<Anomaly[]>[] = [reported(run, data, undefined, dataset)];
  if (data.rows > 0) {
    const byName = featuresByName(data, table);
    for (const feature of table.features)
      reports.push(checkOne(run, table, data, feature, byName.get(feature.name)));
    const schemaNames = new Set(table.features.map((each) => each.name));
    const added = [...byName].filter(([name]) => !schemaNames.has(name));
    reports.push(...added.map(([, each]) => reported(run, data, each, [newFeature(each)])));
    reports.push(
      reported(run, data, undefined, [...keyFindings(table, byName), ...expectations(table.expect)]),
    );
  }
  const anomalies: Anomaly[] = [];
  for (const report of reports) anomalies.push(...(await report));
  return anomalies;
}

function checkOne(
  run: Run,
  table: TableSchema,
  data: TableProfile,
  feature: FeatureSchema,
  profile: FeatureProfile | undefined,
): Promise<Anomaly[]> {
  const { schema, options } = run;
  if (
    feature.deprecated === true ||
    schemaFaults({ ...schema, tables: [{ ...table, features: [feature] }] }).length > 0
  )
    return Promise.resolve([]);
  if (profile === undefined || profile.present === 0) {
    const required = isRequired(schema, feature, options.environment);
    const absent = profile === undefined ? missingFeature(feature) : noValues(data.rows);
    return required ? reported(run, data, feature.name, [absent]) : Promise.resolve([]);
  }
  const outside = isInEnvironment(schema, feature, options.environment)
    ? []
    : [newFeature(profile, options.environment)];
  const compared = controls(run, table.name, featureName(profile.path)).flatMap((control) =>
    compare(feature, profile, control),
  );
  const found = [
    ...outside,
    ...checkFeature({ schema, table: data, feature, profile }),
    ...compared,
    ...expectations(feature.expect, columnSql(profile.path)),
  ];
  return reported(run, data, profile, found);
}

function controls({ options }: Run, table: string, name: string): Control[] {
  const within = (other: Profile | undefined, role: Control['role']): Control[] => {
    const features = other?.tables.find((each) => each.name === table)?.features;
    return other === undefined
      ? []
      : [{ role, profile: features?.find((each) => featureName(each.path) === name) }];
  };
  return [...within(options.previous, 'drift'), ...within(options.serving, 'skew')];
}

/** Turns findings into anomalies: asks the rows where the profile cannot tell, and for examples. */
async function reported(
  run: Run,
  table: TableProfile,
  feature: FeatureProfile | string | undefined,
  findings: readonly Finding[],
): Promise<Anomaly[]> {
  const name = feature === undefined ? '' : typeof feature === 'string' ? feature : featureName(feature.path);
  const column = typeof feature === 'object' ? columnSql(feature.path) : undefined;
  const anomalies: Anomaly[] = [];
  for (const finding of findings) {
    const answer = await ask(run.options.rows, table.name, finding, column);
    const settled = settle(finding, answer);
    if (settled === undefined) continue;
    const { kind, severity = 'error', short, description, expected, observed } = settled;
    const examples = answer !== undefined && answer.examples.length > 0 ? { examples: answer.examples } : {};
    anomalies.push({
      table: table.name,
      feature: name,
      kind,
      severity,
      short,
      description,
      expected,
      observed,
      ...examples,
    });
  }
  return anomalies;
}

function ask(
  rows: RowChecker | undefined,
  table: string,
  finding: Finding,
  column: string | undefined,
): Promise<RowAnswer | undefined> {
  if (rows === undefined || finding.failing === undefined) return Promise.resolve(undefined);
  const value = finding.shown ?? column;
  return rows.check({ table, failing: finding.failing, ...(value !== undefined && { value }) });
}

/** The finding as it is reported, or undefined where the rows say that nothing is wrong. */
function settle(finding: Finding, answer: RowAnswer | undefined): Finding | undefined {
  if (finding.undecided === undefined) return finding;
  if (answer === undefined)
    return {
      kind: 'STATS_NOT_AVAILABLE',
      severity: 'warning',
      short: 'Not checked without the data',
      description: `Whether every row is ${finding.expected.startsWith('one of') ? '' : 'as expected: '}${finding.expected} was not checked: ${finding.undecided}, and the data is not at hand.`,
      expected: finding.expected,
      observed: 'not known',
    };
  if (answer.failing === 0 || answer.failing / answer.rows <= (finding.allowed ?? 0)) return undefined;
  const share = `${plural(answer.failing, 'row')} of ${number(answer.rows)} (${percent(answer.failing / answer.rows)})`;
  return { ...finding, description: `${finding.short}: ${share}.`, observed: share };
}
