import { type FolderPlace, parseUrl, type RemotePlace } from '../../../remote/url.ts';
import {
  accessTo,
  type Config,
  entryFor,
  LOCAL_CONFIG,
  readConfig,
  SHARED_CONFIG,
} from '../../../workspace/config.ts';
import { pointerPath } from '../../../workspace/pointer.ts';
import type { Repository } from '../../../workspace/repository.ts';
import { isPlainAws } from '../../../workspace/trust/access.ts';
import { cacheRequest, sharedFacts } from '../../../workspace/trust/cache.ts';
import { databaseRequest } from '../../../workspace/trust/database.ts';
import { realPlaceOf } from '../../../workspace/trust/folders.ts';
import { importRequest } from '../../../workspace/trust/import.ts';
import { lineageRequest } from '../../../workspace/trust/lineage.ts';
import { type Fact, type TrustRequest, usable } from '../../../workspace/trust/request.ts';
import { topicRequest } from '../../../workspace/trust/topic.ts';
import type { WorkingContext } from '../../context/context.ts';
import { selectDatasets } from '../datasets/select.ts';
import { isInPlace } from '../in-place/snapshot.ts';
import { codeRequests } from '../tracked-files.ts';

/** All that the settings and the pointers of the working tree ask of this machine. */
export function settingRequests(context: WorkingContext): TrustRequest[] {
  const { repository } = context;
  const config = readConfig(repository);
  const named = [...config.sources.keys()].map((url) => [url, LOCAL_CONFIG] as const);
  const datasets = selectDatasets(context, []);
  const copied = datasets.flatMap(({ path, pointer: { database, topic } }) => [
    ...(database === undefined ? [] : [databaseRequest(repository.root, database, pointerPath(path))]),
    ...(topic === undefined ? [] : [topicRequest(topic, pointerPath(path))]),
  ]);
  const imported = datasets.flatMap(({ path, pointer }) =>
    pointer.imported === undefined ? [] : [importRequest(repository, pointer.imported, pointerPath(path))],
  );
  const pointed = datasets.flatMap(({ path, pointer }) =>
    isInPlace(pointer) ? [[pointer.source, pointerPath(path)] as const] : [],
  );
  return [
    cacheRequest(repository, config),
    lineageRequest(config),
    ...[...config.remotes.keys()].flatMap((name) => [
      usable(() => remoteRequest(repository, config, name)),
      usable(() => keepRequest(repository, config, name)),
    ]),
    ...imported,
    ...copied,
    ...codeRequests(
      repository.root,
      datasets.map(({ path }) => path),
    ),
    ...[...named, ...pointed].map(([url, file]) => usable(() => sourceRequest(config, url, file))),
  ].filter((request) => request !== undefined);
}

/**
 * Tell what a remote asks of this machine; undefined if it is a folder of the repository, or lies on AWS itself.
 * @param name of a remote of the configuration
 */
export function remoteRequest(
  { root }: Pick<Repository, 'root'>,
  config: Config,
  name: string,
): TrustRequest | undefined {
  const { url, ...access } = config.remotes.get(name)!;
  if (parseUrl(url, root).kind === 's3' && isPlainAws(access)) return undefined;
  const facts = remoteFacts(root, config, name);
  return facts && { about: 'remote', name, facts };
}

/**
 * Tell what it asks of this machine that its cache keeps nothing that a remote has: whoever may change the URL of the remote, or the
 * setting, must not have data dropped for a place that this machine does not know to last. Undefined if the cache keeps all, or if the
 * remote is a folder of the repository, whose data is not elsewhere.
 * @param name of a remote of the configuration
 */
export function keepRequest(
  { root }: Pick<Repository, 'root'>,
  config: Config,
  name: string,
): TrustRequest | undefined {
  const facts = config.cacheKeep === 'unpushed' ? remoteFacts(root, config, name) : undefined;
  if (facts === undefined) return undefined;
  const keep = { key: 'keep', value: 'unpushed', file: config.files.get('cacheKeep')! };
  return { about: 'keep', name, facts: [keep, ...facts] };
}

/** Undefined for a folder of the repository. */
function remoteFacts(root: string, config: Config, name: string): Fact[] | undefined {
  const { url, ...access } = config.remotes.get(name)!;
  const fileOf = (key: string): string => config.files.get(`remotes.${name}.${key}`) ?? SHARED_CONFIG;
  const place = parseUrl(url, root);
  if (place.kind === 'folder') {
    const { path, isOwn } = realPlaceOf(root, place.path);
    if (isOwn) return undefined;
    return [{ key: 'folder', value: path, file: fileOf('url') }, ...sharedFacts(config)];
  }
  return Object.entries({ url, ...access }).map(([key, value]) => ({
    key,
    value: String(value),
    file: fileOf(key),
  }));
}

/**
 * What the way to a source asks of this machine: its entry in the settings, or the place itself, as whom this machine asks there anyway.
 * Undefined if it leads to AWS itself.
 * @param file that names the source, where no entry does
 * @throws VarveError `remote-url-invalid`
 */
export function sourceRequest(config: Config, url: string, file: string): TrustRequest | undefined {
  const access = accessTo(config, url);
  const place = parseUrl(url, '/');
  if (place.kind === 'folder' || (place.kind === 's3' && isPlainAws(access))) return undefined;
  const entry = entryFor(config, url);
  const facts = Object.entries(access).map(([key, value]) => ({
    key,
    value: String(value),
    file: config.files.get(`sources.${entry}.${key}`) ?? file,
  }));
  // An endpoint says all that an alias would.
  const isByItself = facts.length === 0 || (place.kind === 'minio' && access.endpoint === undefined);
  const [source, named] = isByItself ? [ownSource(place, url), file] : [entry!, facts[0]!.file];
  return { about: 'source', name: url, facts: [{ key: 'source', value: source, file: named }, ...facts] };
}

/** What is agreed to of a source that nothing more is said of: its bucket, or just this folder of a server. */
function ownSource(place: Exclude<RemotePlace, FolderPlace>, url: string): string {
  if (place.kind === 'minio') return `minio://${place.alias}/${place.bucket}`;
  return 'bucket' in place ? `${place.kind}://${place.bucket}` : url;
}
