import { openRows } from '../../engine/check-rows.ts';
import { isReadError, openEngine, readError } from '../../engine/duckdb.ts';
import { bytesOfRange } from '../../engine/formats/parquet/row-groups.ts';
import { openFileRows } from '../dataset/files-table.ts';
import { type ImageHeader, readImageHeader } from '../dataset/image-header.ts';
import { partitionFeature } from '../dataset/partition-features.ts';
import { profileFiles, type TableFile } from '../dataset/profile-files.ts';
import type { DataReader } from './reader.ts';

/** Reads in this very process: for the process that is made for reading, and for tests. */
export const directReader: DataReader = {
  profileFiles,
  async partitionFeature(name, rows, options) {
    const engine = await openEngine([], options);
    try {
      return await partitionFeature(engine, name, rows, options);
    } finally {
      engine.close();
    }
  },
  imageHeaders,
  async bytesOfRange(file, signal) {
    const engine = await openEngine([file.absolutePath], { ...(signal && { signal }) });
    try {
      return await bytesOfRange(engine, file);
    } catch (error) {
      throw isReadError(error) ? readError(error, file) : error;
    } finally {
      engine.close();
    }
  },
  openRows,
  openFileRows: (files, options) => openFileRows(files, directReader, options),
};

/** Headers are read this many files at a time. */
const AT_ONCE = 16;

async function imageHeaders(
  files: readonly TableFile[],
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
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return headers;
}
