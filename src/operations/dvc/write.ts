import { unsupported } from '../../dvc/format/config.ts';
import type { ProfileReference } from '../../dvc/format/output.ts';
import { isCached } from '../../dvc/objects/cache.ts';
import type { ObjectRemote } from '../../dvc/objects/object-remote.ts';
import { chosenRemote, openDvcRemote } from '../../dvc/objects/remotes.ts';
import { fetchOutputs, pushOutputs, type Transferred, type Wanted } from '../../dvc/objects/transfer.ts';
import { addOutputs } from '../../dvc/tree/add.ts';
import { checkoutOutputs } from '../../dvc/tree/checkout.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import type { Identified } from '../../dvc/tree/identify.ts';
import { commitsWithOutputs, outputsAt, outputsInTree } from '../../dvc/tree/pointers.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import {
  isOnRemotes,
  isRecorded,
  type Recorded,
  type Selected,
  selectOutputs,
} from '../../dvc/tree/select.ts';
import { VarveError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import type { Context } from '../context/context.ts';
import { closing, openCache } from '../context/stores.ts';
import type { Profiler } from '../statistics/profiler.ts';
import { inDvc } from './context.ts';
import { asPointer, digestOfId } from './datasets.ts';
import { noteKey, readWholeNote } from './profile-notes.ts';

export interface DvcTransferOptions {
  readonly remote?: string | undefined;
  readonly allCommits?: boolean | undefined;
  readonly profilesOnly?: boolean | undefined;
  readonly jobs?: number | undefined;
}

/** With the cache of varve, which keeps the profiles. */
function inDvcWithProfiles<T>(
  context: Context,
  dvc: DvcRepository,
  work: (within: DvcContext, cache: Store) => Promise<T>,
): Promise<T> {
  return inDvc(context, dvc, async (within) =>
    closing(await openCache(context), (cache) => work(within, cache)),
  );
}

/** No profile is near this size. */
const LARGEST_PROFILE = 256 * 1024 * 1024;

/** `varve add` in a repository of DVC. */
export function dvcAdd(
  context: Context,
  dvc: DvcRepository,
  paths: readonly string[],
  profiler: Profiler | undefined,
) {
  return inDvcWithProfiles(context, dvc, async (within, cache) => {
    const before = new Map(outputsInTree(dvc).map((output) => [output.path, output]));
    const added = await addOutputs(within, paths, (path, data) => {
      const known = before.get(path);
      if (known?.profile !== undefined && known.id?.value === data.id.value)
        return Promise.resolve(known.profile);
      return profileOf(dvc, cache, profiler, path, data);
    });
    const after = outputsInTree(dvc).filter(isRecorded);
    const datasets = added.map(({ path, change }) => {
      const output = after.find((one) => one.path === path)!;
      return { ...asPointer(output), path, change };
    });
    return { datasets };
  });
}

async function profileOf(
  dvc: DvcRepository,
  cache: Store,
  profiler: Profiler | undefined,
  path: string,
  { kind, files }: Identified,
): Promise<ProfileReference | undefined> {
  const profile = await profiler?.({
    path,
    absolutePath: `${dvc.root}/${path}`,
    kind,
    files: files.map((file) => ({ path: file.path, digest: digestOfId(file.id), size: file.facts.size })),
    previous: undefined,
  });
  if (profile === undefined) return undefined;
  const digest = await keepProfile(cache, profile.bytes);
  return { digest, ...(profile.rows !== undefined && { rows: profile.rows }) };
}

async function keepProfile(cache: Store, bytes: Uint8Array): Promise<`sha256:${string}`> {
  const batch = cache.batch();
  const { digest } = await batch.addBytes([bytes], 'meta');
  await batch.commit();
  return digest;
}

/** `varve checkout` in a repository of DVC. */
export function dvcCheckout(
  context: Context,
  dvc: DvcRepository,
  paths: readonly string[],
  options: { readonly force?: boolean | undefined },
) {
  return inDvc(context, dvc, (within) =>
    checkOut(within, wantedOf(selectOutputs(within, outputsInTree(dvc), paths)), options),
  );
}

async function checkOut(
  context: DvcContext,
  wanted: readonly Wanted[],
  options: { readonly force?: boolean | undefined },
) {
  const results = await checkoutOutputs(context, wanted, options);
  return {
    datasets: results.map(({ output, ...counts }) => ({
      path: output.path,
      ...counts,
      kept: [] as string[],
    })),
  };
}

/** `varve push` in a repository of DVC. */
export function dvcPush(
  context: Context,
  dvc: DvcRepository,
  paths: readonly string[],
  options: DvcTransferOptions,
) {
  return inDvcWithProfiles(context, dvc, async (within, cache) => {
    const wanted = transferable(within, dvc, paths, options);
    const data = options.profilesOnly ? NOTHING : await pushOutputs(within, wanted, options);
    const profiles = await onProfiles(within, wanted, options, async (remote, digest) => {
      if (!cache.has(digest) || (await readWholeNote(remote, digest)) !== undefined) return undefined;
      const bytes = await cache.readBytes(digest, LARGEST_PROFILE);
      await remote.writeNote(noteKey(digest), bytes);
      return bytes.length;
    });
    return { ...chosen(dvc, wanted, options), ...total(data, profiles) };
  });
}

/** `varve fetch` in a repository of DVC. */
export function dvcFetch(
  context: Context,
  dvc: DvcRepository,
  paths: readonly string[],
  options: DvcTransferOptions,
) {
  return inDvcWithProfiles(context, dvc, async (within, cache) => {
    const wanted = transferable(within, dvc, paths, options);
    return { ...chosen(dvc, wanted, options), ...(await fetchAll(within, wanted, cache, options)) };
  });
}

/** `varve pull` in a repository of DVC. */
export function dvcPull(
  context: Context,
  dvc: DvcRepository,
  paths: readonly string[],
  options: DvcTransferOptions & { readonly force?: boolean | undefined },
) {
  return inDvcWithProfiles(context, dvc, async (within, cache) => {
    const wanted = transferable(within, dvc, paths, options);
    const fetched = { ...chosen(dvc, wanted, options), ...(await fetchAll(within, wanted, cache, options)) };
    if (options.profilesOnly) return { fetched, datasets: [] };
    const here = wantedOf(selectOutputs(within, outputsInTree(dvc), paths)).filter(isAvailable(within));
    return { fetched, ...(await checkOut(within, here, options)) };
  });
}

/** What no remote has is checked out where the cache has it. */
function isAvailable(context: DvcContext): (wanted: Wanted) => boolean {
  return ({ output }) => isOnRemotes(output) || isCached(context, output.id);
}

function chosen(dvc: DvcRepository, wanted: readonly Wanted[], { remote }: DvcTransferOptions) {
  return { remote: chosenRemote(dvc.config, remote), snapshots: wanted.length };
}

const NOTHING: Transferred = { objects: 0, bytes: 0 };

async function fetchAll(
  context: DvcContext,
  wanted: readonly Wanted[],
  cache: Store,
  options: DvcTransferOptions,
): Promise<Transferred> {
  const profiles = await onProfiles(context, wanted, options, async (remote, digest) => {
    if (cache.has(digest)) return undefined;
    // Lost profiles are no loss: they are computed again.
    const bytes = await readWholeNote(remote, digest);
    if (bytes === undefined) return undefined;
    await keepProfile(cache, bytes);
    return bytes.length;
  });
  return total(profiles, options.profilesOnly ? NOTHING : await fetchOutputs(context, wanted, options));
}

/** Runs `move` once for each profile of the outputs, on the remote of its data. It returns the bytes that it moved. */
async function onProfiles(
  context: DvcContext,
  wanted: readonly Wanted[],
  options: DvcTransferOptions,
  move: (remote: ObjectRemote, digest: ProfileReference['digest']) => Promise<number | undefined>,
): Promise<Transferred> {
  const moved = { objects: 0, bytes: 0 };
  const byRemote = profilesByRemote(wanted, options.remote);
  for (const [name, digests] of byRemote) {
    const remote = await openDvcRemote(context, name);
    try {
      for (const digest of digests) {
        const bytes = await move(remote, digest);
        if (bytes === undefined) continue;
        moved.objects++;
        moved.bytes += bytes;
      }
    } finally {
      await remote.close();
    }
  }
  return moved;
}

function profilesByRemote(
  wanted: readonly Wanted[],
  given: string | undefined,
): Map<string | undefined, Set<ProfileReference['digest']>> {
  const groups = new Map<string | undefined, Set<ProfileReference['digest']>>();
  for (const { output } of wanted) {
    if (output.profile === undefined) continue;
    const name = given ?? output.remote;
    groups.set(name, (groups.get(name) ?? new Set()).add(output.profile.digest));
  }
  return groups;
}

function transferable(
  context: DvcContext,
  dvc: DvcRepository,
  paths: readonly string[],
  { allCommits }: DvcTransferOptions,
): Wanted[] {
  const inTree = wantedOf(selectOutputs(context, outputsInTree(dvc), paths));
  const refused = paths.length > 0 && inTree.find(({ output }) => output.imported === 'repository');
  if (refused)
    throw unsupported(
      `fetching ${refused.output.path}, which was imported from another repository,`,
      'Run `dvc fetch` or `dvc update`.',
      refused.output.path,
    );
  if (paths.length > 0 && inTree.length > 0 && inTree.every(({ output }) => !output.pushed))
    throw keptFromRemotes(inTree[0]!.output.path);
  const all = new Map(inTree.map((wanted) => [`${wanted.output.path}\0${wanted.output.id.value}`, wanted]));
  for (const commit of allCommits ? commitsWithOutputs(dvc, ['--all']) : []) {
    for (const wanted of wantedOf(outputsOf(context, dvc, commit, paths))) {
      const key = `${wanted.output.path}\0${wanted.output.id.value}`;
      if (!all.has(key)) all.set(key, wanted);
    }
  }
  return [...all.values()].filter(({ output }) => isOnRemotes(output));
}

/** Of a commit, the outputs that the paths name; none where it has none of them. */
function outputsOf(
  context: DvcContext,
  dvc: DvcRepository,
  commit: string,
  paths: readonly string[],
): Selected[] {
  try {
    return selectOutputs(context, outputsAt(dvc, commit), paths);
  } catch (error) {
    if (error instanceof VarveError && error.code === 'not-a-dataset') return [];
    throw error;
  }
}

function wantedOf(selected: readonly Selected[]): Wanted[] {
  return selected.flatMap(({ output, only }) =>
    isRecorded(output) && output.cached
      ? [{ output: output as Recorded, ...(only === undefined ? {} : { only }) }]
      : [],
  );
}

function total(...parts: readonly Transferred[]): Transferred {
  return {
    objects: parts.reduce((sum, { objects }) => sum + objects, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function keptFromRemotes(path: string): VarveError {
  return new VarveError('kept-from-remotes', `${path} is kept out of remotes by its \`push: false\``, {
    path,
    remedy: 'Make it again with `dvc repro`, or copy it from a clone that has it.',
  });
}
