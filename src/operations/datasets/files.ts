import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isWithin } from '../../base/files/path-order.ts';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import { extensionsOf, isTabular } from '../../engine/formats/format.ts';
import type { DataFile } from '../../profile/dataset/profile-files.ts';
import { hashFound, pathOfFile } from '../../workspace/tree/data-state.ts';
import { dataKind, scanDataset } from '../../workspace/tree/scan.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { DatasetFiles } from '../backend/version.ts';
import type { Watch } from '../context/context.ts';
import { type Glob, noMatch } from './glob.ts';
import { hasData, type NamedDataset } from './resolve.ts';

/** Run `work` on a dataset's files: those that lie there, or those of the version it names, taken from the cache. */
export function withDatasetFiles<T>(
  dataset: NamedDataset,
  work: (files: DatasetFiles) => Promise<T>,
): Promise<T> {
  return hasData(dataset) ? filesInPlace(dataset).then(work) : withCachedFiles(dataset, work);
}

/** The files as they lie there. */
export async function filesInPlace(dataset: NamedDataset): Promise<DatasetFiles> {
  const absolutePath = dataset.absolutePath!;
  if (dataset.glob !== undefined) return globbedFiles(dataset, dataset.glob);
  const root = dirname(absolutePath);
  const name = basename(absolutePath);
  if (dataKind(root, name) === 'directory') {
    return { kind: 'directory', files: await filesOf(root, name, dataset.name, dataset.watch) };
  }
  const [found] = scanDataset(root, name);
  if (found === undefined) return { kind: 'file', files: [] };
  return { kind: 'file', files: [{ absolutePath, path: name, shownAs: dataset.name, size: found.size }] };
}

async function globbedFiles({ name, watch }: NamedDataset, glob: Glob): Promise<DatasetFiles> {
  const files: DataFile[] = [];
  for (const path of glob.files()) {
    const found = await filesOf(glob.folder, path, join(glob.base, path), watch);
    files.push(...found.map((file) => ({ ...file, path })));
  }
  if (files.length > 0) return { kind: 'directory', files };
  throw noMatch(name);
}

/**
 * List the files at `name`; paths are relative to it, that of a lone file is its own name.
 * @param typed how the user named it
 */
async function filesOf(root: string, name: string, typed: string, { signal }: Watch): Promise<DataFile[]> {
  const files: DataFile[] = [];
  for (const found of scanDataset(root, name)) {
    const digest = await hashFound(root, name, found, { signal });
    if (digest === undefined) continue;
    const path = found.path === '' ? basename(name) : found.path;
    const absolutePath = join(root, pathOfFile(name, found.path));
    files.push({ absolutePath, path, shownAs: join(typed, found.path), digest, size: found.size });
  }
  return files;
}

async function withCachedFiles<T>(
  { name, context, version, part }: NamedDataset,
  work: (files: DatasetFiles) => Promise<T>,
): Promise<T> {
  const folder = makeTemporaryFolder('rows');
  const unfinished = removeAtExit(folder);
  let isFound = part === undefined;
  const tableAt = (path: string, index: number): string | undefined => {
    if (part !== undefined && !isWithin(path, part.path)) return undefined;
    isFound = true;
    return isTabular(path) ? join(folder, `${index}${extensionsOf(path)}`) : undefined;
  };
  try {
    // Statistics travel with the whole alone, so that nobody may have fetched what those of a part are made of.
    if (part !== undefined) await context!.backend.bring(version!, part.path);
    const found = await context!.backend.copyFiles(version!, tableAt);
    if (!isFound) throw noSuchFile(version!, part!.path);
    return await work(
      shownWithin(
        name,
        part === undefined || found.kind === 'file' ? found : filesOfPart(found.files, part.path),
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
