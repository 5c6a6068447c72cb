import type { Digest } from '../../store/format/digest.ts';
import type { ContentKey } from '../backend/version.ts';

/** The data of a dataset as it is being added, for whoever computes its statistics. */
export interface DatasetToProfile {
  /** From the root, POSIX. */
  readonly path: string;
  readonly absolutePath: string;
  readonly kind: 'file' | 'directory';
  /** Paths as the manifest has them; '' for the data of a dataset that is a file. */
  readonly files: readonly { readonly path: string; readonly content: ContentKey; readonly size: number }[];
  /** The profile that this very data has already: it is made anew only if the schema has come to say how dates are written. */
  readonly known: Digest | undefined;
}

/** What travels with a snapshot. */
export interface Statistics {
  readonly bytes: Uint8Array;
  /** Of all tables; absent if there is none but the table of files. */
  readonly rows?: number;
}

/** Undefined if the data is not of a kind that has statistics, or what is known of it stays. */
export type Profiler = (dataset: DatasetToProfile) => Promise<Statistics | undefined>;

/** The absolute path of the schema that belongs to a dataset, whether or not there is one. */
export function schemaBeside({ absolutePath }: Pick<DatasetToProfile, 'absolutePath'>): string {
  return `${absolutePath}.schema.yaml`;
}
