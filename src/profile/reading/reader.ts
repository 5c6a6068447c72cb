/**
 * Reading: all that looks into data, in this process or in one of its own that a hostile file may crash. It may not know
 * repositories, nor put what it read together.
 */

import type { RowGroup, RowOptions, RowTable } from '../../engine/check-rows.ts';
import type { EngineOptions } from '../../engine/duckdb.ts';
import type { BytesBetween } from '../../engine/source-file.ts';
import type { ImageHeader } from '../dataset/image-header.ts';
import type { PartitionOptions, PartitionRows } from '../dataset/partition-features.ts';
import type { DataFile, ProfileOptions, TableFile } from '../dataset/profile-files.ts';
import type { FeatureProfile, Profile } from '../model/model.ts';

/** Everything that looks into data. What calls it puts the answers together, and meets no byte of data itself. */
export interface DataReader {
  /** As profileFiles, and with its errors. */
  profileFiles(files: readonly TableFile[], options: ProfileOptions): Promise<Profile>;
  /** As partitionFeature, in an engine of its own. */
  partitionFeature(name: string, rows: PartitionRows, options: PartitionOptions): Promise<FeatureProfile>;
  /** As readImageHeader, in the order of `files`. */
  imageHeaders(
    files: readonly TableFile[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (ImageHeader | undefined)[]>;
  /** As openRows. */
  openRows(groups: readonly RowGroup[], options: RowOptions): Promise<RowTable>;
  /** As bytesOfRange: the bytes that reading a file's range takes, beside the footer. */
  bytesOfRange(file: TableFile, signal: AbortSignal | undefined): Promise<readonly BytesBetween[]>;
  /** As openFileRows. */
  openFileRows(files: readonly DataFile[], options: EngineOptions): Promise<RowTable>;
}

/** What profiles of datasets are made by. */
export type CountingReader = Pick<DataReader, 'profileFiles' | 'partitionFeature' | 'imageHeaders'>;
