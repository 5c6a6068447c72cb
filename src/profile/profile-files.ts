import { type EngineOptions, openEngine } from '../engine/duckdb.ts';
import { openSource } from '../engine/source.ts';
import type { OnProgress } from '../progress.ts';
import type { Profile } from './model.ts';
import { profileTable } from './profile-table.ts';

/** A file whose rows are to be profiled. */
export interface DataFile {
  /** Where the bytes are. */
  readonly absolutePath: string;
  /** POSIX, relative to the dataset; names the file in messages and its folder in tables. */
  readonly path: string;
  /** Of its bytes: what its cached profile is kept under. */
  readonly digest: string;
  readonly size: number;
}

export interface ProfileOptions extends EngineOptions {
  /** Only rows whose feature has this value (as text). */
  readonly slice?: { readonly feature: string; readonly value: string };
  /** The column that weights rows. */
  readonly weight?: string;
  readonly onProgress?: OnProgress;
}

/**
 * Profiles the rows of files of one format as one table, named `''`. Memory is bounded by `options.memory` and the
 * length of the longest value. Throws `VarveError` where a file cannot be read, and the signal's reason on abort.
 */
export async function profileFiles(
  files: readonly DataFile[],
  options: ProfileOptions = {},
): Promise<Profile> {
  const engine = await openEngine(
    files.map((file) => file.absolutePath),
    options,
  );
  try {
    const source = await openSource(engine, files);
    const report = (done: number, total: number) =>
      options.onProgress?.({ phase: 'profile', unit: 'features', done, total });
    return { varveProfile: 1, tables: [await profileTable(engine, source, '', report)] };
  } finally {
    engine.close();
  }
}
