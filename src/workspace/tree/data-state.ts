import { joinByPath } from '../../base/files/path-order.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { ManifestEntry } from '../../store/format/manifest.ts';
import { keepsModes } from '../git/file-mode.ts';
import { type HashOptions, hashFile } from './hash-file.ts';
import { type ScannedFile, scanDataset } from './scan.ts';
import type { RecordedFile, StatCache } from './stat-cache.ts';

/** One path of a dataset: what lies there, and its place in the record of what varve last knew. */
export interface FileState {
  readonly path: string;
  readonly found: ScannedFile | undefined;
  readonly recordedAt: number | undefined;
  /** There, recorded, and looking the same: the recorded digest is that of its bytes. */
  readonly same: boolean;
}

/** A file that is not as it was. */
export interface FileChange {
  readonly path: string;
  readonly change: 'added' | 'modified' | 'removed' | 'renamed';
  /** Where the same bytes lay before. Set if it was renamed, which is told between versions alone. */
  readonly renamedFrom?: string;
}

/** Read names and times only, no data; in bounded memory. @param unfinished as that of scanDataset */
export function* compareWithRecord(
  root: string,
  dataset: string,
  record: StatCache | undefined,
  unfinished?: string[],
): Iterable<FileState> {
  const places = record?.paths.keys() ?? [];
  const pathOf = { left: (file: ScannedFile) => file.path, right: (at: number) => record!.paths[at]! };
  const ignoresModes = !keepsModes(root);
  for (const [there, recordedAt] of joinByPath(scanDataset(root, dataset, unfinished), places, pathOf)) {
    // As with Git, a file keeps the bit that is recorded, and a new one has none.
    const executable = recordedAt !== undefined && record!.executable(recordedAt);
    const found = there !== undefined && ignoresModes ? { ...there, executable } : there;
    const same = found !== undefined && recordedAt !== undefined && record!.matches(recordedAt, found);
    yield { path: found?.path ?? record!.paths[recordedAt!]!, found, recordedAt, same };
  }
}

/** List what a manifest of the data as it lies there would. It reads the files that look changed, and only those. */
export async function* currentEntries(
  root: string,
  dataset: string,
  record: StatCache | undefined,
  signal?: AbortSignal,
): AsyncGenerator<ManifestEntry> {
  for (const { found, recordedAt, same } of compareWithRecord(root, dataset, record)) {
    if (found === undefined) continue;
    const digest = same ? record!.digest(recordedAt!) : await hashFound(root, dataset, found, { signal });
    yield manifestEntry({ file: found, digest });
  }
}

/** Undefined for an empty folder. */
export async function hashFound(
  root: string,
  dataset: string,
  found: ScannedFile,
  options: HashOptions,
): Promise<Digest | undefined> {
  return found.path.endsWith('/') ? undefined : hashFile(root, pathOfFile(dataset, found.path), options);
}

/** Tell the path of a dataset's file from the root; it is the dataset's own if that is a single file. */
export function pathOfFile(dataset: string, file: string): string {
  return file === '' ? dataset : `${dataset}/${file}`;
}

/** A scanned file as a manifest lists it. */
export function manifestEntry({ file, digest }: RecordedFile): ManifestEntry {
  return {
    path: file.path,
    size: file.size,
    ...(digest === undefined ? {} : { digest }),
    ...(file.executable ? { executable: true as const } : {}),
  };
}

/** Whether a file's bytes and executable bit are those of a manifest's entry. */
export function isEntry(found: ScannedFile, digest: Digest | undefined, entry: ManifestEntry): boolean {
  return digest === entry.digest && found.executable === (entry.executable ?? false);
}
