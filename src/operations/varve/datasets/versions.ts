import type { VarveError } from '../../../errors.ts';
import { versionCommits } from '../../../workspace/git/pointer-commits.ts';
import {
  datasetAt,
  datasetHistory,
  everyName,
  type PointedDataset,
  pointersAt,
} from '../../../workspace/git/pointers.ts';
import { POINTER_SUFFIX, type Pointer, readPointer } from '../../../workspace/pointer.ts';
import type { DatasetVersions } from '../../backend/backend.ts';
import type { CommittedVersion, DatasetVersion, HistoryEntry, VersionFacts } from '../../backend/version.ts';
import type { WorkingContext } from '../../context/context.ts';
import { eachDatasetQuietly, problemsField } from '../../datasets/each.ts';
import { withoutSuffix } from '../../datasets/pointer-suffix.ts';
import { datasetAtPath, selectPaths, withPointer } from './select.ts';

/** Take from a pointer what it says of its snapshot. */
export function pointerFacts(pointer: Pointer): VersionFacts {
  const { kind, digest, bytes, files, rows, profile, source, meta } = pointer;
  return {
    kind,
    content: digest,
    name: digest,
    bytes,
    files,
    ...(rows === undefined ? {} : { rows }),
    ...(profile === undefined ? {} : { profile }),
    ...(source === undefined ? {} : { source }),
    ...(meta === undefined ? {} : { meta }),
  };
}

/** Implements Backend.version. */
export function datasetVersion(
  { repository: { root } }: WorkingContext,
  path: string,
  commit: string | undefined,
): DatasetVersion | undefined {
  const dataset = commit === undefined ? datasetAtPath(root, path) : withoutSuffix(path, POINTER_SUFFIX);
  const pointer = dataset === undefined ? undefined : pointerOf(root, dataset, commit);
  return pointer && { path: dataset!, commit, ...pointerFacts(pointer) };
}

/** The pointer of a dataset that is there in the working tree, or that a commit may have. */
export function pointerOf(root: string, dataset: string, commit: string | undefined): Pointer | undefined {
  return commit === undefined ? readPointer(root, dataset) : datasetAt(root, commit, dataset);
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
  const { done, problems } = await eachDatasetQuietly(pointersAt(repository.root, commit), ({ path, read }) =>
    versionOf({ path, pointer: read() }, commit),
  );
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
