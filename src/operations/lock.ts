import { dirname, relative, resolve } from 'node:path';
import { isWithin } from '../base/files/path-order.ts';
import { systemError } from '../base/files/system-errors.ts';
import { readTrackedFile } from '../base/files/tracked-file.ts';
import { type ErrorCode, VarveError } from '../errors.ts';
import { shellWord } from '../wording/quote.ts';
import { describeUrl } from '../wording/urls.ts';
import { originUrl } from '../workspace/git/origin.ts';
import { findRevision } from '../workspace/git/pointers.ts';
import { type Lock, type LockedDataset, lockTooLarge, MAX_LOCK_BYTES, parseLock } from '../workspace/lock.ts';
import { enclosingGitRoot, refuseLinksOut } from '../workspace/repository.ts';
import type { CheckoutOptions, CheckoutResult } from './backend/results.ts';
import type { DatasetVersion, VersionPart } from './backend/version.ts';
import type { Context } from './context/context.ts';
import { wholeVersion } from './open-version.ts';

/**
 * Say which versions of datasets the data here is, such that a checkout can bring just those back.
 * @param datasets each `path` or `path@REV`; all of the working tree unless some are given
 * @throws VarveError `dataset-missing`, `revision-unknown`, `changes-unsaved` if data here is not what its pointer names
 */
export async function lock(context: Context, datasets: readonly string[]): Promise<Lock> {
  const { backend, repository } = context;
  const versions: DatasetVersion[] = [];
  for (const dataset of datasets) versions.push(await wholeVersion(context, dataset));
  if (datasets.length === 0) versions.push(...(await backend.select([])).versions);
  if (versions.length === 0) throw nothingToLock(repository.root);
  await refuseUnsaved(context, versions);
  const origin = originUrl(repository.root);
  const revision = findRevision(repository.root, 'HEAD');
  const locked: LockedDataset[] = [];
  for (const version of versions) {
    const commit = await commitWith(context, version, revision);
    if (commit === undefined)
      context.onWarning?.(
        `No commit has this version of ${version.path} yet: who takes the lock cannot bring it back. Commit its pointer, and lock again.`,
      );
    locked.push({ path: version.path, digest: version.name, ...(commit && { commit }) });
  }
  return {
    ...(origin !== undefined && { repository: describeUrl(origin) }),
    ...(revision !== undefined && { revision }),
    datasets: locked.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

/** A commit that has the version: the one that was named, or HEAD if it has what lies here. */
async function commitWith(
  { backend }: Context,
  { path, commit, content }: DatasetVersion,
  head: string | undefined,
): Promise<string | undefined> {
  if (commit !== undefined || head === undefined) return commit;
  const there = await backend.version(path, head);
  return there?.path === path && there.content === content ? head : undefined;
}

/** A lock would name other data than what lies here. */
async function refuseUnsaved(
  { backend, repository }: Context,
  versions: readonly DatasetVersion[],
): Promise<void> {
  const here = versions.filter(({ commit }) => commit === undefined);
  if (here.length === 0) return;
  const paths = here.map(({ path }) => resolve(repository.root, path));
  const { datasets } = await backend.status(paths);
  const other = datasets.find(({ state }) => state === 'modified' || state === 'outdated');
  if (other === undefined) return;
  throw new VarveError(
    'changes-unsaved',
    `The data of ${other.path} is not the version that its pointer names`,
    {
      path: other.path,
      remedy: `Save it by \`varve add ${shellWord(other.path)}\`, or lock a version of Git's history as \`${other.path}@REV\`.`,
    },
  );
}

function nothingToLock(root: string): VarveError {
  return new VarveError('dataset-missing', 'There is no dataset here to lock', {
    path: root,
    remedy: 'Add data first: `varve add PATH`.',
  });
}

export interface LockedCheckout extends CheckoutResult {
  /** Datasets that are not just what the lock names, since files of no version lie there too: `force` takes these away. */
  readonly differing: readonly string[];
}

/**
 * Make data and pointers those that a lock names, each verified by its digest, and nothing else. All of the versions must be known here, in a
 * commit or by a pointer of the working tree; what the cache lacks of them is fetched from where the settings say.
 * @param file path of the lock, relative to where the user stands
 * @throws VarveError `lock-damaged`, `lock-too-new`, `version-missing`, `changes-unsaved`, `changes-conflicting`, `object-missing`,
 * `path-missing`
 */
export async function checkoutLocked(
  context: Context,
  file: string,
  { force }: Pick<CheckoutOptions, 'force'> = {},
): Promise<LockedCheckout> {
  const { backend, repository } = context;
  const wanted = readLock(context.cwd, file);
  const found = await findVersions(context, wanted, file);
  const absolute = (path: string): string => resolve(repository.root, path);
  const committed = found.filter(({ commit }) => commit !== undefined);
  const pointed = found.filter(({ commit }) => commit === undefined).map(({ path }) => absolute(path));
  const parts: VersionPart[] = committed.map((version) => ({ version, part: undefined }));
  const bring = async (): Promise<readonly CheckoutResult[]> => [
    parts.length === 0 ? none() : await backend.restore(parts, { force, isPointed: true }),
    pointed.length === 0 ? none() : await backend.checkout(pointed, { force }),
  ];
  const brought = await bring().catch((error: unknown) => {
    throw inTheWay(error, wanted, file);
  });
  const { datasets } = await backend.status(wanted.datasets.map(({ path }) => absolute(path)));
  const digests = new Map(wanted.datasets.map(({ path, digest }) => [path, digest]));
  const differing = datasets
    .filter(({ path, state, digest }) => state !== 'unchanged' || digest !== digests.get(path))
    .map(({ path }) => path);
  return { datasets: brought.flatMap(({ datasets: done }) => done), differing };
}

/** Codes of a checkout that data here is in the way of. */
const IN_THE_WAY: readonly ErrorCode[] = ['changes-unsaved', 'changes-conflicting'];

/** What a checkout says of unsaved data is of datasets here; the lock may name one that was none here yet. */
function inTheWay(error: unknown, { datasets }: Lock, file: string): unknown {
  if (!(error instanceof VarveError) || !IN_THE_WAY.includes(error.code)) return error;
  const { code, message, path = '', details } = error;
  const dataset = datasets.find((one) => isWithin(path, one.path));
  // Of a pointer, its own remedy holds.
  if (dataset === undefined) return error;
  const again = `\`varve checkout --locked ${shellWord(file)}\``;
  return new VarveError(code, message, {
    path,
    details,
    remedy: `Move it away, or save it by \`varve add ${shellWord(dataset.path)}\` and commit its pointer; then run ${again} again. With \`--force\` behind that, what lies there is lost.`,
    cause: error,
  });
}

function none(): CheckoutResult {
  return { datasets: [] };
}

function readLock(cwd: string, file: string): Lock {
  refuseLinksOut(cwd, file);
  try {
    const path = resolve(cwd, file);
    const root = enclosingGitRoot(dirname(path)) ?? dirname(path);
    const tooLarge = () => lockTooLarge(file);
    return parseLock(readTrackedFile(root, relative(root, path), { bytes: MAX_LOCK_BYTES, tooLarge }), file);
  } catch (error) {
    throw error instanceof VarveError ? error : systemError(error, 'read', file);
  }
}

/** Nothing is touched before each version is found. */
async function findVersions(context: Context, wanted: Lock, file: string): Promise<DatasetVersion[]> {
  const found = new Map<string, DatasetVersion>();
  for (const one of wanted.datasets) {
    const version = await versionHere(context, one);
    if (version !== undefined) found.set(one.path, version);
  }
  const open = new Map(
    wanted.datasets.filter(({ path }) => !found.has(path)).map(({ path, digest }) => [path, digest]),
  );
  if (open.size > 0) {
    for await (const version of context.backend.everyVersion()) {
      context.signal?.throwIfAborted();
      if (open.get(version.path) !== version.name) continue;
      found.set(version.path, version);
      open.delete(version.path);
      if (open.size === 0) break;
    }
  }
  if (open.size > 0) throw versionsMissing(open, wanted, file);
  return wanted.datasets.map(({ path }) => found.get(path)!);
}

/** Of the working tree, so that a pointer which names it already stays as it is; else of the commit that the lock names, if it is here. */
async function versionHere(
  { backend, repository }: Context,
  { path, digest, commit }: LockedDataset,
): Promise<DatasetVersion | undefined> {
  for (const at of [undefined, commit === undefined ? undefined : findRevision(repository.root, commit)]) {
    const version = await backend.version(path, at).catch(() => undefined);
    if (version?.path === path && version.name === digest) return version;
  }
  return undefined;
}

function versionsMissing(open: ReadonlyMap<string, string>, wanted: Lock, file: string): VarveError {
  const details = [...open].map(([path, digest]) => `${path}  ${digest}`);
  const origin = wanted.repository === undefined ? '' : ` It was made in ${describeUrl(wanted.repository)}.`;
  const [first] = open.keys();
  return new VarveError(
    'version-missing',
    `No commit here has the versions of ${open.size === 1 ? first : `${open.size} datasets`} that ${file} names`,
    {
      path: first!,
      details,
      remedy: `They may be in commits that are not here: \`git fetch --all --tags\` brings those.${origin}`,
    },
  );
}
