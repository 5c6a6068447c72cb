import { existsSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { VarveError } from '../errors.ts';
import { knownBy } from '../profile/footers/model.ts';
import { shellWord } from '../wording/quote.ts';
import { withoutSecrets } from '../wording/urls.ts';
import type { DatabaseOrigin } from '../workspace/database-origin.ts';
import { findRevision, resolveRevision } from '../workspace/git/pointers.ts';
import { type Imported, problemOfAddress } from '../workspace/imported.ts';
import { pointerPath } from '../workspace/pointer.ts';
import { pathInRepository, targetInRepository } from '../workspace/repository.ts';
import type { TableOrigin } from '../workspace/table-origin.ts';
import type { TopicOrigin } from '../workspace/topic-origin.ts';
import { giveConsent, requireSafeTrust, requireTrust } from '../workspace/trust/consent.ts';
import { databaseRequest } from '../workspace/trust/database.ts';
import { importRequest, isPath } from '../workspace/trust/import.ts';
import { topicRequest } from '../workspace/trust/topic.ts';
import { profilerOnDemand, warnOfUnread } from './add.ts';
import type {
  AddedDataset,
  AddResult,
  CheckoutOptions,
  CopiedDataset,
  ImportedDataset,
  TakenDataset,
  UpdatedTable,
  WithProblems,
} from './backend/results.ts';
import type { DatasetVersion } from './backend/version.ts';
import { closing } from './context/closing.ts';
import type { Context } from './context/context.ts';
import { openRepositoryAt } from './context/open-other.ts';
import { type AddWords, addCommand } from './datasets/add-command.ts';
import { eachDataset, problemsField } from './datasets/each.ts';
import { unchangedVersion } from './datasets/unchanged-version.ts';
import { namedVersion } from './open-version.ts';

export interface ImportOptions {
  /** Where the dataset is to lie; by its own name in the folder that is open unless given. */
  readonly to?: string | undefined;
}

export interface UpdateOptions extends CheckoutOptions {
  /** Follow this revision from now on. */
  readonly revision?: string | undefined;
}

/** A result has `problems` where one dataset of several could not be brought up to date. */
export interface UpdateResult extends WithProblems {
  readonly datasets: readonly UpdatedDataset[];
  /** Data in place that is no table, where everything was asked for: adding it again brings it to what lies there now. */
  readonly inPlace: readonly { readonly path: string; readonly source: string }[];
}

/** A dataset that was looked at for an update. */
export type UpdatedDataset = ImportedDataset | CopiedDataset | TakenDataset | UpdatedTable;

/**
 * Make a dataset of one of another repository: its data comes from the remote of that, and the pointer says where it is from and which
 * commit is pinned.
 * @param address what `git clone` takes, or the path of a working tree
 * @param argument `path` or `path@REV` there
 * @throws VarveError `address-invalid`, `repository-unreachable`, `dataset-missing`, `path-taken`, `settings-untrusted`, `trust-unsafe`
 */
export async function importDataset(
  context: Context,
  address: string,
  argument: string,
  { to }: ImportOptions = {},
): Promise<ImportedDataset> {
  const { repository, backend } = context;
  const kept = addressToKeep(context, address);
  requireSafeTrust(repository.root);
  return closing(await openOther(context, kept), async (opened) => {
    const head = opened.commit ?? resolveRevision(opened.context.repository.root, 'HEAD');
    const { version, part } = await namedVersion(opened.context, argument, head);
    if (part !== undefined) throw onlyWhole(version.path, part);
    const imported: Imported = {
      repository: kept,
      path: version.path,
      ...revisionOf(opened.context, argument, version),
      commit: version.commit!,
    };
    const target = targetOf(context, to, basename(version.path));
    const taken = await backend.takeIn(opened.context.backend, version, imported, target, {});
    // Who names it on this machine has agreed to it.
    giveConsent(repository.root, importRequest(repository, imported, pointerPath(target)));
    return taken;
  });
}

/** Into a folder that is there, or is named as one, under its own name. */
function targetOf({ repository, cwd }: Context, to: string | undefined, name: string): string {
  if (to === undefined) return pathInRepository(repository, cwd, name);
  const path = targetInRepository(repository, cwd, to);
  const isFolder = /[\\/]$/.test(to) || statSync(resolve(cwd, to), { throwIfNoEntry: false })?.isDirectory();
  const isDataset = existsSync(join(repository.root, pointerPath(path)));
  return isFolder && !isDataset ? posix.join(path, name) : path;
}

/**
 * Bring imported datasets to what the revision that they follow has now, and tables in place to their newest version, or to that of the branch that
 * they follow; those that were named by a version or a tag are left as they are. Files that were edited here are not lost.
 * Several are brought each by itself, and what one of them met is listed in `problems`; where none could be brought, what the first met is
 * thrown. Consent comes before all of that: while one of them is not agreed to, nobody is asked for any.
 * @param paths no paths: every imported dataset
 * @throws VarveError `import-missing`, `settings-untrusted`, `repository-unreachable`, `dataset-missing`, `changes-unsaved`, and what a database, a
 * topic or a table in place is refused with
 */
export async function update(
  context: Context,
  paths: readonly string[] = [],
  { revision, ...options }: UpdateOptions = {},
): Promise<UpdateResult> {
  const { repository, backend } = context;
  const imports: [path: string, imported: Imported][] = [];
  const copies: [path: string, database: DatabaseOrigin][] = [];
  const tables: [path: string, table: TableOrigin][] = [];
  const topics: [path: string, topic: TopicOrigin][] = [];
  const unfollowed: { path: string; source: string }[] = [];
  // Nobody is asked before this machine agreed to all of it.
  for (const [path, { imported, database, topic, inPlace, source }] of await backend.followers(paths)) {
    const file = pointerPath(path);
    if (imported !== undefined) {
      requireTrust(repository.root, importRequest(repository, imported, file));
      imports.push([path, imported]);
    } else if (database !== undefined) {
      requireTrust(repository.root, databaseRequest(repository.root, database, file));
      copies.push([path, database]);
    } else if (topic !== undefined) {
      if (!topic.complete) requireTrust(repository.root, topicRequest(topic, file));
      topics.push([path, topic]);
    } else if (inPlace !== undefined) {
      const { table, request } = inPlace;
      if (table.at === undefined) requireTrust(repository.root, request);
      tables.push([path, table]);
    } else if (source !== undefined) {
      unfollowed.push({ path, source });
    }
  }
  const others = new Map<string, ReturnType<typeof openOther>>();
  const takeAnew = async (to: string, imported: Imported): Promise<ImportedDataset> => {
    const { repository: address } = imported;
    // One that cannot be reached is asked once, whatever is imported from it.
    if (!others.has(address)) others.set(address, openOther(context, address));
    const opened = await others.get(address)!;
    const other = opened.context;
    const asked = revision ?? imported.revision;
    const commit = commitOf(other, asked, opened.commit);
    const version = await versionAt(other, imported, commit);
    const followed = { ...imported, ...(asked === undefined ? {} : { revision: asked }), commit };
    return backend.takeIn(other.backend, version, followed, to, options);
  };
  const steps: Step[] = [
    ...tables.map(([path, table]) => ({ path, bring: () => bringTable(context, path, table) })),
    ...copies.map(([path, database]) => ({
      path,
      again: commandOf(context, path, { ...database, incremental: database.incremental?.column }),
      bring: () => copyAgain(context, path, database),
    })),
    ...topics.map(([path, topic]) => ({
      path,
      again: commandOf(context, path, topic),
      bring: () => takeNext(context, path, topic),
    })),
    ...imports.map(([path, imported]) => ({ path, bring: () => takeAnew(path, imported) })),
  ];
  try {
    return { ...(await bringEach(steps)), inPlace: unfollowed };
  } finally {
    for (const opened of others.values())
      await opened.then(
        ({ close }) => close(),
        // Whoever asked for it has told of that.
        () => undefined,
      );
  }
}

/** What brings one dataset up to date. */
interface Step {
  readonly path: string;
  /** The command that says otherwise where the data is to come from, for messages. */
  readonly again?: string;
  readonly bring: () => Promise<UpdatedDataset>;
}

/** Each by itself: what worked is kept, whatever others met. */
async function bringEach(steps: readonly Step[]): Promise<Omit<UpdateResult, 'inPlace'>> {
  const { done, problems } = await eachDataset(steps, bringNamed);
  return { datasets: done, ...problemsField(problems) };
}

/** Errors whose remedies speak of the URL, or of the options of `varve add`, which an update has not. */
const OF_ADD =
  /^(database-|stream-|topic-missing$|tls-refused$|certificates-unreadable$|path-taken$|column-)/;

/** A server that refuses knows nothing of the dataset that it was asked for, nor what an update can be told. */
async function bringNamed({ path, again, bring }: Step): Promise<UpdatedDataset> {
  try {
    return await bring();
  } catch (error) {
    // Whoever agrees is asked by the error itself.
    if (!(error instanceof VarveError) || error.code === 'settings-untrusted') throw error;
    const { code, message, details } = error;
    const isNamed = error.path === path || error.path?.startsWith(`${path}/`);
    const isOfAdd = again !== undefined && OF_ADD.test(code);
    if (isNamed && !isOfAdd) throw error;
    const more = ` An update asks as ${pointerPath(path)} says; \`${again}\` does so too, and there the URL and options can be changed.`;
    throw new VarveError(code, isNamed ? message : `${path} was not updated: ${message}`, {
      ...(error.path !== undefined && { path: error.path }),
      ...{ remedy: error.remedy + (isOfAdd ? more : ''), details, cause: error },
    });
  }
}

/** The command that asks anew for what a dataset has, from where the user is. */
function commandOf(
  { repository: { root }, cwd }: Context,
  path: string,
  { url, ...words }: Omit<AddWords, 'to'> & { readonly url: string },
): string {
  const to = relative(cwd, join(root, path)).split(sep).join('/');
  return addCommand(inRepository(root, url), { ...words, to });
}

/** A URL of a pointer, whose certificates may be named from the root, as it is typed anywhere. */
function inRepository(root: string, url: string): string {
  return url.replace(/(?<=[?&](?:sslrootcert|ssl-ca)=)\.(?=\/)/g, () => encodeURI(root));
}

/** Bring a table in place to the newest version of what it follows. One that was named by a version or a tag is left: nobody is asked. */
async function bringTable(context: Context, path: string, table: TableOrigin): Promise<UpdatedTable> {
  const before = (await context.backend.version(path, undefined))!;
  return table.at === undefined ? updateTable(context, path, before) : leftTable(before, table);
}

function leftTable(version: DatasetVersion, table: TableOrigin): UpdatedTable {
  const { path, content, bytes, files, rows, profile } = version;
  const statistics = knownBy(version);
  return {
    source: version.source!,
    ...{ to: path, digest: content, bytes, files, change: 'unchanged', table, before: table.version },
    ...(rows !== undefined && { rows }),
    ...(statistics !== undefined && { statistics }),
    ...(profile !== undefined && { profile }),
  };
}

/** With statistics of the kind that it had. A profile is not made anew, which would read all of it. */
async function updateTable(context: Context, path: string, before: DatasetVersion): Promise<UpdatedTable> {
  const { backend } = context;
  const statistics = knownBy(before);
  if (statistics === undefined) {
    const updated = await backend.updateTable(path);
    if (before.profile !== undefined && updated.change === 'changed') warnOfLostProfile(context, updated);
    return updated;
  }
  const gained =
    statistics === 'table' ? await toldByTable(context, path) : await toldByFooters(context, path);
  const { rows } = gained.dataset ?? before;
  return { ...gained.updated, ...(rows !== undefined && { rows, statistics }) };
}

function warnOfLostProfile({ onWarning, cwd, repository }: Context, { to, source }: UpdatedTable): void {
  const here = relative(cwd, join(repository.root, to));
  onWarning?.(
    `${to} has no statistics any more, since nobody has read this version: \`varve add ${shellWord(source)} --to ${shellWord(here)} --statistics full\` reads it where it lies.`,
  );
}

/** A table at its newest version, and the dataset where this brought statistics that it had not. */
interface UpdatedAndTold {
  readonly updated: UpdatedTable;
  readonly dataset: AddedDataset | undefined;
}

async function toldByTable(context: Context, path: string): Promise<UpdatedAndTold> {
  const { TableStatistics } = await import('./statistics/footers-in-place.ts');
  const table = new TableStatistics();
  const updated = await context.backend.updateTable(path, table);
  return { updated, dataset: await table.letTravel(context, path) };
}

async function toldByFooters(context: Context, path: string): Promise<UpdatedAndTold> {
  const updated = await context.backend.updateTable(path);
  const { footersInPlace } = await import('./statistics/footers-in-place.ts');
  return { updated, dataset: await footersInPlace(context, path) };
}

/** Ask a database once more for the rows that a dataset is a copy of. */
async function copyAgain(context: Context, path: string, database: DatabaseOrigin): Promise<CopiedDataset> {
  const { addDatabase, certificatesOf, urlFromHere } = await import('./add-database.ts');
  const { parseDatabaseUrl } = await import('../database/address.ts');
  const { url, table, query, incremental } = database;
  const { root } = context.repository;
  const to = join(root, path);
  const profiler = profilerOnDemand(context, warnOfUnread(context), {});
  const asking = urlFromHere(root, url);
  // While other datasets were brought, other certificates may have come: those that are agreed to are those that are used.
  const certificates = certificatesOf(parseDatabaseUrl(asking).authority);
  requireTrust(root, databaseRequest(root, database, pointerPath(path), certificates));
  const { datasets } = await addDatabase(context, asking, {
    ...{ table, query, to, profiler, agreed: { certificates } },
    incremental: incremental?.column,
  });
  const asked = table === undefined ? { query: query! } : { table };
  return { database: url, ...asked, ...factsOf(datasets[0]!, path) };
}

/** Take the messages of a topic that came since, up to where the dataset is to end. Where it has all of that, nobody is asked. */
async function takeNext(context: Context, path: string, topic: TopicOrigin): Promise<TakenDataset> {
  const { datasets } = topic.complete
    ? await unchangedVersion(context, path, { topic })
    : await messagesSince(context, path, topic);
  const [{ deleted }, { url, ...told }] = [datasets[0]!, datasets[0]!.topic ?? topic];
  return { topic: url, ...told, ...(deleted && { deleted }), ...factsOf(datasets[0]!, path) };
}

async function messagesSince(context: Context, path: string, topic: TopicOrigin): Promise<AddResult> {
  const { addTopic } = await import('./add-topic.ts');
  const { url, registry, until } = topic;
  const to = join(context.repository.root, path);
  const profiler = profilerOnDemand(context, warnOfUnread(context), {});
  return addTopic(context, url, { registry, until, to, profiler, isFollowed: true });
}

function factsOf({ digest, bytes, files, rows, change }: AddedDataset, to: string) {
  return { to, digest, bytes, files, ...(rows !== undefined && { rows }), change };
}

function openOther({ repository, onProgress, onWarning, signal }: Context, address: string) {
  return openRepositoryAt(repository.root, address, { onProgress, onWarning, signal });
}

function commitOf(other: Context, revision: string | undefined, main: string | undefined): string {
  const { root } = other.repository;
  return revision === undefined ? (main ?? resolveRevision(root, 'HEAD')) : resolveRevision(root, revision);
}

async function versionAt(
  { backend }: Context,
  { path, repository }: Imported,
  commit: string,
): Promise<DatasetVersion> {
  const version = await backend.version(path, commit);
  if (version !== undefined) return version;
  throw new VarveError(
    'dataset-missing',
    `${repository} has no dataset ${path} any more in ${commit.slice(0, 12)}`,
    {
      path,
      remedy: 'Keep the version that is pinned here, or import the dataset anew from where it lies now.',
    },
  );
}

/** What stands behind the `@` that divides the argument; names may have one too. */
function revisionOf(
  { repository, cwd }: Context,
  argument: string,
  { path, commit }: DatasetVersion,
): Pick<Imported, 'revision'> {
  for (let at = argument.indexOf('@', 1); at > 0; at = argument.indexOf('@', at + 1)) {
    const revision = argument.slice(at + 1);
    const isPathBefore = pathInRepository(repository, cwd, argument.slice(0, at)) === path;
    if (isPathBefore && findRevision(repository.root, revision) === commit) return { revision };
  }
  return {};
}

/** Relative paths are kept relative to the root, wherever the user stands. @throws VarveError `address-invalid` */
function addressToKeep({ repository, cwd }: Context, address: string): string {
  const problem = problemOfAddress(address);
  if (problem !== undefined) throw addressInvalid(address, problem);
  if (!isPath(address) || isAbsolute(address)) return address;
  const fromRoot = relative(repository.root, resolve(cwd, address)).split(sep).join('/') || '.';
  return fromRoot.startsWith('.') ? fromRoot : `./${fromRoot}`;
}

function addressInvalid(address: string, problem: string): VarveError {
  const shown = withoutSecrets(address);
  return new VarveError('address-invalid', `${shown} ${problem}`, {
    path: shown,
    remedy:
      'Give a path, `host:path` or a URL without user and password: Git asks its credential helper for those.',
  });
}

function onlyWhole(path: string, part: string): VarveError {
  return new VarveError(
    'usage',
    `${path}/${part} is a part of ${path}, and only whole datasets are imported`,
    {
      path: `${path}/${part}`,
      remedy: `Import ${path}, or copy the part with \`varve get\`.`,
    },
  );
}
