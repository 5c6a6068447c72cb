import type { VarveError } from '../../../errors.ts';
import { versionCommits } from '../../../workspace/git/pointer-commits.ts';
import {
  datasetAt,
  datasetHistory,
  everyName,
  type PointedDataset,
  pointersAt,
} from '../../../workspace/git/pointers.ts';
import { originOf } from '../../../workspace/origin.ts';
import { POINTER_SUFFIX, type Pointer, readPointer } from '../../../workspace/pointer.ts';
import type { Repository } from '../../../workspace/repository.ts';
import type { DatasetVersions } from '../../backend/backend.ts';
import type { CommittedVersion, DatasetVersion, HistoryEntry, VersionFacts } from '../../backend/version.ts';
import type { WorkingContext } from '../../context/context.ts';
import { eachDatasetQuietly, problemsField } from '../../datasets/each.ts';
import { withoutSuffix } from '../../datasets/pointer-suffix.ts';
import { datasetAtPath, selectPaths, withPointer } from './select.ts';

/** Take from a pointer what it says of its snapshot. */
export function pointerFacts(pointer: Pointer): VersionFacts {
  const { kind, digest, bytes, files, rows, profile, footers, footersBy, source, columns, meta } = pointer;
  const origin = originOf(pointer);
  return {
    kind,
    content: digest,
    name: digest,
    bytes,
    files,
    ...(rows === undefined ? {} : { rows }),
    ...(profile === undefined ? {} : { profile }),
    ...(footers === undefined ? {} : { footers }),
    ...(footersBy === undefined ? {} : { footersBy }),
    ...(source === undefined ? {} : { source }),
    ...(origin === undefined ? {} : { origin }),
    ...(columns === undefined ? {} : { columns }),
    ...(meta === undefined ? {} : { meta }),
  };
}

/** Implements Backend.version. */
export function datasetVersion(
  { repository }: WorkingContext,
  path: string,
  commit: string | undefined,
): DatasetVersion | undefined {
  const dataset =
    commit === undefined ? datasetAtPath(repository.root, path) : withoutSuffix(path, POINTER_SUFFIX);
  const pointer = dataset === undefined ? undefined : pointerOf(repository, dataset, commit);
  return pointer && { path: dataset!, commit, ...pointerFacts(pointer) };
}

/** The pointer of a dataset that is there in the working tree, or that a commit may have. */
export function pointerOf(
  repository: Repository,
  dataset: string,
  commit: string | undefined,
): Pointer | undefined {
  if (commit === undefined) return readPointer(repository.root, dataset);
  return LISTED.get(repository)?.get(commit)?.get(dataset) ?? datasetAt(repository.root, commit, dataset);
}

/** Pointers of the commits that were listed last, by the commits: whoever lists one is about to read from it. */
const LISTED = new WeakMap<Repository, Map<string, ReadonlyMap<string, Pointer>>>();
const MAX_LISTED = 4;

function remember(repository: Repository, commit: string, pointers: ReadonlyMap<string, Pointer>): void {
  const listed = LISTED.get(repository) ?? new Map();
  LISTED.set(repository, listed);
  listed.delete(commit);
  listed.set(commit, pointers);
  if (listed.size > MAX_LISTED) listed.delete(listed.keys().next().value!);
}

/** Implements Backend.select. */
export async function selectVersions(
  context: WorkingContext,
  paths: readonly string[],
): Promise<DatasetVersions> {
  const { done, problems } = await eachDatasetQuietly(selectPaths(context, paths), (selected) =>
    versionOf(withPointer(context.repository.root, selected), undefined),
  );
  return { versions: done, ...problemsField(problems) };
}

/** Implements Backend.versionsAt. */
export async function versionsAt({ repository }: WorkingContext, commit: string): Promise<DatasetVersions> {
  const pointers = new Map<string, Pointer>();
  const listed = await pointersAt(repository.root, commit);
  const { done, problems } = await eachDatasetQuietly(listed, async ({ path, read }) => {
    pointers.set(path, read());
    return versionOf({ path, pointer: pointers.get(path)! }, commit);
  });
  remember(repository, commit, pointers);
  return { versions: done, ...problemsField(problems) };
}

/** Implements Backend.history. */
export function versionHistory(
  { repository }: WorkingContext,
  path: string,
  revision: string,
): HistoryEntry[] {
  return datasetHistory(repository.root, revision, path).map(({ pointer, ...commit }) => ({
    ...commit,
    version: pointer && pointerFacts(pointer),
  }));
}

/** Implements Backend.everyVersion. */
export async function* everyVersion({
  repository,
  onWarning,
}: WorkingContext): AsyncGenerator<CommittedVersion> {
  const revisions = everyName(repository.root);
  const warn = ({ message }: VarveError): void => onWarning?.(message);
  for await (const { pointer, ...commit } of versionCommits(repository.root, revisions, warn)) {
    yield { ...commit, ...pointerFacts(pointer) };
  }
}

function versionOf({ path, pointer }: PointedDataset, commit: string | undefined): DatasetVersion {
  return { path, commit, ...pointerFacts(pointer) };
}
