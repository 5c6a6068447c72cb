import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Root } from '../../store/gc/roots.ts';
import type { Store } from '../../store/store.ts';
import { transferEach } from '../../store/transfer/transfer-each.ts';
import { shellWord } from '../../wording/quote.ts';
import type { PurgedFile, TransferChoice, TransferResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import type { SelectedDataset } from './datasets/select.ts';
import { selectVersionsNamed } from './datasets/select-versions.ts';
import { fetchInPlace } from './in-place/fetch.ts';
import { claimInCache, type OpenRemoteStore, openCache, openRemoteStore } from './stores/stores.ts';
import { rootsToTransfer, transferOptions, versionCount } from './stores/transfer-roots.ts';
import { lackingField, lackingVersion } from './unpushed.ts';

/** Bring what the cache lacks of the chosen datasets; the data itself is not touched. */
export async function fetch(
  context: WorkingContext,
  paths: readonly string[],
  choice: TransferChoice,
): Promise<TransferResult> {
  const datasets = selectVersionsNamed(context, paths);
  return closing(await openCache(context), (cache) => fetchInto(context, cache, datasets, choice, { paths }));
}

/** What is brought in another way, and what else a fetch is told. */
export interface Passing {
  /** As the user named them, by which the datasets were chosen: see rootsToTransfer. */
  readonly paths?: readonly string[] | undefined;
  /** Files that need not be brought. */
  readonly skip?: ReadonlySet<Digest> | undefined;
  /** Chunked files that are restored through the cache afterwards. */
  readonly later?: ReadonlySet<Digest> | undefined;
  /** The remote, if it is open already. */
  readonly opened?: OpenRemoteStore | undefined;
}

export async function fetchInto(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
  choice: TransferChoice,
  passing: Passing = {},
): Promise<TransferResult> {
  const roots = await rootsToTransfer(context, datasets, choice, passing.paths ?? []);
  await claimInCache(context, roots);
  const fetched = await fromRemote(context, cache, roots, choice, passing);
  if (choice.profilesOnly || roots.every(({ source }) => source === undefined)) return fetched;
  const inPlace = await fetchInPlace(context, cache, datasets, roots, choice.jobs);
  return { ...fetched, inPlace };
}

const LEFT_OPEN = { close: async (): Promise<void> => undefined };

/**
 * Fetch from a remote. It has only the lists of data in place: if those are here already, it need not even be there.
 */
async function fromRemote(
  context: WorkingContext,
  cache: Store,
  roots: readonly Root[],
  choice: TransferChoice,
  { skip, later, opened }: Passing,
): Promise<TransferResult> {
  if (roots.length > 0 && choice.remote === undefined && roots.every((root) => isListHere(cache, root))) {
    return { remote: null, snapshots: versionCount(roots), objects: 0, bytes: 0 };
  }
  const { name, url, store } = opened ?? (await openRemoteStore(context, choice.remote));
  return closing(opened === undefined ? store : LEFT_OPEN, async () => {
    const purged = new Map<string, PurgedFile>();
    const onPurged = (path: string, digest: string): unknown =>
      purged.set(`${path}\0${digest}`, { path, digest });
    const options = {
      ...transferOptions(context, choice),
      skip,
      later,
      ...(choice.allCommits && { onPurged }),
    };
    const { lacking, ...sent } = await transferEach(store, cache, roots, options).catch(
      async (error: unknown) => {
        throw roots.length === 1 || store.isEmpty
          ? await explained(context, name, store, roots[0]!, error)
          : error;
      },
    );
    return {
      remote: { name, url },
      snapshots: versionCount(roots) - versionCount(lacking.map(({ root }) => root)),
      ...sent,
      ...(purged.size > 0 && { purged: [...purged.values()] }),
      ...lackingField(context, lacking),
    };
  });
}

/** Say whom to ask for the one version that was wanted, or that nothing was ever pushed to this place. */
async function explained(
  context: WorkingContext,
  place: string,
  store: Store,
  root: Root,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof VarveError) || error.code !== 'object-missing') return error;
  const { code, message, path = root.path, details } = error;
  const { commit, author, date } = lackingVersion(context, root.path, root.digest);
  const origin =
    commit && `The version came with commit ${commit.slice(0, 12)} of ${author} on ${date?.slice(0, 10)}. `;
  const remedy = store.isEmpty
    ? await ofEmpty(place, store)
    : `${origin ?? ''}Whoever has its data sends it by \`varve push --all-commits\`; then run this command again.`;
  return new VarveError(code, message, { path, details, cause: error, remedy });
}

/** Say what to do where the index names nothing: nobody ever pushed, or the index is lost. */
async function ofEmpty(place: string, store: Store): Promise<string> {
  for (const prefix of ['refs/', 'packs/', 'objects/'])
    for await (const _ of store.core.remote.list(prefix))
      return `${place} was pushed to, and its index is lost. Run \`varve verify --remote ${shellWord(place)}\`, which makes it anew from the data that lies there; then run this command again. What is not there any more, whoever has it sends by \`varve push --all-commits\`.`;
  return `Nothing was ever pushed to ${place}. If it should have data, \`varve remote list\` shows where that is sought: a relative path counts from this repository. If the place is right, whoever has the data sends it by \`varve push --all-commits\`.`;
}

function isListHere(cache: Store, { source, digest, profile }: Root): boolean {
  return source !== undefined && cache.has(digest) && (profile === undefined || cache.has(profile));
}
