import { unsupported } from '../../dvc/format/config.ts';
import type { ProfileReference } from '../../dvc/format/output.ts';
import { isCached } from '../../dvc/objects/cache.ts';
import type { ObjectRemote } from '../../dvc/objects/object-remote.ts';
import { chosenRemote, openDvcRemote } from '../../dvc/objects/remotes.ts';
import {
  type DvcTransferred,
  fetchOutputs,
  lackingOutputs,
  pushOutputs,
  type Wanted,
} from '../../dvc/objects/transfer.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import {
  commitsWithOutputs,
  type OutputCommit,
  outputCommits,
  outputsAt,
  outputsInTree,
} from '../../dvc/tree/pointers.ts';
import { isOnRemotes, isRecorded, type Selected, selectOutputs } from '../../dvc/tree/select.ts';
import { VarveError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import { shellWord } from '../../wording/quote.ts';
import { everyName } from '../../workspace/git/pointers.ts';
import type {
  CheckoutOptions,
  LackingVersion,
  PullResult,
  RemoteStatus,
  TransferChoice,
  TransferResult,
} from '../backend/results.ts';
import { MAX_PROFILE_BYTES } from '../statistics/stored.ts';
import { checkoutWanted, wantedOf } from './checkout.ts';
import { type DvcPlace, inDvc } from './context.ts';
import { noteKey, readWholeNote } from './profile-notes.ts';
import { inDvcWithProfiles, keepProfile } from './profiles.ts';

/** Implements Backend.push. */
export function push(
  context: DvcPlace,
  paths: readonly string[],
  options: TransferChoice,
): Promise<TransferResult> {
  return inDvcWithProfiles(context, async (within, cache) => {
    const wanted = transferable(within, paths, options);
    const data = options.profilesOnly ? NOTHING : await pushOutputs(within, wanted, options);
    const profiles = await onProfiles(within, wanted, options, async (remote, digest) => {
      if (!cache.has(digest) || (await readWholeNote(remote, digest)) !== undefined) return undefined;
      const bytes = await cache.readBytes(digest, MAX_PROFILE_BYTES);
      await remote.writeNote(noteKey(digest), bytes);
      return bytes.length;
    });
    return { ...chosen(within, wanted, options), ...total(data, profiles) };
  });
}

/** Implements Backend.remoteStatus. */
export function remoteStatus(
  context: DvcPlace,
  paths: readonly string[],
  remote: string | undefined,
): Promise<RemoteStatus> {
  return inDvc(context, async (within) => {
    const wanted = transferable(within, paths, { allCommits: true });
    const lacking = await lackingOutputs(within, wanted, { remote });
    return {
      remote: chosenRemote(within.repository.config, remote),
      versions: wanted.length,
      lacking: lackingVersions(context, lacking),
    };
  });
}

/** Implements Backend.fetch. */
export function fetch(
  context: DvcPlace,
  paths: readonly string[],
  options: TransferChoice,
): Promise<TransferResult> {
  return inDvcWithProfiles(context, async (within, cache) => {
    const wanted = transferable(within, paths, options);
    const { lacking, ...fetched } = await fetchAll(within, wanted, cache, options);
    return { ...fetched, ...lackingField(context, lacking) };
  });
}

/** Implements Backend.pull. */
export function pull(
  context: DvcPlace,
  paths: readonly string[],
  options: TransferChoice & CheckoutOptions,
): Promise<PullResult> {
  return inDvcWithProfiles(context, async (within, cache) => {
    const wanted = transferable(within, paths, options);
    const { lacking, ...moved } = await fetchAll(within, wanted, cache, options);
    const fetched = { ...moved, ...lackingField(context, lacking) };
    if (options.profilesOnly) return { fetched, datasets: [] };
    const absent = new Set(lacking.map(versionKey));
    const here = wantedOf(selectOutputs(within, outputsInTree(within.repository), paths)).filter(
      (one) => isAvailable(within)(one) && !absent.has(versionKey(one)),
    );
    return { fetched, ...(await checkoutWanted(within, here, options)) };
  });
}

/** What no remote has is checked out where the cache has it. */
function isAvailable(context: DvcContext): (wanted: Wanted) => boolean {
  return ({ output }) => isOnRemotes(output) || isCached(context, output.id);
}

function chosen({ repository }: DvcContext, wanted: readonly Wanted[], { remote }: TransferChoice) {
  return { remote: chosenRemote(repository.config, remote), snapshots: wanted.length };
}

/** The field of a fetch's result; absent where the remote had all. */
function lackingField(context: DvcPlace, lacking: readonly Wanted[]): Pick<TransferResult, 'lacking'> {
  return lacking.length === 0 ? {} : { lacking: lackingVersions(context, lacking) };
}

/** Name versions by the first commit that has each, of whatever branch; one that is not committed has none. */
function lackingVersions({ repository }: DvcPlace, lacking: readonly Wanted[]): LackingVersion[] {
  if (lacking.length === 0) return [];
  const commits = new Map<string, Omit<OutputCommit, 'output'>>();
  // Newest first, so that the first commit that has a version is what stays.
  for (const { output, ...commit } of outputCommits(
    repository,
    everyName(repository.root),
    () => undefined,
  )) {
    if (isRecorded(output)) commits.set(versionKey({ output }), commit);
  }
  return lacking.map((one) => {
    const { path, id } = one.output;
    return { path, digest: `${id.hash}:${id.value}`, ...commits.get(versionKey(one)) };
  });
}

function versionKey({ output }: Wanted): string {
  return `${output.path}\0${output.id.value}`;
}

const NOTHING: DvcTransferred = { objects: 0, bytes: 0 };

async function fetchAll(
  context: DvcContext,
  wanted: readonly Wanted[],
  cache: Store,
  options: TransferChoice,
): Promise<Omit<TransferResult, 'lacking'> & { readonly lacking: readonly Wanted[] }> {
  const profiles = await onProfiles(context, wanted, options, async (remote, digest) => {
    if (cache.has(digest)) return undefined;
    // Lost profiles are no loss: they are computed again.
    const bytes = await readWholeNote(remote, digest);
    if (bytes === undefined) return undefined;
    await keepProfile(cache, bytes);
    return bytes.length;
  });
  const { remote, snapshots } = chosen(context, wanted, options);
  const { lacking, ...data } = options.profilesOnly
    ? { ...NOTHING, lacking: [] }
    : await fetchOutputs(context, wanted, options);
  return { remote, snapshots: snapshots - lacking.length, ...total(profiles, data), lacking };
}

/** Run `move` once for each profile of the outputs, on the remote of its data. It returns the bytes that it moved. */
async function onProfiles(
  context: DvcContext,
  wanted: readonly Wanted[],
  options: TransferChoice,
  move: (remote: ObjectRemote, digest: ProfileReference['digest']) => Promise<number | undefined>,
): Promise<DvcTransferred> {
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
  paths: readonly string[],
  { allCommits }: TransferChoice,
): Wanted[] {
  const { repository } = context;
  const inTree = wantedOf(selectOutputs(context, outputsInTree(repository), paths));
  const refused = paths.length > 0 && inTree.find(({ output }) => output.imported === 'repository');
  if (refused)
    throw unsupported(
      `fetching ${refused.output.path}, which was imported from another repository,`,
      `Run \`dvc fetch ${shellWord(refused.output.path)}\`.`,
      refused.output.path,
    );
  if (paths.length > 0 && inTree.length > 0 && inTree.every(({ output }) => !output.pushed))
    throw keptFromRemotes(inTree[0]!.output.path);
  const all = new Map(inTree.map((wanted) => [versionKey(wanted), wanted]));
  for (const commit of allCommits ? commitsWithOutputs(repository, ['--all']) : []) {
    for (const wanted of wantedOf(selectedAt(context, commit, paths))) {
      if (!all.has(versionKey(wanted))) all.set(versionKey(wanted), wanted);
    }
  }
  return [...all.values()].filter(({ output }) => isOnRemotes(output));
}

/** Of a commit, the outputs that the paths name; none if it has none of them. */
function selectedAt(context: DvcContext, commit: string, paths: readonly string[]): Selected[] {
  try {
    return selectOutputs(context, outputsAt(context.repository, commit), paths);
  } catch (error) {
    if (error instanceof VarveError && error.code === 'dataset-missing') return [];
    throw error;
  }
}

function total(...parts: readonly DvcTransferred[]): DvcTransferred {
  return {
    objects: parts.reduce((sum, { objects }) => sum + objects, 0),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function keptFromRemotes(path: string): VarveError {
  return new VarveError('dataset-local-only', `${path} is kept out of remotes by its \`push: false\``, {
    path,
    remedy: 'Make it again with `dvc repro`, or copy it from a clone that has it.',
  });
}
