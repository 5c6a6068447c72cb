import { posix, resolve } from 'node:path';
import {
  type DatabaseAddress,
  isDatabaseUrl,
  parseDatabaseUrl,
  parseTableUrl,
} from '../../database/address.ts';
import type { DriftReport } from '../../drift/model.ts';
import { isKafkaUrl, parseKafkaUrl } from '../../kafka/address.ts';
import {
  type LineageDataset,
  type LineageName,
  lineageName,
  madeDataset,
  plainDataset,
  readDataset,
  sentDataset,
} from '../../report/standards/openlineage.ts';
import {
  driftAssertions,
  type LineageAssertion,
  validationAssertions,
} from '../../report/standards/openlineage-assertions.ts';
import type { ValidationReport } from '../../schema/anomaly.ts';
import type { AddResult, TransferResult } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { Context } from '../context/context.ts';
import { nameDataset } from '../datasets/resolve.ts';
import { describeVersion } from '../describe.ts';
import type { RunDatasets } from './run.ts';

/** Where rows that were added were read from. */
export interface AddOrigin {
  /** Of a database or a topic. */
  readonly url: string;
  /** Of a database; undefined where a query named the rows. */
  readonly table?: string | undefined;
}

/** What an add made. @param origin what it was read from, if that is a table of a database or a topic */
export async function addedDatasets(
  context: Context,
  { datasets }: AddResult,
  origin?: AddOrigin,
): Promise<RunDatasets> {
  const outputs: LineageDataset[] = [];
  for (const { path, change } of datasets) {
    const version = await context.backend.version(path, undefined);
    if (version === undefined) continue;
    const did = { new: 'CREATE', changed: 'OVERWRITE', unchanged: undefined } as const;
    outputs.push(madeDataset(await facts(context, version), context.repository.root, did[change]));
  }
  const name = origin && originName(origin);
  return name === undefined ? { outputs } : { inputs: [plainDataset(name)], outputs };
}

/** By OpenLineage's naming. @returns undefined for rows of a query, which are of no table by name */
export function originName({ url, table }: AddOrigin): LineageName | undefined {
  if (isKafkaUrl(url)) {
    const { brokers, topic } = parseKafkaUrl(url);
    return { namespace: `kafka://${brokers[0]}`, name: topic };
  }
  return table === undefined ? undefined : tableName(parseDatabaseUrl(url), table);
}

/** By OpenLineage's naming of MySQL and PostgreSQL. @param table undefined for the whole database */
function tableName(
  { kind, host = 'localhost', port, database }: DatabaseAddress,
  table: string | undefined,
): LineageName {
  const isMysql = kind === 'mysql';
  const namespace = `${isMysql ? 'mysql' : 'postgres'}://${host}:${port ?? (isMysql ? 3306 : 5432)}`;
  if (table === undefined) return { namespace, name: database };
  return { namespace, name: `${database}.${isMysql || table.includes('.') ? table : `public.${table}`}` };
}

/** What a push read here and made there: the versions of the working tree. */
export async function pushedDatasets(
  context: Context,
  paths: readonly string[],
  { remote }: TransferResult,
): Promise<RunDatasets> {
  const { root } = context.repository;
  const inputs: LineageDataset[] = [];
  const outputs: LineageDataset[] = [];
  for (const version of (await context.backend.select(paths)).versions) {
    const description = await facts(context, version);
    inputs.push(readDataset(description, root));
    const url = description.remotes.find(({ name }) => name === remote?.name)?.url;
    if (url !== undefined) outputs.push(sentDataset(description, root, url));
  }
  return { inputs, outputs };
}

/** What a validation read, and found. @param name as it was typed */
export async function validatedDatasets(
  cwd: string,
  context: Context | undefined,
  name: string,
  report: ValidationReport,
): Promise<RunDatasets> {
  return { inputs: [await datasetRead(cwd, context, name, validationAssertions(report))] };
}

/** What a comparison read, and found of the dataset after. @param names as they were typed */
export async function comparedDatasets(
  cwd: string,
  context: Context | undefined,
  [before, after]: readonly [string, string],
  report: DriftReport,
): Promise<RunDatasets> {
  return {
    inputs: [
      await datasetRead(cwd, context, before, []),
      await datasetRead(cwd, context, after, driftAssertions(report)),
    ],
  };
}

/** A dataset that was checked, as CheckedDataset has it. */
interface Checked {
  readonly path: string;
  readonly validation: ValidationReport | undefined;
  readonly drift: DriftReport | undefined;
}

/** What a check read, and found: the datasets that are still there. */
export async function checkedDatasets(
  context: Context,
  { datasets }: { readonly datasets: readonly Checked[] },
): Promise<RunDatasets> {
  const inputs: LineageDataset[] = [];
  for (const { path, validation, drift } of datasets) {
    const version = await context.backend.version(path, undefined).catch(() => undefined);
    if (version === undefined) continue;
    const found = [
      ...(validation ? validationAssertions(validation) : []),
      ...(drift ? driftAssertions(drift) : []),
    ];
    inputs.push(readDataset(await facts(context, version), context.repository.root, found));
  }
  return { inputs };
}

async function datasetRead(
  cwd: string,
  context: Context | undefined,
  name: string,
  found: readonly LineageAssertion[],
): Promise<LineageDataset> {
  if (isDatabaseUrl(name)) return plainDataset(placeInDatabase(name), found);
  const { version, part } = await nameDataset(cwd, name);
  if (context !== undefined && version !== undefined && part === undefined)
    return readDataset(await facts(context, version), context.repository.root, found);
  const place = resolve(cwd, version === undefined ? name : context!.repository.root);
  return plainDataset(lineageName(version ? posix.join(place, version.path, part!.path) : place), found);
}

/** The table that a URL names, or the whole database where it names a query. */
function placeInDatabase(url: string): LineageName {
  const { address, wanted } = parseTableUrl(url);
  return tableName(address, wanted.table);
}

/** Of statistics that the work itself had at hand: nothing is fetched for this. */
function facts(context: Context, version: DatasetVersion) {
  return describeVersion({ ...context, offline: true, onWarning: undefined }, version);
}
