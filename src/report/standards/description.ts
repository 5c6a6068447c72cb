/**
 * What catalogues, trackers and clouds are told of a version of a dataset: its facts, and one writer for each standard that they read.
 * Pure functions of those facts: they read no data, and know no repository.
 */

import { distinctValues } from '../../profile/model/distinct-values.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import type { FeatureProfile, FeatureType, Profile, TableProfile } from '../../profile/model/model.ts';
import { FILES_TABLE } from '../../profile/model/tables.ts';
import { factsOf } from '../facts.ts';

/** The facts of a version of a dataset. schemas/description.schema.json is its JSON Schema. */
export interface Description {
  /** The version of this document. */
  readonly varveDescription: 1;
  /** Of the dataset, from the root of the repository. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** `sha256:…`, or in a repository of DVC `md5:…`. */
  readonly digest: string;
  readonly bytes: number;
  readonly files: number;
  /** Of all tables; absent if there is none. */
  readonly rows?: number;
  /** The digest of the statistics that travel with the version. */
  readonly profile?: string;
  /** The commit of the revision that was asked for; null for the version that the working tree's pointer names. */
  readonly revision: string | null;
  /** The commit that brought this version; null if none has yet. */
  readonly commit: DescribedCommit | null;
  /** The address of Git's remote `origin`, without user and password; null if there is none. */
  readonly repository: string | null;
  /** Where varve pushes to, without user and password. */
  readonly remotes: readonly { readonly name: string; readonly url: string; readonly isDefault: boolean }[];
  /** Where the data lies, if it stays in a bucket. */
  readonly source?: string;
  /** What people say of it: `license`, `citation`, `description`, `creator`, `keywords`, `url` and others. */
  readonly meta: Readonly<Record<string, string>>;
  /** Null if the version has no statistics, or they cannot be had here. */
  readonly tables: readonly DescribedTable[] | null;
}

export interface DescribedCommit {
  readonly commit: string;
  /** Of the author: ISO 8601, with its zone. */
  readonly date: string;
  readonly author: string;
  readonly subject: string;
}

export interface DescribedTable {
  /** '' for the rows of a file, or of a folder with one table; else the folder. The table of files is none. */
  readonly name: string;
  readonly rows: number;
  /** In the order of the columns. */
  readonly features: readonly DescribedFeature[];
}

export interface DescribedFeature {
  /** `trips.[].fare` is each fare of each trip. */
  readonly name: string;
  /** Its column, then fields of structs; `[]` marks a list. */
  readonly path: readonly string[];
  readonly type: FeatureType;
  /** The engine's own type: `BIGINT`, `DECIMAL(18,3)`. */
  readonly engineType: string;
  /** How the dates of text are written, where they are not as in ISO 8601. */
  readonly dateFormats?: readonly string[];
  /** Rows that have none. */
  readonly nulls: number;
  /** Values; of a list, its elements too. */
  readonly count: number;
  readonly distinct: number;
  /** Whether `distinct` is counted or proven. */
  readonly isDistinctExact: boolean;
  /** Exact texts, of numbers and times. */
  readonly min?: string;
  readonly max?: string;
  readonly mean?: number;
  /** Of the population. */
  readonly standardDeviation?: number;
  /** Each within 0.8 % of its value. */
  readonly quartiles?: readonly [number, number, number];
  /** Least and most, of code points or bytes. */
  readonly lengths?: readonly [number, number];
}

/** What a profile says of the tables of a version. */
export function describedTables({ tables }: Profile): DescribedTable[] {
  return tables
    .filter(({ name }) => name !== FILES_TABLE)
    .map((table) => ({
      name: table.name,
      rows: table.rows,
      features: table.features.map((feature) => describedFeature(feature, table)),
    }));
}

function describedFeature(feature: FeatureProfile, table: TableProfile): DescribedFeature {
  const { mean, deviation, quartiles, length } = factsOf(feature, table);
  const { min, max } = feature.numeric ?? feature.time ?? { min: null, max: null };
  const distinct = distinctValues(feature);
  return {
    name: featureName(feature.path),
    path: feature.path,
    type: feature.type,
    engineType: feature.engineType,
    ...(feature.dateFormats && { dateFormats: feature.dateFormats }),
    nulls: feature.nulls,
    count: feature.count,
    distinct: distinct.count,
    isDistinctExact: distinct.exact,
    ...(min === null || max === null ? {} : { min, max }),
    ...(mean === null ? {} : { mean }),
    ...(deviation === null ? {} : { standardDeviation: deviation }),
    ...(quartiles === null ? {} : { quartiles }),
    ...(length === null ? {} : { lengths: length }),
  };
}
