import type { DuckDBValue } from '@duckdb/node-api';
import { openAppender } from '../engine/append.ts';
import { position, type RowTable, rowTable } from '../engine/check-rows.ts';
import { type Engine, type EngineOptions, openEngine } from '../engine/duckdb.ts';
import { type ImageHeader, readImageHeader } from './image-header.ts';
import type { TableProfile } from './model.ts';
import type { DataFile } from './profile-files.ts';
import { profileTable } from './profile-table.ts';
import { filesTable } from './read.ts';

const columns = `path VARCHAR, folder VARCHAR, extension VARCHAR, size BIGINT, digest VARCHAR, duplicate BOOLEAN`;
const imageColumns = `width BIGINT, height BIGINT, format VARCHAR`;

/**
 * The table of a dataset's files: a row a file. `duplicate` is true where an earlier path has the same bytes; `folder` is its
 * folder, which image datasets label by. With images among the files, their width, height and format.
 */
export async function profileOfFiles(
  files: readonly DataFile[],
  options: EngineOptions,
): Promise<TableProfile> {
  const engine = await openFiles(files, options);
  try {
    const source = { relation, columns: await engine.describe(relation) };
    return await profileTable(engine, source, { name: filesTable, threads: [] });
  } finally {
    engine.close();
  }
}

/** The rows of that table, in the order of `files`. */
export async function openFileRows(files: readonly DataFile[], options: EngineOptions): Promise<RowTable> {
  const engine = await openFiles(files, { ...options, ordered: true });
  await engine.query(
    `CREATE VIEW numbered AS SELECT row_number() OVER () AS ${position}, * FROM ${relation}`,
  );
  return rowTable(engine, 'numbered', options.signal);
}

const relation = 'files';
const rowsAtOnce = 16_384;

/** An engine that holds the table. */
async function openFiles(files: readonly DataFile[], options: EngineOptions): Promise<Engine> {
  const headers = await imageHeaders(files, options.signal);
  const hasImages = headers.some((header) => header !== undefined);
  const engine = await openEngine([], options);
  try {
    await engine.query(`CREATE TABLE ${relation} (${hasImages ? `${columns}, ${imageColumns}` : columns})`);
    const appender = await openAppender(engine, relation);
    const isDuplicate = repeats();
    // In parts, since the rows of a million files take more memory than the files did.
    for (let start = 0; start < files.length; start += rowsAtOnce) {
      const rows = files
        .slice(start, start + rowsAtOnce)
        .map((file, index) => rowOf(file, isDuplicate(file.digest), headers[start + index]));
      appender.append(rows.length, (row, column) => rows[row]![column]!);
    }
    appender.close();
    return engine;
  } catch (error) {
    engine.close();
    throw error;
  }
}

/** Tells of each text whether it came before. */
function repeats(): (text: string) => boolean {
  const seen = new Set<string>();
  return (text) => {
    const before = seen.size;
    return seen.add(text).size === before;
  };
}

/** In the order of the columns; those of images are left over where there is none. */
function rowOf(file: DataFile, duplicate: boolean, header: ImageHeader | undefined): DuckDBValue[] {
  const slash = file.path.lastIndexOf('/');
  const name = file.path.slice(slash + 1);
  const dot = name.lastIndexOf('.');
  const folder = slash < 0 ? '' : file.path.slice(0, slash);
  const extension = dot <= 0 ? null : name.slice(dot + 1).toLowerCase();
  const image =
    header === undefined ? [null, null, null] : [BigInt(header.width), BigInt(header.height), header.format];
  return [file.path, folder, extension, BigInt(file.size), file.digest, duplicate, ...image];
}

/** Headers are read this many files at a time. */
const atOnce = 16;

async function imageHeaders(
  files: readonly DataFile[],
  signal: AbortSignal | undefined,
): Promise<(ImageHeader | undefined)[]> {
  const headers = new Array<ImageHeader | undefined>(files.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < files.length; index = next++) {
      signal?.throwIfAborted();
      headers[index] = await readImageHeader(files[index]!);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return headers;
}
