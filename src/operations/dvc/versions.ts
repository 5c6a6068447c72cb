import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isDirectory, type ObjectId } from '../../dvc/format/object-id.ts';
import type { Output } from '../../dvc/format/output.ts';
import { outputHistory, outputsAt, outputsInTree, POINTER_SUFFIX } from '../../dvc/tree/pointers.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import { isRecorded, outputNamed, type Recorded, selectOutputs } from '../../dvc/tree/select.ts';
import { VarveError } from '../../errors.ts';
import { type Digest, digestOf } from '../../store/format/digest.ts';
import { resolveRevision } from '../../workspace/git/pointers.ts';
import type { Pointer } from '../../workspace/pointer.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import type { Context } from '../context/context.ts';

/** One version of an output of DVC, as the statistics operations know versions of datasets. */
interface OutputVersion {
  readonly path: string;
  readonly pointer: Pointer;
  readonly commit: string | undefined;
}

/** The facts of an output as a pointer of varve would state them. */
export function asPointer(output: Recorded): Pointer {
  const { path, id, profile } = output;
  return {
    path: path.slice(path.lastIndexOf('/') + 1),
    kind: isDirectory(id) ? 'directory' : 'file',
    digest: digestOfId(id),
    bytes: output.size ?? 0,
    files: output.files ?? 1,
    ...(output.executable ? { executable: true } : {}),
    ...(profile?.rows === undefined ? {} : { rows: profile.rows }),
    ...(profile === undefined ? {} : { profile: profile.digest }),
  };
}

/** DVC knows no SHA-256 of its data: this one names the MD5, so that equal data has equal names. */
export function digestOfId({ hash, value }: ObjectId): Digest {
  return digestOf(Buffer.from(`dvc ${hash} ${value}`));
}

/** As datasetVersion, in a repository of DVC. */
export function outputVersion(
  context: Context,
  dvc: DvcRepository,
  argument: string,
): OutputVersion | undefined {
  const named = pathInRepository(context.repository, context.cwd, argument);
  const whole = outputNamed(outputsInTree(dvc), named);
  if (whole !== undefined)
    return { path: whole.path, pointer: asPointer(recorded(whole, argument)), commit: undefined };
  const at = argument.indexOf('@', 1);
  if (at < 0 || existsSync(join(context.cwd, argument))) return undefined;
  const commit = resolveRevision(dvc.root, argument.slice(at + 1));
  const path = pathInRepository(context.repository, context.cwd, argument.slice(0, at));
  const output = outputNamed(outputsAt(dvc, commit), path);
  if (output !== undefined)
    return { path: output.path, pointer: asPointer(recorded(output, argument)), commit };
  throw new VarveError('not-a-dataset', `${path} is not an output of DVC in ${commit.slice(0, 12)}`, {
    path,
    remedy: 'See `varve log` for the commits that have it.',
  });
}

/** As previousPointer, in a repository of DVC. */
export function previousOutput(dvc: DvcRepository, version: OutputVersion): Pointer | undefined {
  return historyOf(dvc, version.commit ?? 'HEAD', version.path)
    .flatMap(({ output }) => (output !== undefined && isRecorded(output) ? [asPointer(output)] : []))
    .find(({ digest }) => digest !== version.pointer.digest);
}

/** As datasetHistory, in a repository of DVC. */
export function outputVersions(dvc: DvcRepository, revision: string, path: string) {
  return historyOf(dvc, revision, path).map(({ commit, date, output }) => ({
    commit,
    date,
    pointer: output !== undefined && isRecorded(output) ? asPointer(output) : undefined,
  }));
}

/** As datasetsAt, in a repository of DVC. */
export function pointedOutputsAt(dvc: DvcRepository, commit: string) {
  return outputsAt(dvc, commit)
    .filter(isRecorded)
    .map((output) => ({ path: output.path, pointer: asPointer(output) }));
}

/** As selectDatasets, in a repository of DVC. */
export function selectPointedOutputs(context: Context, dvc: DvcRepository, paths: readonly string[]) {
  return selectOutputs({ repository: dvc, cwd: context.cwd }, outputsInTree(dvc), paths).flatMap(
    ({ output }) => (isRecorded(output) ? [{ path: output.path, pointer: asPointer(output) }] : []),
  );
}

/** The history of an output, also of one that is gone from the working tree. */
function historyOf(dvc: DvcRepository, revision: string, path: string) {
  const pointer =
    outputsInTree(dvc).find((output) => output.path === path)?.pointer ?? `${path}${POINTER_SUFFIX}`;
  return outputHistory(dvc, revision, path, pointer);
}

function recorded(output: Output, argument: string): Recorded {
  if (isRecorded(output)) return output;
  throw new VarveError('not-a-dataset', `${argument} has no recorded version yet`, {
    path: argument,
    remedy: 'Run `dvc repro` or `varve add` first.',
  });
}

/** `varve log` in a repository of DVC. */
export function outputLog(context: Context, dvc: DvcRepository, path: string, revision: string) {
  const named = pathInRepository(context.repository, context.cwd, path);
  const dataset = outputNamed(outputsInTree(dvc), named)?.path ?? named;
  const history = historyOf(dvc, revision, dataset);
  if (history.length === 0) {
    throw new VarveError('not-a-dataset', `No commit of ${revision} has an output of DVC at ${path}`, {
      path,
      remedy: 'Commit its .dvc file first; `varve status` lists the outputs that there are.',
    });
  }
  const versions = history.map(({ output, ...commit }) => {
    if (output === undefined || !isRecorded(output)) return { ...commit, snapshot: null };
    const { bytes, files, rows } = asPointer(output);
    return {
      ...commit,
      snapshot: { digest: `md5:${output.id.value}`, bytes, files, ...(rows === undefined ? {} : { rows }) },
    };
  });
  return { path: dataset, versions };
}
