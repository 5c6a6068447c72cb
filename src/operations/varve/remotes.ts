import { isAbsolute, relative, resolve, sep } from 'node:path';
import { VarveError } from '../../errors.ts';
import { isMarked, refuseForeign } from '../../remote/folder/claim.ts';
import { parseEndpoint } from '../../remote/minio/access.ts';
import { refuseSettings } from '../../remote/open.ts';
import { sourceUrl } from '../../remote/source/open.ts';
import { parseUrl, refuseImpossibleBucket, refuseScpAddress } from '../../remote/url.ts';
import { shellWord } from '../../wording/quote.ts';
import { describeUrl } from '../../wording/urls.ts';
import {
  type Access,
  accessTo,
  type RemoteConfig,
  readConfig,
  removeRemote,
  setDefaultRemote,
  setRemote,
} from '../../workspace/config.ts';
import { giveConsent } from '../../workspace/trust/consent.ts';
import type { ListedRemote, RemoteAddOptions } from '../backend/results.ts';
import type { WorkingContext } from '../context/context.ts';
import { keepAccess } from './in-place/access.ts';
import { remoteRequest } from './stores/requests.ts';
import { findRemote } from './stores/stores.ts';

/**
 * The first remote becomes the default. No server is contacted; a folder is looked at.
 * @throws VarveError `remote-exists`, `store-foreign` for a folder with something else in it, `setting-unsupported`, `remote-url-invalid`
 */
export async function addRemote(
  context: WorkingContext,
  name: string,
  url: string,
  options: RemoteAddOptions,
): Promise<ListedRemote> {
  const { repository } = context;
  const { local, ...settings } = options;
  const config = readConfig(repository);
  if (config.remotes.has(name)) {
    throw new VarveError('remote-exists', `There is a remote named ${name} already`, {
      path: name,
      remedy: `Run \`varve remote remove ${shellWord(name)}\` first, or choose another name.`,
    });
  }
  if (settings.endpoint !== undefined) parseEndpoint(settings.endpoint);
  refuseScpAddress(url);
  const remote = { url: urlToKeep(context, url), ...settings };
  const place = parseUrl(remote.url, repository.root);
  refuseImpossibleBucket(remote.url, place);
  refuseSettings(place.kind, settings);
  await refuseForeignFolder(repository.root, remote.url);
  const file = local ? 'config.local.yaml' : 'config.yaml';
  // Who names it on this machine has agreed to it, and to nothing else.
  const named = { ...config, remotes: new Map(config.remotes).set(name, remote) };
  const request = remoteRequest(repository, named, name);
  if (request !== undefined) giveConsent(repository.root, request);
  setRemote(repository, file, name, remote);
  const isDefault = config.defaultRemote === undefined && config.remotes.size === 0;
  if (isDefault) setDefaultRemote(repository, file, name);
  return { name, ...shown(remote), isDefault };
}

export function listRemotes({ repository }: WorkingContext): ListedRemote[] {
  const { remotes, defaultRemote } = readConfig(repository);
  return [...remotes].map(([name, remote]) => ({
    name,
    ...shown(remote),
    isDefault: name === defaultRemote,
  }));
}

/** Forget a remote; delete nothing there. */
export function forgetRemote({ repository }: WorkingContext, name: string): void {
  findRemote(readConfig(repository), name);
  removeRemote(repository, name);
}

export function chooseRemote(
  { repository }: WorkingContext,
  name: string,
  options: { readonly local?: boolean | undefined },
): void {
  findRemote(readConfig(repository), name);
  setDefaultRemote(repository, options.local ? 'config.local.yaml' : 'config.yaml', name);
}

/**
 * Say how this clone reaches the sources at `url` and below. Nothing is contacted. Returns all that is now said of it.
 * @throws VarveError `remote-url-invalid`, `endpoint-invalid`, `setting-unsupported`
 */
export function reachSource(
  context: WorkingContext,
  url: string,
  access: Access,
): Access & { readonly url: string } {
  const place = sourceUrl(url);
  if (access.endpoint !== undefined) parseEndpoint(access.endpoint);
  refuseSettings(parseUrl(place, '/').kind, access);
  if (Object.keys(access).length > 0) keepAccess(context, place, access);
  return shown({ url: place, ...accessTo(readConfig(context.repository), place) });
}

/** A push would refuse it too, but only once the remote stands in the settings that others get. */
async function refuseForeignFolder(root: string, url: string): Promise<void> {
  const place = parseUrl(url, root);
  if (place.kind === 'folder' && !(await isMarked(place.path))) await refuseForeign(place.path);
}

/** Take out credentials, which settings that were written by hand may hold and which nothing shows. */
function shown(remote: RemoteConfig): RemoteConfig {
  const { url, endpoint } = remote;
  return {
    ...remote,
    url: describeUrl(url),
    ...(endpoint === undefined ? {} : { endpoint: describeUrl(endpoint) }),
  };
}

/** Relative folders are kept relative to the root, wherever the user stands. */
function urlToKeep({ repository, cwd }: WorkingContext, url: string): string {
  const place = parseUrl(url, cwd);
  if (place.kind !== 'folder' || isAbsolute(url) || url.startsWith('file:')) return url;
  return relative(repository.root, resolve(cwd, url)).split(sep).join('/') || '.';
}
