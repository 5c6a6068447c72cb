import { isWithin } from '../../base/files/path-order.ts';
import { isDirectory, type ObjectId } from '../../dvc/format/object-id.ts';
import type { Output } from '../../dvc/format/output.ts';
import {
  DVC_SUFFIX,
  outputCommits,
  outputHistory,
  outputsAt,
  outputsInTree,
} from '../../dvc/tree/pointers.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import {
  isRecorded,
  namedPath,
  outputNamed,
  type RecordedOutput,
  selectOutputs,
} from '../../dvc/tree/select.ts';
import { VarveError } from '../../errors.ts';
import { hexDigestOf } from '../../store/format/digest.ts';
import { everyName } from '../../workspace/git/pointers.ts';
import type {
  CommittedVersion,
  ContentKey,
  DatasetVersion,
  HistoryEntry,
  VersionFacts,
} from '../backend/version.ts';
import type { DvcPlace } from './context.ts';

/** Take from the pointer of an output what it says of the data. */
export function outputFacts({ id, size, files, profile, meta }: RecordedOutput): VersionFacts {
  return {
    kind: isDirectory(id) ? 'directory' : 'file',
    content: contentKeyOf(id),
    name: `md5:${id.value}`,
    bytes: size ?? 0,
    files: files ?? 1,
    ...(profile?.rows === undefined ? {} : { rows: profile.rows }),
    ...(profile === undefined ? {} : { profile: profile.digest }),
    ...(meta === undefined ? {} : { meta }),
  };
}

/**
 * DVC knows an MD5 of its data and no SHA-256. Reports and profiles have room for the form of a digest, so the key is the SHA-256 of
 * the MD5's name, not of any data.
 */
export function contentKeyOf({ hash, value }: ObjectId): ContentKey {
  return `sha256:${hexDigestOf(Buffer.from(`dvc ${hash} ${value}`))}` as string as ContentKey;
}

/** Implements Backend.datasetNamed. */
export function namedOutput({ repository, cwd }: DvcPlace, path: string): string | undefined {
  return outputNamed(outputsInTree(repository), namedPath({ repository, cwd }, path))?.path;
}

/** Implements Backend.datasetAround. */
export function outputAround({ repository }: DvcPlace, path: string): string | undefined {
  return outputsInTree(repository).find(
    ({ stage, path: output }) => stage === undefined && isWithin(path, output),
  )?.path;
}

/** Implements Backend.version. */
export function outputVersion(
  { repository }: DvcPlace,
  path: string,
  commit: string | undefined,
): DatasetVersion | undefined {
  const output = outputNamed(outputsOf(repository, commit), path);
  return output && versionOf(recorded(output), commit);
}

/** Implements Backend.select. Outputs without a recorded version are no versions. */
export function selectOutputVersions(
  { repository, cwd }: DvcPlace,
  paths: readonly string[],
): DatasetVersion[] {
  return selectOutputs({ repository, cwd }, outputsInTree(repository), paths)
    .map(({ output }) => output)
    .filter(isRecorded)
    .map((output) => versionOf(output, undefined));
}

/** Every output of a commit that has a recorded version. */
export function outputVersionsAt({ repository }: DvcPlace, commit: string): DatasetVersion[] {
  return outputsAt(repository, commit)
    .filter(isRecorded)
    .map((output) => versionOf(output, commit));
}

/** Implements Backend.history. Also of an output that is gone from the working tree. */
export function outputVersionHistory(
  { repository }: DvcPlace,
  path: string,
  revision: string,
): HistoryEntry[] {
  const pointer =
    outputsInTree(repository).find((output) => output.path === path)?.pointer ?? `${path}${DVC_SUFFIX}`;
  return outputHistory(repository, revision, path, pointer).map(({ output, ...commit }) => ({
    ...commit,
    version: output !== undefined && isRecorded(output) ? outputFacts(output) : undefined,
  }));
}

/** Implements Backend.everyVersion. */
export function* everyOutputVersion({ repository, onWarning }: DvcPlace): Generator<CommittedVersion> {
  const revisions = everyName(repository.root);
  const warn = ({ message }: VarveError): void => onWarning?.(message);
  for (const { output, ...commit } of outputCommits(repository, revisions, warn)) {
    if (isRecorded(output)) yield { ...commit, path: output.path, ...outputFacts(output) };
  }
}

/** Read the outputs of a commit; of the working tree if it is undefined. */
export function outputsOf(repository: DvcRepository, commit: string | undefined): Output[] {
  return commit === undefined ? outputsInTree(repository) : outputsAt(repository, commit);
}

function versionOf(output: RecordedOutput, commit: string | undefined): DatasetVersion {
  return { path: output.path, commit, ...outputFacts(output) };
}

function recorded(output: Output): RecordedOutput {
  if (isRecorded(output)) return output;
  const { path } = output;
  throw new VarveError('dataset-missing', `${path} has no recorded version yet`, {
    path,
    remedy: 'Run `dvc repro` or `varve add` first.',
  });
}
