import { VarveError } from '../errors.ts';
import { BucketRemote } from './bucket/bucket.ts';
import type { BucketClient, ServerOptions } from './bucket/client.ts';
import type { FileClient } from './files/client.ts';
import { FilesRemote } from './files/files.ts';
import { FolderRemote } from './folder/folder.ts';
import { parseEndpoint } from './minio/access.ts';
import { plainHttpWarning } from './plain-http.ts';
import type { Remote } from './remote.ts';
import { type BucketPlace, type FilePlace, parseUrl, type RemotePlace, type WebPlace } from './url.ts';
import type { WebClient } from './web/client.ts';

export interface RemoteOptions extends ServerOptions {
  /** Absolute folder that a relative path is relative to; the working folder by default. */
  readonly base?: string;
  /** Whether the group of a folder may write to what is written there. Buckets have no groups. */
  readonly shared?: boolean | undefined;
}

/**
 * Open the remote at `url`, one of {@link URL_FORMS}. Nothing is contacted and nothing is created yet. The client libraries are loaded only
 * for the kinds that need them.
 * @throws VarveError `remote-scheme-unknown`, `remote-url-invalid`, `endpoint-invalid`, `alias-missing`, `ssh-config-invalid`,
 * `driver-missing`, `setting-unsupported`, `credentials-invalid`, `credentials-missing`
 */
export async function openRemote(url: string, options: RemoteOptions = {}): Promise<Remote> {
  return openRemoteAt(parseUrl(url, options.base ?? process.cwd()), url, options);
}

/** What settings of other tools say of a place beside {@link ServerOptions}, and what varve takes from elsewhere. */
export interface PlaceOptions extends ServerOptions {
  /** Of SSH: path of a private key, before those of the files. */
  readonly key?: string;
  /** Of HDFS: a delegation token, in place of HADOOP_TOKEN. */
  readonly token?: string;
}

/** Open a remote as openRemote does, whose URL has been read. @param url for messages */
export async function openRemoteAt(
  place: RemotePlace,
  url: string,
  options: RemoteOptions & PlaceOptions = {},
): Promise<Remote> {
  if (place.kind === 'folder') return new FolderRemote(place.path, options);
  if (place.kind === 'web') return openWeb(place, url, options);
  if (isFilePlace(place)) return new FilesRemote(await openFileClient(place, options), url);
  return new BucketRemote(await openBucket(place, options), url, place.prefix);
}

/** Make the client for a folder of a web server. @throws VarveError `setting-unsupported` */
export async function openWebClient({ base }: WebPlace, options: ServerOptions): Promise<WebClient> {
  refuseSettings('web', options);
  warnOfPlainHttp(base, options);
  return new (await import('./web/client.ts')).WebClient(base);
}

async function openWeb(place: WebPlace, url: string, options: ServerOptions): Promise<Remote> {
  const client = await openWebClient(place, options);
  return new (await import('./web/web.ts')).WebRemote(client, url);
}

/** Make the client for a bucket, with the library for its kind of server. */
export async function openBucket(place: BucketPlace, options: ServerOptions): Promise<BucketClient> {
  if (options.endpoint !== undefined) parseEndpoint(options.endpoint);
  refuseSettings(place.kind, options);
  const client = await bucketClient(place, options);
  warnOfPlainHttp(client.server, options);
  return client;
}

function warnOfPlainHttp(server: string, { onWarning }: ServerOptions): void {
  const warning = plainHttpWarning(server);
  if (warning !== undefined) onWarning?.(warning);
}

async function bucketClient(place: BucketPlace, options: ServerOptions): Promise<BucketClient> {
  if (place.kind === 's3') return (await import('./s3/s3.ts')).openS3(place.bucket, options);
  if (place.kind === 'minio')
    return (await import('./minio/minio.ts')).openMinio(place.alias, place.bucket, options);
  if (place.kind === 'gs') return (await import('./gs/gs.ts')).openGs(place.bucket, place.prefix, options);
  return (await import('./azure/azure.ts')).openAzure(place.bucket, options);
}

/** Make the client for a folder at a server. @throws VarveError `setting-unsupported`, `ssh-config-invalid` */
export async function openFileClient(place: FilePlace, options: PlaceOptions = {}): Promise<FileClient> {
  refuseSettings(place.kind, options);
  const { kind } = place;
  if (kind === 'ssh') return (await import('./ssh/ssh.ts')).openSsh(place, options);
  const client = (await import('./webhdfs/webhdfs.ts')).openWebHdfs({ ...place, kind }, options.token);
  warnOfPlainHttp(client.server, options);
  return client;
}

export function isFilePlace(place: RemotePlace): place is FilePlace {
  return place.kind === 'ssh' || place.kind === 'webhdfs' || place.kind === 'swebhdfs';
}

/** The settings of {@link ServerOptions} that each kind of server has. S3 has all. */
const SETTINGS = {
  minio: ['endpoint', 'region', 'profile'],
  gs: ['endpoint'],
  azure: ['endpoint', 'anonymous'],
  ssh: [],
  webhdfs: [],
  swebhdfs: [],
  web: [],
} as const satisfies Readonly<Record<string, readonly (keyof ServerOptions)[]>>;
const ALL_SETTINGS = [
  'endpoint',
  'region',
  'profile',
  'anonymous',
  'addressing',
  'requesterPays',
  'acl',
  'sse',
  'kmsKey',
] as const;

/**
 * Refuse a setting that a kind of remote does not have: it would do nothing.
 * @throws VarveError `setting-unsupported`
 */
export function refuseSettings(kind: RemotePlace['kind'], options: ServerOptions): void {
  if (kind === 's3' || kind === 'folder') return;
  const has: readonly string[] = SETTINGS[kind];
  const name = ALL_SETTINGS.find((key) => options[key] !== undefined && !has.includes(key));
  if (name === undefined) return;
  const scheme = kind === 'web' ? 'https' : kind;
  throw new VarveError('setting-unsupported', `A remote at ${scheme}:// has no setting \`${name}\``, {
    remedy:
      kind === 'minio'
        ? 'Name the same bucket as s3://bucket/prefix with the endpoint of the server.'
        : `Leave it out${has.length > 0 ? `: there are ${has.map((key) => `\`${key}\``).join(', ')}` : ''}.`,
  });
}
