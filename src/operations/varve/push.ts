import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import type { Evicted } from '../../store/gc/evict.ts';
import type { Root } from '../../store/gc/roots.ts';
import { Store } from '../../store/store.ts';
import { type PushTotals, pushToRemote } from '../../store/transfer/push.ts';
import { shellWord } from '../../wording/quote.ts';
import { cloneId, cloneRecord } from '../../workspace/clone-id.ts';
import { CompletedPushesFile } from '../../workspace/completed-pushes.ts';
import type { PurgedFile, TransferChoice, TransferResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { everyRoot } from './datasets/roots.ts';
import { type SelectedDataset, selectDatasets } from './datasets/select.ts';
import { evictPushed, keepsUnpushedOnly } from './evict.ts';
import { indexFolder, openCache, openRemoteNamed } from './stores/stores.ts';
import { rootsToTransfer, transferOptions, versionCount } from './stores/transfer-roots.ts';
import { takeUnchanged } from './take-unchanged.ts';
import { lackingField } from './unpushed.ts';

/** Name of the file, in the folder of the indexes, that remembers pushes. */
export const COMPLETED_PUSHES = 'pushed.json';

/** Send what the remote lacks of the chosen datasets. What was interrupted is not sent again. */
export async function push(
  context: WorkingContext,
  paths: readonly string[],
  choice: TransferChoice,
): Promise<TransferResult> {
  const datasets = selectDatasets(context, paths);
  const roots = await rootsToTransfer(context, datasets, choice, paths);
  const others = choice.allCommits ? [] : await otherVersions(context, datasets, paths);
  return pushRoots(context, roots, choice, { others, leavesOut: choice.allCommits, goesOn: true });
}

/** List the versions of other commits. */
async function otherVersions(
  context: WorkingContext,
  datasets: readonly SelectedDataset[],
  paths: readonly string[],
): Promise<Root[]> {
  const pushed = new Set(datasets.map(({ path, pointer }) => `${path}\0${pointer.digest}`));
  const all = await rootsToTransfer(context, datasets, { allCommits: true }, paths);
  return all.filter(({ path, digest }) => !pushed.has(`${path}\0${digest}`));
}

interface PushManner {
  /** Versions that are not sent: those of them that the remote does not name are counted. */
  readonly others?: readonly Root[];
  /** Whether what was purged from the remote is left out, and told; it is an error otherwise. */
  readonly leavesOut?: boolean | undefined;
  /** Whether versions of which something is nowhere are told, and do not stop the others. */
  readonly goesOn?: boolean;
}

/**
 * Send what the remote lacks of the roots, and record there that this clone needs them.
 * @throws VarveError `object-missing`, `remote-missing`, and what the remote meets
 */
export async function pushRoots(
  context: WorkingContext,
  roots: readonly Root[],
  choice: TransferChoice,
  { others = [], leavesOut = false, goesOn = false }: PushManner = {},
): Promise<TransferResult> {
  const { name, remote } = await openRemoteNamed(context, choice.remote);
  return closing(remote, async () => {
    const completed = new CompletedPushesFile(join(indexFolder(context), COMPLETED_PUSHES));
    refuseVanished(name, remote.url, completed);
    const purged = new Map<string, PurgedFile>();
    const onPurged = (path: string, digest: string): unknown =>
      purged.set(`${path}\0${digest}`, { path, digest });
    const options = {
      clone: cloneId(context.repository),
      cloneRecord: cloneRecord(context.repository),
      everyRoot: () => everyRoot(context),
      others,
      indexCache: indexFolder(context),
      completed,
      looksAtFiles: choice.allCommits === true,
      ...transferOptions(context, choice),
      ...(leavesOut && { onPurged }),
      goesOn,
    };
    const send = (): Promise<PushTotals> => pushToRemote(() => openCache(context), remote, roots, options);
    const takesUnchanged = keepsUnpushedOnly(context) && choice.profilesOnly !== true;
    const {
      unknown = [],
      lacking = [],
      ...sent
    } = await (takesUnchanged ? sendWithUnchanged(context, remote, roots, send) : send()).catch(
      (error: unknown) => {
        throw keepsUnpushedOnly(context) ? onOtherRemote(error, name) : error;
      },
    );
    const isLeft = new Set(lacking.map(({ root }) => root));
    const sentRoots = roots.filter((root) => !isLeft.has(root));
    const evicted = choice.profilesOnly ? undefined : await evictSent(context, name, remote, sentRoots);
    const unsent = new Set(unknown.map(({ path, digest }) => `${path}\0${digest}`)).size;
    return {
      remote: { name, url: remote.url },
      snapshots: versionCount(roots) - versionCount(lacking.map(({ root }) => root)),
      ...sent,
      ...inPlaceOf(roots),
      ...(evicted && { evicted }),
      ...(unsent > 0 && { unsent }),
      ...(purged.size > 0 && { purged: [...purged.values()] }),
      ...lackingField(context, lacking),
    };
  });
}

/** Send again with what lies unchanged in the working tree, where the cache dropped it and the remote lost it. */
async function sendWithUnchanged(
  context: WorkingContext,
  remote: Remote,
  roots: readonly Root[],
  send: () => Promise<PushTotals>,
): Promise<PushTotals> {
  const first = await send().catch((error: unknown) => {
    if (error instanceof VarveError && error.code === 'object-missing') return error;
    throw error;
  });
  const isRefused = first instanceof VarveError;
  const lacking = isRefused ? roots : (first.lacking ?? []).map(({ root }) => root);
  const taken = lacking.length === 0 ? 0 : await takeUnchanged(context, remote, lacking);
  if (taken === 0) {
    if (isRefused) throw first;
    return first;
  }
  const second = await send();
  if (isRefused) return second;
  return { ...second, objects: first.objects + second.objects, bytes: first.bytes + second.bytes };
}

/** Say of what the cache dropped, since another remote has it, how it comes to this one. */
function onOtherRemote(error: unknown, name: string): unknown {
  if (!(error instanceof VarveError) || error.code !== 'object-missing') return error;
  const { code, message, path, details } = error;
  return new VarveError(code, message, {
    ...(path !== undefined && { path }),
    details,
    cause: error,
    remedy: `The cache keeps nothing that another remote has: run \`varve fetch --remote OTHER\` to bring it from there, then \`varve push --remote ${shellWord(name)}\` again. What no remote has any more and lies here unchanged goes there by \`varve add --to-remote PATH\`.`,
  });
}

/** Drop from the cache what was sent. */
async function evictSent(
  context: WorkingContext,
  name: string,
  remote: Remote,
  roots: readonly Root[],
): Promise<Evicted | undefined> {
  if (!keepsUnpushedOnly(context)) return undefined;
  const store = await Store.open(remote, { indexCache: indexFolder(context) });
  return closing(await openCache(context), (cache) => evictPushed(context, cache, { name, store }, roots));
}

/** A disk that is not mounted must not be taken for a remote that has nothing yet: its folder would be made beneath the mount. @throws VarveError `remote-missing` */
export function refuseVanished(name: string, url: string, { stores }: CompletedPushesFile): void {
  if (!isAbsolute(url) || !stores.has(url) || existsSync(url)) return;
  throw new VarveError('remote-missing', `The folder of remote ${name}, ${url}, is not there any more`, {
    path: url,
    remedy: `Mount the disk that it lies on. If it is gone for good, make an empty folder by \`mkdir -p ${shellWord(url)}\`, then run \`varve push --all-commits\`.`,
  });
}

/** List the datasets in place, each once: only their object list is pushed. */
function inPlaceOf(roots: readonly Root[]): Pick<TransferResult, 'inPlace'> {
  const urls = new Map(roots.flatMap(({ path, source }) => (source === undefined ? [] : [[path, source]])));
  return urls.size === 0
    ? {}
    : { inPlace: [...urls].map(([path, url]) => ({ path, url, objects: 0, bytes: 0 })) };
}
