import { join, posix, relative } from 'node:path';
import { VarveError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import { transfer } from '../../store/transfer/transfer.ts';
import { shellWord } from '../../wording/quote.ts';
import { describeUrl } from '../../wording/urls.ts';
import { readConfig } from '../../workspace/config.ts';
import type { Imported } from '../../workspace/imported.ts';
import { type Pointer, pointerPath } from '../../workspace/pointer.ts';
import { dataKind } from '../../workspace/tree/scan.ts';
import type { Backend, Followed } from '../backend/backend.ts';
import type { CheckoutOptions, ImportedDataset } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { isHere } from './bring.ts';
import { checkoutFrom } from './checkout.ts';
import { refuseNested, rootOf, selectDatasets } from './datasets/select.ts';
import { pointerOf } from './datasets/versions.ts';
import { pointTo, replaceablePointer, resolveDatasets } from './datasets/write-pointer.ts';
import { isInPlace } from './in-place/snapshot.ts';
import { sourceRequest } from './stores/requests.ts';
import { claimInCache, openCache, openRemoteStore, wantedFromRemote } from './stores/stores.ts';
import { transferOptions } from './stores/transfer-roots.ts';

/** A version of another repository that is to be taken in. */
interface Taking {
  readonly other: Backend;
  readonly version: DatasetVersion;
  readonly imported: Imported;
  /** Path of the dataset here, from the root. */
  readonly to: string;
}

/** Implements Backend.send. */
export async function send(context: WorkingContext, version: DatasetVersion, to: Store): Promise<Pointer> {
  const { path, commit } = version;
  const pointer = pointerOf(context.repository, path, commit)!;
  if (isInPlace(pointer)) throw liesElsewhere(path, pointer.source);
  const dataset = { path, pointer };
  if (await isHere(context, to, dataset)) return pointer;
  const roots = [rootOf(dataset)];
  await closing(await openCache(context), async (cache) => {
    if (await isHere(context, cache, dataset))
      return transfer(cache, to, roots, transferOptions(context, {}));
    const remote = await openRemoteStore(context).catch((error: unknown) => {
      throw wantedFromRemote(error, path, pointer.digest, `the cache of ${context.repository.root}`);
    });
    return closing(remote.store, () => transfer(remote.store, to, roots, transferOptions(context, {})));
  });
  return pointer;
}

/** Implements Backend.takeIn. What the cache has already is not brought; the pointer follows the data. */
export async function takeIn(
  context: WorkingContext,
  { other, version, imported, to }: Taking,
  options: CheckoutOptions,
): Promise<ImportedDataset> {
  const { repository } = context;
  const { root } = repository;
  const before = replaceablePointer(root, to, false);
  if (before?.imported === undefined) refuseTaken(context, to, before);
  return closing(await openCache(context), async (cache) => {
    const sent = await other.send(version, cache);
    const { imported: _, database: __, topic: ___, ...facts } = sent;
    const pointer: Pointer = { ...facts, path: posix.basename(to), imported: pinned(before, sent, imported) };
    const dataset = { path: to, pointer };
    await claimInCache(context, [rootOf(dataset)]);
    // Nothing new is there: what was edited here is no obstacle, and stays.
    const keepEdited = before?.digest === pointer.digest;
    await checkoutFrom(context, cache, [dataset], { ...options, named: true, keepEdited, ignore: true });
    const [added] = await pointTo(repository, [{ dataset: to, before, pointer }]);
    const { change, digest, bytes, files } = added!;
    return { ...pointer.imported!, to, digest, bytes, files, change };
  });
}

/** The commit that was pinned stays as long as it has the same data: a commit that changed nothing of it is no news. */
function pinned(
  before: Pointer | undefined,
  { digest, profile, footers, footersBy }: Pointer,
  imported: Imported,
): Imported {
  const known = before?.imported;
  const isSame =
    known !== undefined &&
    before?.digest === digest &&
    before.profile === profile &&
    before.footers === footers &&
    before.footersBy === footersBy &&
    known.repository === imported.repository &&
    known.path === imported.path &&
    known.revision === imported.revision;
  return isSame ? known : imported;
}

/** Implements Backend.followers. */
export function followers(context: WorkingContext, paths: readonly string[]): ReadonlyMap<string, Followed> {
  const config = readConfig(context.repository);
  const found = new Map<string, Followed>();
  for (const { path, pointer } of selectDatasets(context, paths)) {
    const { imported, database, topic, source, table } = pointer;
    if (database !== undefined) found.set(path, { database });
    else if (topic !== undefined) found.set(path, { topic });
    else if (imported !== undefined) found.set(path, { imported });
    else if (source !== undefined && table !== undefined)
      found.set(path, { inPlace: { table, request: sourceRequest(config, source, pointerPath(path)) } });
    else if (paths.length > 0)
      throw source === undefined ? notImported(path) : liesInPlace(context, path, source);
    else if (source !== undefined) found.set(path, { source });
  }
  return found;
}

/** @throws VarveError `path-taken`, and the codes of resolveDatasets */
function refuseTaken(context: WorkingContext, to: string, before: Pointer | undefined): void {
  const { root } = context.repository;
  const { part } = resolveDatasets({ ...context, cwd: root }, [to])[0]!;
  if (part !== undefined) refuseNested(root, to);
  if (before === undefined && dataKind(root, to) === undefined) return;
  throw new VarveError('path-taken', `Other data lies at ${to} already`, {
    path: to,
    remedy: 'Choose another place with `--to PATH`.',
  });
}

function notImported(path: string): VarveError {
  return new VarveError(
    'import-missing',
    `${path} was taken from no other repository, no database and no topic, and is no table in place`,
    {
      path,
      remedy: '`varve update` without a path updates what was; `varve pull` brings what colleagues pushed.',
    },
  );
}

function liesInPlace({ repository, cwd }: WorkingContext, path: string, source: string): VarveError {
  const to = relative(cwd, join(repository.root, path));
  return new VarveError(
    'import-missing',
    `${path} lies in place at ${describeUrl(source)}, and follows no version there`,
    {
      path,
      remedy: `\`varve add ${shellWord(source)} --to ${shellWord(to)}\` takes what lies there now.`,
    },
  );
}

function liesElsewhere(path: string, source: string): VarveError {
  return new VarveError('path-unsupported', `${path} lies in ${source}, and has no data to import`, {
    path,
    remedy: `Make a dataset of the same place: \`varve add ${shellWord(source)} --to PATH\`.`,
  });
}
