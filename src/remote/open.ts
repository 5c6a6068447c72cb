import { VarveError } from '../errors.ts';
import { BucketRemote } from './bucket/bucket.ts';
import type { BucketClient, ServerOptions } from './bucket/client.ts';
import { FolderRemote } from './folder/folder.ts';
import { parseEndpoint } from './minio/access.ts';
import { plainHttpWarning } from './plain-http.ts';
import type { Remote } from './remote.ts';
import { parseUrl, type RemotePlace } from './url.ts';

export { describeUrl } from './url.ts';

export interface RemoteOptions extends ServerOptions {
  /** Absolute folder that a relative path is relative to; the working folder by default. */
  readonly base?: string;
  /** Whether the group of a folder may write to what is written there. Buckets have no groups. */
  readonly shared?: boolean | undefined;
}

/**
 * Open the remote at `url`: `PATH`, `file://`, `s3://bucket/prefix` or `minio://alias/bucket/prefix`. Nothing is contacted and
 * nothing is created yet. The client libraries are loaded only for the kinds that need them.
 * @throws VarveError `remote-scheme-unknown`, `remote-url-invalid`, `endpoint-invalid`, `alias-missing`
 */
export async function openRemote(url: string, options: RemoteOptions = {}): Promise<Remote> {
  const place = parseUrl(url, options.base ?? process.cwd());
  if (place.kind === 'folder') return new FolderRemote(place.path, options);
  return new BucketRemote(await openBucket(place, options), url, place.prefix);
}

/** Make the client for a bucket, with the library for its kind of server. */
export async function openBucket(
  place: Exclude<RemotePlace, { kind: 'folder' }>,
  options: ServerOptions,
): Promise<BucketClient> {
  if (options.endpoint !== undefined) parseEndpoint(options.endpoint);
  if (place.kind === 'minio') refuseS3Settings(options);
  const client =
    place.kind === 's3'
      ? await (await import('./s3/s3.ts')).openS3(place.bucket, options)
      : await (await import('./minio/minio.ts')).openMinio(place.alias, place.bucket, options);
  const warning = plainHttpWarning(client.server);
  if (warning !== undefined) options.onWarning?.(warning);
  return client;
}

const S3_ALONE = ['anonymous', 'addressing', 'requesterPays', 'acl', 'sse', 'kmsKey'] as const;

function refuseS3Settings(options: ServerOptions): void {
  const name = S3_ALONE.find((key) => options[key] !== undefined);
  if (name === undefined) return;
  throw new VarveError('setting-unsupported', `A remote at minio:// has no setting \`${name}\``, {
    remedy: 'Name the same bucket as s3://bucket/prefix with the endpoint of the server.',
  });
}
