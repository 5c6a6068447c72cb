import type { DescribedFeature, DescribedTable, Description } from './description.ts';
import { fileFormatOf } from './file-formats.ts';

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
 * The name of what lies at a place: `s3://bucket/a` is `a` of `s3://bucket`, a path is one of `file`.
 * @param place URL or absolute path, without credentials
 */
function lineageName(place: string): LineageName {
  const match = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)\/*(.*?)\/*$/i.exec(place);
  if (match === null) return { namespace: 'file', name: place };
  if (match[1] === 'file://') return { namespace: 'file', name: `/${match[2]}` };
  return { namespace: match[1]!, name: match[2] === '' ? '/' : match[2]! };
}

/**
 * Where the data of a version lies, as lineage names it: in its bucket if it stays there, else in the working tree.
 * @param root of the repository, absolute
 */
function nameOfVersion({ source, path }: Pick<Description, 'source' | 'path'>, root: string): LineageName {
  return lineageName(source === undefined ? `${root}/${path}` : asS3(source));
}

/** What varve calls `minio://alias/bucket/a` is `s3://bucket/a` to all others, which know no alias. */
function asS3(url: string): string {
  return url.replace(/^minio:\/\/[^/]+\//, 's3://');
}

/** A version as a dataset of OpenLineage, with the facets that its facts fill. */
function lineageDataset(description: Description, root: string): LineageDataset {
  const { path, kind, digest, meta, remotes, tables } = description;
  const own = nameOfVersion(description, root);
  const places = remotes.map(({ url }) => lineageName(`${asS3(url).replace(/\/+$/, '')}/${path}`));
  const format = kind === 'file' ? fileFormatOf(path) : undefined;
  return {
    ...own,
    facets: {
      version: facet('DatasetVersionDatasetFacet', { datasetVersion: digest }),
      storage: facet('StorageDatasetFacet', {
        storageLayer: 'varve',
        ...(format !== undefined && format !== path && { fileFormat: format }),
      }),
      ...(tables && { schema: facet('SchemaDatasetFacet', { fields: schemaFields(tables) }) }),
      ...(tables && { dataQualityMetrics: facet('DataQualityMetricsDatasetFacet', metrics(description)) }),
      ...(meta.description && {
        documentation: facet('DocumentationDatasetFacet', { description: meta.description }),
      }),
      ...(places.length > 0 && {
        symlinks: facet('SymlinksDatasetFacet', {
          identifiers: places.map((place) => ({ ...place, type: 'LOCATION' })),
        }),
      }),
    },
  };
}

/** A version as an event by itself, of the time of the commit that brought it. @param now for one that no commit has */
export function datasetEvent(description: Description, root: string, now: string): object {
  return {
    ...eventHead('DatasetEvent', description.commit?.date ?? now),
    dataset: lineageDataset(description, root),
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
    ...(isNumber && min !== undefined && { min: Number(min), max: Number(max) }),
    ...(quartiles && {
      quantiles: { '0.25': quartiles[0], '0.5': quartiles[1], '0.75': quartiles[2] },
    }),
  };
}
