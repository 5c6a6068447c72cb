import type { DuckDBValue } from '@duckdb/node-api';
import { openAppender } from '../engine/append.ts';
import { type EngineOptions, openEngine } from '../engine/duckdb.ts';
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
  const headers = await imageHeaders(files, options.signal);
  const hasImages = headers.some((header) => header !== undefined);
  const engine = await openEngine([], options);
  try {
    await engine.query(`CREATE TABLE files (${hasImages ? `${columns}, ${imageColumns}` : columns})`);
    const seen = new Set<string>();
    const rows = files.map((file, index) => {
      const duplicate = seen.has(file.digest);
      seen.add(file.digest);
      return rowOf(file, duplicate, headers[index]);
    });
    const appender = await openAppender(engine, 'files');
    appender.append(rows.length, (row, column) => rows[row]![column]!);
    appender.close();
    const source = { relation: 'files', columns: await engine.describe('files') };
    return await profileTable(engine, source, { name: filesTable });
  } finally {
    engine.close();
  }
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
