/**
 * What the settings of a DVC repository ask of this machine. It names the requests; it agrees to none, and contacts
 * nobody.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { digestOf } from '../../store/format/digest.ts';
import { findGitRoot } from '../../workspace/repository.ts';
import { isPlainAws } from '../../workspace/trust/access.ts';
import { isBelow, isInside, realPlaceOf } from '../../workspace/trust/folders.ts';
import { type Fact, type TrustRequest, usable } from '../../workspace/trust/request.ts';
import { type DvcConfig, loadConfig } from '../format/config.ts';
import { folderOfRemote, type Setting, schemeOf, settingsOf } from '../format/remote-settings.ts';

/** Settings of other servers than S3's that say where a remote lies, beside its URL. */
const PLACES = ['account_name', 'user', 'port', 'use_https'] as const;
/** Settings that reach the client of a remote on a server, beside its URL. */
const ACCESS = ['endpointurl', 'region', 'profile', ...PLACES] as const;
const FILES = ['configpath', 'credentialpath', 'keyfile'] as const;
const COMMAND = /^.*credential_process.*$/gim;
const SECRETS = [
  'access_key_id',
  'secret_access_key',
  'session_token',
  'connection_string',
  'account_key',
  'sas_token',
  'token',
] as const;

/** All that the settings of a repository ask of this machine. @param root absolute folder that holds `.dvc` */
export function dvcRequests(root: string): TrustRequest[] {
  const config = loadConfig(root);
  const remotes = [...config.remotes.keys()].map((name) =>
    usable(() => dvcRemoteRequest(root, config, name)),
  );
  return [dvcCacheRequest(root, config), ...remotes].filter((request) => request !== undefined);
}

/**
 * What DVC's cache asks of this machine; undefined if it lies in DVC's own folder, as it does unless it is set, or where this machine's
 * own configuration names it.
 * @param root absolute folder that holds `.dvc`
 */
export function dvcCacheRequest(root: string, config: DvcConfig): TrustRequest | undefined {
  const named = config.files.get('cache.dir');
  const own = join(root, '.dvc');
  if (named === undefined && !isBelow(own, config.cacheDir)) return undefined;
  const { path, isOwn } = realPlaceOf(findGitRoot(root), config.cacheDir);
  if (isOwn && isBelow(own, path) && !leavesItself(root, config.cacheDir)) return undefined;
  return { about: 'cache', name: '', facts: [{ key: 'folder', value: path, file: named ?? '.dvc/cache' }] };
}

/**
 * What a remote asks of this machine by the repository's files; undefined if it is a folder of the repository, or lies on AWS itself, or
 * where this machine's own configuration says all of it.
 * @throws VarveError `remote-unknown`
 */
export function dvcRemoteRequest(root: string, config: DvcConfig, name: string): TrustRequest | undefined {
  const shared = new Map([...settingsOf(config, name)].filter(([, { file }]) => file !== undefined));
  const facts = factsOf(root, shared);
  return facts === undefined ? undefined : { about: 'remote', name, facts };
}

function factsOf(root: string, shared: ReadonlyMap<string, Setting>): readonly Fact[] | undefined {
  const url = shared.get('url');
  const folder = url === undefined ? undefined : folderOfRemote(url.value);
  if (folder !== undefined) {
    const { path, isOwn } = realPlaceOf(findGitRoot(root), folder);
    if (isOwn && !leavesItself(root, folder)) return undefined;
    return [{ key: 'folder', value: path, file: url!.file! }];
  }
  const given = (keys: readonly string[]): (readonly [string, Setting])[] =>
    keys.flatMap((key) => (shared.get(key)?.value ? [[key, shared.get(key)!] as const] : []));
  const scheme = url === undefined ? 's3' : schemeOf(url.value);
  const isAsked =
    scheme !== 's3' || given([...PLACES, ...FILES, ...SECRETS]).length > 0 || !isPlainAws(accessOf(shared));
  if (!isAsked) return undefined;
  return [
    ...given(['url', ...ACCESS]).map(([key, setting]) => fact(key, setting, setting.value)),
    ...given(FILES).flatMap(([key, setting]) => factsOfFile(findGitRoot(root), key, setting)),
    ...given(SECRETS).map(([key, setting]) => fact(key, setting, digestOf(Buffer.from(setting.value)))),
  ];
}

function accessOf(shared: ReadonlyMap<string, Setting>) {
  const [endpoint, region, profile] = (['endpointurl', 'region', 'profile'] as const).map(
    (key) => shared.get(key)?.value || undefined,
  );
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  };
}

/**
 * Collect facts of a file in the repository, its contents too: it can name commands to run, and a commit can change it.
 */
function factsOfFile(top: string, key: string, setting: Setting): Fact[] {
  const { path } = realPlaceOf(top, setting.value);
  const named = fact(key, setting, path);
  if (!isInside(top, path)) return [named];
  const text = textOf(path);
  const commands = text?.match(COMMAND)?.map((line) => fact('runs', setting, line.trim())) ?? [];
  const content = text === undefined ? 'none' : digestOf(Buffer.from(text));
  return [named, fact(`${key}, content`, setting, content), ...commands];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw systemError(error, 'read', path);
  }
}

function fact(key: string, { file }: Setting, value: string): Fact {
  return { key, value, file: file! };
}

/** Tell whether a link in the repository leads from where DVC keeps its objects to somewhere else. */
function leavesItself(root: string, folder: string): boolean {
  const top = findGitRoot(root);
  const { path } = realPlaceOf(top, folder);
  return [join('files', 'md5'), 'varve'].some(
    (part) => !isInside(path, realPlaceOf(top, join(folder, part)).path),
  );
}
