import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isWithin } from '../../base/files/path-order.ts';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import { extensionsOf, isTabular } from '../../engine/formats/format.ts';
import { isImage } from '../../profile/dataset/image-header.ts';
import type { DataFile } from '../../profile/dataset/profile-files.ts';
import type { Digest } from '../../store/format/digest.ts';
import { hashFound, pathOfFile } from '../../workspace/tree/data-state.ts';
import { dataKind, scanDataset } from '../../workspace/tree/scan.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { DatasetFiles } from '../backend/version.ts';
import type { Watch } from '../context/context.ts';
import { liesHere } from './data-here.ts';
import { noMatch } from './glob.ts';
import type { NamedDataset } from './resolve.ts';
import { withShownColumns } from './shown-columns.ts';

/** Run `work` on a dataset's files: those that lie there if all of them do, or those of the version it names, taken from the cache. */
export async function withDatasetFiles<T>(
  dataset: NamedDataset,
  work: (files: DatasetFiles) => Promise<T>,
): Promise<T> {
  return (await liesHere(dataset)) ? work(await filesInPlace(dataset)) : withCachedFiles(dataset, work);
}

/** The files as they lie there. */
export async function filesInPlace(dataset: NamedDataset): Promise<DatasetFiles> {
  const { kind, files: found } = findFiles(dataset);
  const files = await withShownColumns(dataset, found);
  if (kind === 'file') return { kind, files: files.map(({ hash: _, ...file }) => file) };
  const hashed: DataFile[] = [];
  for (const { hash, ...file } of files) hashed.push({ ...file, digest: await hash() });
  return { kind, files: hashed };
}

/** A file of a dataset that lies there. */
export interface UnhashedFile extends Omit<DataFile, 'digest'> {
  /** Read it to its end. @throws VarveError as {@link hashFound} */
  hash(): Promise<Digest>;
}

/** Find the files of a dataset that lies there, and read none of them. @throws VarveError `path-missing` if a pattern has none */
export function findFiles({ name, absolutePath, glob, watch }: NamedDataset): {
  kind: 'file' | 'directory';
  files: UnhashedFile[];
} {
  if (glob === undefined) {
    const place = { root: dirname(absolutePath!), path: basename(absolutePath!), typed: name };
    return { kind: dataKind(place.root, place.path) ?? 'file', files: filesOf(place, watch) };
  }
  const files = glob.files().flatMap((path) => {
    const place = { root: glob.folder, path, typed: join(glob.base, path) };
    return filesOf(place, watch).map((file) => ({ ...file, path }));
  });
  if (files.length === 0) throw noMatch(name);
  return { kind: 'directory', files };
}

interface Place {
  readonly root: string;
  /** From there. */
  readonly path: string;
  /** How the user named it. */
  readonly typed: string;
}

/** List the files at a place; paths are relative to it, that of a lone file is its own name. */
function filesOf({ root, path, typed }: Place, { signal }: Watch): UnhashedFile[] {
  return [...scanDataset(root, path)]
    .filter((found) => !found.path.endsWith('/'))
    .map((found) => ({
      absolutePath: join(root, pathOfFile(path, found.path)),
      path: found.path || basename(path),
      shownAs: found.path === '' ? typed : join(typed, found.path),
      size: found.size,
      // Only an empty folder has no digest.
      hash: async () => (await hashFound(root, path, found, { signal }))!,
    }));
}

/** Run `work` on the files of the version that a dataset names, taken from the cache. @throws VarveError `object-missing` */
export async function withCachedFiles<T>(
  dataset: NamedDataset,
  work: (files: DatasetFiles) => Promise<T>,
): Promise<T> {
  const { name, context, version, part } = dataset;
  const folder = makeTemporaryFolder('rows');
  const unfinished = removeAtExit(folder);
  let isFound = part === undefined;
  const placeOf = (path: string, index: number): string | undefined => {
    if (part !== undefined && !isWithin(path, part.path)) return undefined;
    isFound = true;
    // Of others, the table of files has name, size and digest.
    return isTabular(path) || isImage(path) ? join(folder, `${index}${extensionsOf(path)}`) : '';
  };
  try {
    // Statistics travel with the whole alone, so that nobody may have fetched what those of a part are made of.
    if (part !== undefined) await context!.backend.bring(version!, part.path);
    const found = await context!.backend.copyFiles(version!, placeOf);
    if (!isFound) throw noSuchFile(version!, part!.path);
    const shown = { ...found, files: await withShownColumns(dataset, found.files) } as DatasetFiles;
    return await work(
      shownWithin(
        name,
        part === undefined || shown.kind === 'file' ? shown : filesOfPart(shown.files, part.path),
      ),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
    unfinished.isFinished();
  }
}

/** The files of a version, which messages name by the version, since they lie nowhere. */
function shownWithin(version: string, { kind, files }: DatasetFiles): DatasetFiles {
  return kind === 'file'
    ? { kind, files: files.map((file) => ({ ...file, shownAs: version })) }
    : { kind, files: files.map((file) => ({ ...file, shownAs: `${file.path} of ${version}` })) };
}

/** The files of a folder within a dataset, by their paths in that folder; or one file by its name. */
function filesOfPart(files: readonly DataFile[], part: string): DatasetFiles {
  const named = files.map((file) => ({ ...file, path: file.path.slice(part.length + 1) || basename(part) }));
  return { kind: files[0]?.path === part ? 'file' : 'directory', files: named };
}
