import type { DescribedFeature, Description } from './description.ts';

/** What MLflow keeps of a digest, in characters. */
const MAX_DIGEST_LENGTH = 36;

const TYPES: Readonly<Partial<Record<DescribedFeature['type'], string>>> = {
  boolean: 'boolean',
  integer: 'long',
  float: 'double',
  string: 'string',
  bytes: 'binary',
  date: 'datetime',
  timestamp: 'datetime',
  // Without any value it has no type of its own, and is a column all the same.
  unknown: 'string',
};

/** A dataset as MLflow's tracking keeps it: the message `Dataset` of its REST API, for `mlflow/runs/log-inputs`. */
export interface MlflowDataset {
  readonly name: string;
  /** The first 36 hexadecimal digits of the version's digest. */
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema?: string;
  readonly profile: string;
}

/**
 * A version as `mlflow.data.from_varve` of the Python package logs it, so that either way runs name the same dataset.
 * @param root of the repository, which names it where Git has no remote
 */
export function mlflowDataset(description: Description, root: string): MlflowDataset {
  const { path, digest, revision, repository, rows = null, files, bytes } = description;
  const schema = columnSpecs(description);
  const source = {
    uri: `varve://${path}${revision === null ? '' : `@${revision}`}`,
    repository: repository ?? root,
    digest,
    revision,
  };
  return {
    name: path,
    digest: digest.slice(digest.indexOf(':') + 1).slice(0, MAX_DIGEST_LENGTH),
    source_type: 'varve',
    source: JSON.stringify(source),
    ...(schema.length > 0 && { schema: JSON.stringify({ mlflow_colspec: schema }) }),
    profile: JSON.stringify({ rows, files, bytes }),
  };
}

/** The columns, if the version is one table. */
function columnSpecs({ tables }: Description): object[] {
  const [table, ...others] = tables ?? [];
  if (table === undefined || others.length > 0) return [];
  return table.features.flatMap(({ name, path, type, nulls }) =>
    TYPES[type] === undefined || path.length > 1 ? [] : [{ type: TYPES[type], name, required: nulls === 0 }],
  );
}
