import { posix } from 'node:path';
import type { DescribedFeature, DescribedTable, Description } from './description.ts';
import { fileFormatOf } from './file-formats.ts';
import type { LineageAssertion } from './openlineage-assertions.ts';

/** OpenLineage's name of a dataset: its "Naming Conventions", by where the data lies. */
export interface LineageName {
  readonly namespace: string;
  readonly name: string;
}

export interface LineageDataset extends LineageName {
  readonly facets: Readonly<Record<string, object>>;
  readonly inputFacets?: Readonly<Record<string, object>>;
  readonly outputFacets?: Readonly<Record<string, object>>;
}

/** Who tells this: a name for software, as no address holds for every copy of varve. */
const PRODUCER = 'urn:varve';
const SPEC = 'https://openlineage.io/spec';
const EVENT_SCHEMA = `${SPEC}/2-0-2/OpenLineage.json#/$defs`;

/** The versions of facets that this writes. */
const FACETS = {
  DatasetVersionDatasetFacet: '1-0-1',
  SchemaDatasetFacet: '1-2-0',
  DataQualityMetricsDatasetFacet: '1-0-0',
  DataQualityMetricsInputDatasetFacet: '1-0-3',
  DataQualityAssertionsDatasetFacet: '1-1-0',
  OutputStatisticsOutputDatasetFacet: '1-0-2',
  StorageDatasetFacet: '1-0-1',
  LifecycleStateChangeDatasetFacet: '1-0-1',
  SymlinksDatasetFacet: '1-0-1',
  DocumentationDatasetFacet: '1-1-0',
  ErrorMessageRunFacet: '1-0-1',
  JobTypeJobFacet: '2-0-4',
  ParentRunFacet: '1-2-0',
} as const;

function facet(kind: keyof typeof FACETS, facts: object): object {
  const schema = `${SPEC}/facets/${FACETS[kind]}/${kind}.json#/$defs/${kind}`;
  return { _producer: PRODUCER, _schemaURL: schema, ...facts };
}

/** The head of every event. @param time ISO 8601 */
function eventHead(kind: 'RunEvent' | 'DatasetEvent', time: string): object {
  return { eventTime: time, producer: PRODUCER, schemaURL: `${EVENT_SCHEMA}/${kind}` };
}

/**
 * The name of what lies at a place: `s3://bucket/a` is `a` of `s3://bucket`, a path is one of `file`, and one of another machine is of
 * `file://machine`.
 * @param place URL or absolute path, without credentials
 */
export function lineageName(place: string): LineageName {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)\/*(.*?)\/*$/i.exec(asS3(place));
  if (match === null) return { namespace: 'file', name: place };
  const [, scheme, authority, path] = match as unknown as [string, string, string, string];
  if (scheme === 'file') return { namespace: 'file', name: `/${path}` };
  if (scheme === 'ssh' || scheme === 'sftp')
    return { namespace: `file://${authority.replace(/^.*@|:\d+$/g, '')}`, name: `/${path}` };
  return { namespace: `${scheme}://${authority}`, name: path === '' ? '/' : path };
}

/**
 * Where the data of a version lies, as lineage names it: in its bucket if it stays there, else in the working tree.
 * @param root of the repository, absolute
 */
function nameOfVersion({ source, path }: Pick<Description, 'source' | 'path'>, root: string): LineageName {
  return lineageName(source ?? `${root}/${path}`);
}

/** What varve calls `minio://alias/bucket/a` is `s3://bucket/a` to all others, which know no alias. */
export function asS3(url: string): string {
  return url.replace(/^minio:\/\/[^/]+\//, 's3://');
}

/**
 * The name of a version at a remote, which stands for the packs that it lies in there.
 * @param url of the remote, without credentials; a path may be relative to the root
 */
function nameAtRemote({ path }: Pick<Description, 'path'>, url: string, root: string): LineageName {
  const base = /^[a-z][a-z0-9+.-]+:\/\//i.test(url) ? url : posix.resolve(root, url);
  return lineageName(`${base.replace(/\/+$/, '')}/${path}`);
}

/** A version as a dataset of OpenLineage, with the facets that its facts fill. */
function lineageDataset(description: Description, root: string): LineageDataset {
  const { meta, tables } = description;
  return {
    ...nameOfVersion(description, root),
    facets: {
      ...versionFacets(description),
      ...(tables && { dataQualityMetrics: facet('DataQualityMetricsDatasetFacet', metrics(description)) }),
      ...(meta.description && {
        documentation: facet('DocumentationDatasetFacet', { description: meta.description }),
      }),
    },
  };
}

function versionFacets({ path, kind, digest, tables }: Description): Record<string, object> {
  const format = kind === 'file' ? fileFormatOf(path) : undefined;
  return {
    version: facet('DatasetVersionDatasetFacet', { datasetVersion: digest }),
    storage: facet('StorageDatasetFacet', {
      storageLayer: 'varve',
      ...(format !== undefined && format !== path && { fileFormat: format }),
    }),
    ...(tables && { schema: facet('SchemaDatasetFacet', { fields: schemaFields(tables) }) }),
  };
}

/** A version that a run made. @param change what the run did to the dataset; undefined for nothing */
export function madeDataset(
  description: Description,
  root: string,
  change: 'CREATE' | 'OVERWRITE' | undefined,
): LineageDataset {
  const dataset = lineageDataset(description, root);
  const lifecycle = change && facet('LifecycleStateChangeDatasetFacet', { lifecycleStateChange: change });
  return {
    ...dataset,
    facets: { ...dataset.facets, ...(lifecycle && { lifecycleStateChange: lifecycle }) },
    outputFacets: { outputStatistics: outputStatistics(description) },
  };
}

/** A version that a run sent to a remote. @param url of the remote, without credentials */
export function sentDataset(description: Description, root: string, url: string): LineageDataset {
  return {
    ...nameAtRemote(description, url, root),
    facets: versionFacets(description),
    outputFacets: { outputStatistics: outputStatistics(description) },
  };
}

/** A version that a run read, and what it found of it. */
export function readDataset(
  description: Description,
  root: string,
  assertions: readonly LineageAssertion[] = [],
): LineageDataset {
  const { facets, ...name } = lineageDataset(description, root);
  const { dataQualityMetrics, ...others } = facets;
  const found = assertionFacet(assertions);
  return {
    ...name,
    facets: others,
    inputFacets: {
      ...(dataQualityMetrics && {
        dataQualityMetrics: facet('DataQualityMetricsInputDatasetFacet', metrics(description)),
      }),
      ...found,
    },
  };
}

/** Data that a run read and that is no version: a plain file or folder, or the table of a database. */
export function plainDataset(
  name: LineageName,
  assertions: readonly LineageAssertion[] = [],
): LineageDataset {
  return { ...name, facets: {}, inputFacets: assertionFacet(assertions) };
}

function assertionFacet(assertions: readonly LineageAssertion[]): Record<string, object> {
  if (assertions.length === 0) return {};
  return { dataQualityAssertions: facet('DataQualityAssertionsDatasetFacet', { assertions }) };
}

function outputStatistics({ rows, bytes, files }: Description): object {
  const counts = { ...(rows === undefined ? {} : { rowCount: rows }), size: bytes, fileCount: files };
  return facet('OutputStatisticsOutputDatasetFacet', counts);
}

/** One execution of a command, as all of its events name it. */
export interface LineageRun {
  /** A UUID. */
  readonly id: string;
  readonly namespace: string;
  /** Of the job: the same for each run of the command in the same repository. */
  readonly job: string;
  /** The run that started this one, such as a task of Airflow. */
  readonly parent?: LineageParent;
}

export interface LineageParent {
  readonly namespace: string;
  readonly name: string;
  readonly runId: string;
}

/** How far a run is, and what it read and made by then. */
export interface LineageState {
  readonly eventType: 'START' | 'COMPLETE' | 'FAIL' | 'ABORT';
  /** ISO 8601. */
  readonly time: string;
  readonly inputs?: readonly LineageDataset[];
  readonly outputs?: readonly LineageDataset[];
  /** Why it failed, without credentials. */
  readonly error?: string;
}

/** An event of a run. */
export function runEvent(run: LineageRun, { eventType, time, inputs, outputs, error }: LineageState): object {
  const { id, namespace, job, parent } = run;
  const jobType = { processingType: 'BATCH', integration: 'VARVE', jobType: 'COMMAND' };
  return {
    ...eventHead('RunEvent', time),
    eventType,
    run: {
      runId: id,
      facets: {
        ...(parent && {
          parent: facet('ParentRunFacet', {
            run: { runId: parent.runId },
            job: { namespace: parent.namespace, name: parent.name },
          }),
        }),
        ...(error !== undefined && {
          errorMessage: facet('ErrorMessageRunFacet', { message: error, programmingLanguage: 'JavaScript' }),
        }),
      },
    },
    job: { namespace, name: job, facets: { jobType: facet('JobTypeJobFacet', jobType) } },
    inputs: inputs ?? [],
    outputs: outputs ?? [],
  };
}

/**
 * A version as an event by itself, of the time of the commit that brought it. It also has the names of the version at the remotes, by which
 * servers take both places for one dataset; runs go without, since a push leads from one place to the other.
 * @param now for a version that no commit has
 */
export function datasetEvent(description: Description, root: string, now: string): object {
  const { facets, ...name } = lineageDataset(description, root);
  const places = description.remotes.map(({ url }) => nameAtRemote(description, url, root));
  const symlinks = { identifiers: places.map((place) => ({ ...place, type: 'LOCATION' })) };
  return {
    ...eventHead('DatasetEvent', description.commit?.date ?? now),
    dataset: {
      ...name,
      facets: {
        ...facets,
        ...(places.length > 0 && { symlinks: facet('SymlinksDatasetFacet', symlinks) }),
      },
    },
  };
}

/** What a profile says, as metrics of data quality: numbers where the type has some. */
function metrics({ rows, bytes, files, tables }: Description): object {
  return {
    ...(rows === undefined ? {} : { rowCount: rows }),
    bytes,
    fileCount: files,
    columnMetrics: Object.fromEntries(columns(tables ?? []).map(([name, one]) => [name, columnMetrics(one)])),
  };
}

function schemaFields(tables: readonly DescribedTable[]): object[] {
  return columns(tables).map(([name, { engineType }]) => ({ name, type: engineType }));
}

/** Of several tables, a feature is named with its table. */
function columns(tables: readonly DescribedTable[]): [name: string, feature: DescribedFeature][] {
  return tables.flatMap((table) =>
    table.features.map((feature): [string, DescribedFeature] => [
      tables.length === 1 ? feature.name : `${table.name}/${feature.name}`,
      feature,
    ]),
  );
}

function columnMetrics({ type, nulls, count, distinct, min, max, quartiles }: DescribedFeature): object {
  const isNumber = type === 'integer' || type === 'float' || type === 'decimal';
  return {
    nullCount: nulls,
    distinctCount: distinct,
    count,
    ...(isNumber && { ...bound('min', min, type), ...bound('max', max, type) }),
    ...(quartiles && {
      quantiles: { '0.25': quartiles[0], '0.5': quartiles[1], '0.75': quartiles[2] },
    }),
  };
}

/** The standard has numbers alone, which beyond 2^53 are not every integer: none is said that would be another one. */
function bound(name: 'min' | 'max', text: string | undefined, type: DescribedFeature['type']): object {
  if (text === undefined) return {};
  const value = Number(text);
  const isExact = type !== 'integer' || BigInt(value) === BigInt(text);
  return isExact ? { [name]: value } : {};
}
