/**
 * The datasets of a working tree in varve's own format, as paths of the user name them. Knows pointers and paths; knows
 * no store.
 */

import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { foldersAbove } from '../../../base/files/path-order.ts';
import { VarveError } from '../../../errors.ts';
import { readManifest } from '../../../store/format/manifest.ts';
import type { Root } from '../../../store/gc/roots.ts';
import type { Store } from '../../../store/store.ts';
import { counted } from '../../../wording/numbers.ts';
import { gitWord, shellWord } from '../../../wording/quote.ts';
import { datasetPaths } from '../../../workspace/git/pointers.ts';
import { firstKeptOut } from '../../../workspace/git/sparse.ts';
import { POINTER_SUFFIX, type Pointer, pointerPath, readPointer } from '../../../workspace/pointer.ts';
import { pathInRepository, type Repository } from '../../../workspace/repository.ts';
import type { WorkingContext } from '../../context/context.ts';
import { nearestName } from '../../datasets/suggest.ts';
import { entriesInPlace, isInPlace, type ManifestFile } from '../in-place/snapshot.ts';

/** A dataset that a command is about; `only` names the files and folders within it, where not all is meant. */
export interface SelectedPath {
  readonly path: string;
  readonly only?: readonly string[];
}

export interface SelectedDataset extends SelectedPath {
  readonly pointer: Pointer;
}

/**
 * Select the datasets that paths of the user name: each a dataset, its pointer, a folder with datasets below, or a file
 * or folder within a dataset. No paths: every dataset of the working tree.
 * @throws VarveError `dataset-missing`, `path-outside`, and the codes of parsePointer
 */
export function selectDatasets(context: WorkingContext, paths: readonly string[]): SelectedDataset[] {
  return selectPaths(context, paths).map((selected) => withPointer(context.repository.root, selected));
}

/** @throws VarveError the codes of parsePointer */
export function withPointer(root: string, selected: SelectedPath): SelectedDataset {
  return { ...selected, pointer: readPointer(root, selected.path) };
}

/** As selectDatasets, without a look into the pointers. @throws VarveError `dataset-missing`, `path-outside` */
export function selectPaths(context: WorkingContext, paths: readonly string[]): SelectedPath[] {
  const { root } = context.repository;
  const all = paths.length === 0 ? datasetPaths(root) : undefined;
  const chosen = new Map<string, Set<string> | undefined>();
  for (const path of all ?? []) chosen.set(path, undefined);
  for (const path of paths) {
    for (const { dataset, part } of namedBy(context, path)) {
      const parts = chosen.get(dataset);
      if (part === undefined) chosen.set(dataset, undefined);
      else if (parts !== undefined || !chosen.has(dataset))
        chosen.set(dataset, (parts ?? new Set()).add(part));
    }
  }
  return [...chosen].map(([path, parts]) => ({
    path,
    ...(parts === undefined ? {} : { only: [...parts].sort() }),
  }));
}

/** Find the dataset that a path of the user names as a whole, by its data or its pointer; undefined if it names none. */
export function datasetNamed(context: WorkingContext, path: string): string | undefined {
  const { repository, cwd } = context;
  return datasetAtPath(repository.root, pathInRepository(repository, cwd, path));
}

/** The dataset whose data or pointer lies at `named`, from the root. */
export function datasetAtPath(root: string, named: string): string | undefined {
  if (named === '') return undefined;
  if (existsSync(join(root, pointerPath(named)))) return named;
  return named.endsWith(POINTER_SUFFIX) && existsSync(join(root, named))
    ? named.slice(0, -POINTER_SUFFIX.length)
    : undefined;
}

/** Find the dataset that holds `path` (from the root) somewhere within; undefined if none does. */
export function datasetAround(root: string, path: string): string | undefined {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const folder = path.slice(0, slash);
    if (existsSync(join(root, pointerPath(folder)))) return folder;
  }
  return undefined;
}

/** @throws VarveError `dataset-nested` where the dataset lies within another, which may have other files at its path */
export function refuseNested(root: string, dataset: string): void {
  const around = datasetAround(root, dataset);
  if (around === undefined) return;
  throw new VarveError('dataset-nested', `${dataset} lies within the dataset ${around}`, {
    path: dataset,
    remedy: `Datasets cannot hold one another: take one of them out by \`varve rm ${shellWord(dataset)}\` or \`varve rm ${shellWord(around)}\`, which leave the data where it is.`,
  });
}

/** The files of a snapshot, in order: of a dataset that is a file, one whose path is ''. See entriesInPlace for data in place. */
export async function* snapshotFiles(
  repository: Repository,
  store: Store,
  path: string,
  pointer: Pointer,
): AsyncGenerator<ManifestFile> {
  if (isInPlace(pointer)) {
    yield* entriesInPlace(repository, store, path, pointer);
    return;
  }
  if (pointer.kind === 'directory') {
    yield* readManifest(store.readStream(pointer.digest), `of ${path}, ${pointer.digest}`);
    return;
  }
  const { bytes, digest, executable } = pointer;
  yield { path: '', size: bytes, digest, ...(executable ? { executable } : {}) };
}

/**
 * The files of a snapshot that the store has, as {@link snapshotFiles}, and in the end a look at the figures of the pointer: people and reports
 * go by them.
 * @throws VarveError `pointer-damaged` if they are not those of the data
 */
export async function* countedFiles(
  repository: Repository,
  store: Store,
  path: string,
  pointer: Pointer,
): AsyncGenerator<ManifestFile> {
  const found = { bytes: 0, files: 0 };
  for await (const file of snapshotFiles(repository, store, path, pointer)) {
    const isHere = pointer.kind === 'file' && file.digest !== undefined && store.has(file.digest);
    found.bytes += isHere ? store.size(file.digest!)! : file.size;
    found.files += file.path.endsWith('/') ? 0 : 1;
    yield file;
  }
  if (isInPlace(pointer) || (pointer.bytes === found.bytes && pointer.files === found.files)) return;
  const figures = ({ bytes, files }: typeof found): string =>
    `${counted(files, 'file')}, ${counted(bytes, 'byte')}`;
  const file = pointerPath(path);
  throw new VarveError(
    'pointer-damaged',
    `${file} says ${figures(pointer)}; its data has ${figures(found)}`,
    {
      path: file,
      remedy: `\`git log -p -- ${gitWord(file)}\` shows who changed it. Restore it from a commit before that.`,
    },
  );
}

/** Make the root by which the store keeps or moves a dataset. */
export function rootOf({ path, pointer, only }: SelectedDataset): Root {
  const { kind, digest, blocks, source } = pointer;
  const profile = pointer.profile ?? pointer.footers;
  return {
    path,
    kind: source === undefined ? kind : 'file',
    digest,
    ...(profile === undefined ? {} : { profile }),
    ...(blocks === undefined ? {} : { blocks }),
    ...(source === undefined ? {} : { source }),
    ...(only === undefined || source !== undefined ? {} : { only }),
  };
}

interface VersionedPath {
  readonly path: string;
  readonly pointer: Pointer;
}

/** Roots once each: many commits name the same snapshot. */
export async function distinctRoots(
  datasets: AsyncIterable<VersionedPath> | Iterable<VersionedPath>,
): Promise<Map<string, Root>> {
  const roots = new Map<string, Root>();
  for await (const dataset of datasets) {
    const root = rootOf(dataset);
    roots.set([root.path, root.digest, root.profile, root.blocks].join('\0'), root);
  }
  return roots;
}

function namedBy(context: WorkingContext, path: string): { dataset: string; part?: string }[] {
  const { root } = context.repository;
  const dataset = datasetNamed(context, path);
  if (dataset !== undefined) return [{ dataset }];
  const named = pathInRepository(context.repository, context.cwd, path);
  const around = datasetAround(root, named);
  if (around !== undefined) return [{ dataset: around, part: named.slice(around.length + 1) }];
  const all = datasetPaths(root);
  const below = all.filter((other) => named === '' || other.startsWith(`${named}/`));
  if (below.length > 0) return below.map((other) => ({ dataset: other }));
  refuseKeptOut(root, [named]);
  throw notADataset(path, nearestName(named, all), existsSync(join(root, named)));
}

/** Read the pointer that the working tree has of a dataset. @throws VarveError `dataset-missing`, `pointer-damaged` */
export function pointerHere(root: string, dataset: string): Pointer {
  if (existsSync(join(root, pointerPath(dataset)))) return readPointer(root, dataset);
  throw notADataset(dataset, undefined, existsSync(join(root, dataset)));
}

/**
 * Refuse paths whose pointer a sparse checkout keeps out of the working tree: its dataset was not removed, and no other may take its place.
 * @param paths from the root: of a dataset or its pointer, or within one
 * @throws VarveError `dataset-missing`
 */
export function refuseKeptOut(root: string, paths: readonly string[]): void {
  const byPointer = new Map(
    paths.flatMap((path) => {
      const named = path.endsWith(POINTER_SUFFIX) ? [path] : [];
      const pointers = [...[...foldersAbove(path), path].map(pointerPath), ...named];
      return pointers.map((pointer) => [pointer, path] as const);
    }),
  );
  const missing = [...byPointer.keys()].filter((one) => !existsSync(join(root, one)));
  const pointer = firstKeptOut(root, missing);
  if (pointer === undefined) return;
  const path = byPointer.get(pointer)!;
  throw new VarveError('dataset-missing', `${path} is kept out of this sparse checkout by Git`, {
    path,
    remedy: `Run \`git sparse-checkout add ${shellWord(posix.dirname(pointer))}\`, which brings its pointer.`,
  });
}

function notADataset(path: string, similar: string | undefined, isThere: boolean): VarveError {
  return new VarveError('dataset-missing', `${path} is not a dataset, and holds none`, {
    path,
    remedy:
      similar !== undefined
        ? `Did you mean ${similar}?`
        : isThere
          ? `Run \`varve add ${shellWord(path)}\` to make it one.`
          : 'Check the spelling; `varve status` lists the datasets. A revision goes behind a path: `data/x.csv@v1`.',
  });
}
