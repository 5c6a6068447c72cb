import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { DvcConfig } from '../dvc/format/config.ts';
import { VarveError } from '../errors.ts';
import { sourceUrl } from '../remote/bucket/listing.ts';
import { parseEndpoint } from '../remote/minio/access.ts';
import { describeUrl, parseUrl } from '../remote/url.ts';
import {
  type Access,
  accessTo,
  type RemoteConfig,
  readConfig,
  removeRemote,
  setDefaultRemote,
  setRemote,
} from '../workspace/config.ts';
import { giveConsent } from '../workspace/trust/consent.ts';
import { type Context, refuseInDvc } from './context/context.ts';
import { findRemote } from './context/stores.ts';
import { remoteRequest } from './context/trust.ts';
import { keepAccess } from './in-place/access.ts';

export interface ListedRemote extends RemoteConfig {
  readonly name: string;
  readonly isDefault: boolean;
}

export interface RemoteAddOptions extends Partial<Omit<RemoteConfig, 'url'>> {
  /** Into config.local.yaml, which is not in Git. */
  readonly local?: boolean | undefined;
}

/** The first remote becomes the default. Nothing is contacted. */
export async function addRemote(
  context: Context,
  name: string,
  url: string,
  options: RemoteAddOptions = {},
): Promise<ListedRemote> {
  refuseOwnRemotes(context);
  const { repository } = context;
  const { local, ...settings } = options;
  const config = readConfig(repository);
  if (config.remotes.has(name)) {
    throw new VarveError('remote-exists', `There is a remote named ${name} already`, {
      path: name,
      remedy: `Run \`varve remote remove ${name}\` first, or choose another name.`,
    });
  }
  const remote = { url: urlToKeep(context, url), ...settings };
  const file = local ? 'config.local.yaml' : 'config.yaml';
  // Who names it on this machine has agreed to it, and to nothing else.
  const named = { ...config, remotes: new Map(config.remotes).set(name, remote) };
  const request = remoteRequest(repository, named, name);
  if (request !== undefined) giveConsent(repository.root, request);
  setRemote(repository, file, name, remote);
  const isDefault = config.defaultRemote === undefined && config.remotes.size === 0;
  if (isDefault) setDefaultRemote(repository, file, name);
  return { name, ...remote, isDefault };
}

/** In a repository of DVC: those of its configuration. */
export async function listRemotes({
  repository,
  dvc,
}: Context): Promise<{ readonly remotes: readonly ListedRemote[] }> {
  if (dvc !== undefined) return { remotes: dvcRemotes(dvc.config) };
  const { remotes, defaultRemote } = readConfig(repository);
  return {
    remotes: [...remotes].map(([name, remote]) => ({ name, ...remote, isDefault: name === defaultRemote })),
  };
}

/** Forgets where it is; nothing is deleted there. */
export async function forgetRemote(context: Context, name: string): Promise<{ readonly name: string }> {
  refuseOwnRemotes(context);
  findRemote(readConfig(context.repository), name);
  removeRemote(context.repository, name);
  return { name };
}

export async function chooseRemote(
  context: Context,
  name: string,
  options: { readonly local?: boolean | undefined } = {},
): Promise<{ readonly name: string }> {
  refuseOwnRemotes(context);
  findRemote(readConfig(context.repository), name);
  setDefaultRemote(context.repository, options.local ? 'config.local.yaml' : 'config.yaml', name);
  return { name };
}

/**
 * Says how this clone reaches the sources at `url` and below. Nothing is contacted. Returns all that is now said of it.
 * @throws VarveError `invalid-remote-url`, `invalid-endpoint`
 */
export async function reachSource(
  context: Context,
  url: string,
  access: Access,
): Promise<Access & { readonly url: string }> {
  refuseInDvc(context, 'data that stays where it is', 'Use `dvc import-url`.');
  const place = sourceUrl(url);
  if (access.endpoint !== undefined) parseEndpoint(access.endpoint);
  if (Object.keys(access).length > 0) keepAccess(context, place, access);
  return { url: place, ...accessTo(readConfig(context.repository), place) };
}

function dvcRemotes({ remotes, defaultRemote }: DvcConfig): ListedRemote[] {
  return [...remotes].map(([name, settings]) => ({
    name,
    url: describeUrl(settings.get('url') ?? ''),
    isDefault: name === defaultRemote,
  }));
}

function refuseOwnRemotes(context: Context): void {
  refuseInDvc(
    context,
    'remotes of its own',
    'Use `dvc remote add`, `modify`, `remove` and `default`: varve reads what they write.',
  );
}

/** Relative folders are kept relative to the root, wherever the user stands. */
function urlToKeep({ repository, cwd }: Context, url: string): string {
  const place = parseUrl(url, cwd);
  if (place.kind !== 'folder' || isAbsolute(url) || url.startsWith('file:')) return url;
  return relative(repository.root, resolve(cwd, url)).split(sep).join('/') || '.';
}
