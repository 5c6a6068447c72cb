import { type Engine, type EngineOptions, openEngine } from '../engine/duckdb.ts';
import { identifier, literal } from '../engine/quote.ts';
import { openSource, type Source } from '../engine/source.ts';
import { VarveError } from '../errors.ts';
import type { OnProgress } from '../progress.ts';
import type { Profile } from './model.ts';
import { profileTable } from './profile-table.ts';

/** A file whose rows are to be profiled. */
export interface DataFile {
  /** Where the bytes are. */
  readonly absolutePath: string;
  /** POSIX, relative to the dataset; tells the format, and names the file in messages and its folder in tables. */
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
 * length of the longest value. Throws `VarveError` where a file cannot be read or `slice` or `weight` names no column, and
 * the signal's reason on abort.
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
    const { slice, weight, onProgress } = options;
    const whole = await openSource(engine, files);
    const source = slice === undefined ? whole : await sliced(engine, whole, slice);
    if (weight !== undefined) assertColumn(source, weight);
    const onFeature = (done: number, total: number) =>
      onProgress?.({ phase: 'profile', unit: 'features', done, total });
    const table = await profileTable(engine, source, { name: '', weight, onFeature });
    return { varveProfile: 1, tables: [{ ...table, ...(slice && { slice }) }] };
  } finally {
    engine.close();
  }
}

async function sliced(
  engine: Engine,
  source: Source,
  { feature, value }: { readonly feature: string; readonly value: string },
): Promise<Source> {
  assertColumn(source, feature);
  await engine.query(
    `CREATE VIEW slice AS FROM ${source.relation} WHERE CAST(${identifier(feature)} AS VARCHAR) = ${literal(value)}`,
  );
  return { ...source, relation: 'slice' };
}

function assertColumn({ columns }: Source, name: string): void {
  if (columns.some((column) => column.name === name)) return;
  throw new VarveError('no-such-column', `There is no column ${JSON.stringify(name)}`, {
    remedy: `Name one of: ${columns.map((column) => column.name).join(', ')}.`,
  });
}
