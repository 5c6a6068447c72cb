import type { ShownColumns } from '../../engine/shown-columns.ts';
import type { KnownBy } from '../../profile/footers/model.ts';
import type { OnProgress } from '../../progress.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { ContentKey } from '../backend/version.ts';

/** The data of a dataset as it is being added, for whoever computes its statistics. */
export interface DatasetToProfile {
  /** From the root, POSIX. */
  readonly path: string;
  readonly absolutePath: string;
  readonly kind: 'file' | 'directory';
  readonly files: readonly FileToProfile[];
  /** The profile that this very data has already: it is made anew only if the schema has come to say how dates are written. */
  readonly known: Digest | undefined;
  /** The columns that it shows in place of those of its Parquet files. */
  readonly columns?: ShownColumns | undefined;
}

export interface FileToProfile {
  /** As the manifest has it; '' for the data of a dataset that is a file. */
  readonly path: string;
  /** Undefined while a dataset that is a file is being read: its statistics do not need it. */
  readonly content: ContentKey | undefined;
  readonly size: number;
}

/** What travels with a snapshot. */
export interface Statistics {
  readonly bytes: Uint8Array;
  /** Set if they are no profile, but what the footers of files say, or a table. */
  readonly by?: KnownBy;
  /** Of all tables; absent if there is none but the table of files. */
  readonly rows?: number;
}

/** How somebody watches one computation. */
interface ProfilerWatch {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Computes statistics, watched by `watch`, or by whoever made it. Undefined if the data is not of a kind that has statistics, or what is known of it stays. */
export type Profiler = (dataset: DatasetToProfile, watch?: ProfilerWatch) => Promise<Statistics | undefined>;

/** The absolute path of the schema that belongs to a dataset, whether or not there is one. */
export function schemaBeside({ absolutePath }: Pick<DatasetToProfile, 'absolutePath'>): string {
  return `${absolutePath}.schema.yaml`;
}
