import { VarveError } from '../../errors.ts';
import type { ServerOptions } from '../bucket/client.ts';
import { type Reading, Requests } from '../bucket/requests.ts';
import { PATIENT } from '../bucket/retry.ts';
import { isFilePlace, openBucket, openFileClient, openWebClient } from '../open.ts';
import { type FolderPlace, parseUrl, type RemotePlace, SOURCE_FORMS } from '../url.ts';
import { BucketSourcePlace } from './bucket-place.ts';
import { FilesSourcePlace } from './files-place.ts';
import { DataSource, type SourcePlace } from './source.ts';

/**
 * Write the URL of a source in the one way: scheme in small letters, no slash at the end.
 * @throws VarveError as {@link openSource}
 */
export function sourceUrl(url: string): string {
  parseSource(url);
  return url.replace(/^\w+/, (scheme) => scheme.toLowerCase()).replace(/\/+$/, '');
}

/**
 * Open data that lies elsewhere, to be used in place. Nothing is contacted yet. Close it.
 * @throws VarveError `remote-url-invalid` if `url` names a local folder, and as openRemote
 */
export async function openSource(url: string, options: ServerOptions = {}): Promise<DataSource> {
  return new DataSource(await openPlace(url, options), url);
}

async function openPlace(url: string, options: ServerOptions): Promise<SourcePlace> {
  const place = parseSource(url);
  const requestsOf = <Client extends Reading>(client: Client): Requests<Client> =>
    new Requests(client, `${url.replace(/\/+$/, '')}/`, PATIENT);
  if (place.kind === 'web') {
    const { WebSourcePlace } = await import('./web-place.ts');
    return new WebSourcePlace(requestsOf(await openWebClient(place, options)));
  }
  if (isFilePlace(place)) return new FilesSourcePlace(requestsOf(await openFileClient(place, options)), url);
  return new BucketSourcePlace(requestsOf(await openBucket(place, options)), place.prefix);
}

function parseSource(url: string): Exclude<RemotePlace, FolderPlace> {
  const place = parseUrl(url, '/');
  if (place.kind !== 'folder') return place;
  throw new VarveError('remote-url-invalid', `${url} is not a place on a server`, {
    path: url,
    remedy: `Name it as ${SOURCE_FORMS}; local data is added by its path.`,
  });
}
