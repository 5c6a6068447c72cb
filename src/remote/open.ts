import { VarveError } from '../errors.ts';
import { FolderRemote } from './folder.ts';
import type { Remote } from './remote.ts';
import { parseUrl } from './url.ts';

export { describeUrl, remoteKind } from './url.ts';

export interface RemoteOptions {
  /** `http://` or `https://` address of an S3 server that is not AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Name of a profile in the AWS configuration files. */
  readonly profile?: string;
  /** Absolute folder that a relative path is relative to; the working folder by default. */
  readonly base?: string;
}

/**
 * The remote at `url`: `PATH`, `file://`, `s3://bucket/prefix` or `minio://alias/bucket/prefix`. Nothing is contacted and
 * nothing is created yet. The client libraries are loaded only for the kinds that need them.
 * @throws VarveError `unknown-remote-scheme`, `invalid-remote-url`
 */
export async function openRemote(url: string, options: RemoteOptions = {}): Promise<Remote> {
  const place = parseUrl(url, options.base ?? process.cwd());
  if (place.kind === 'folder') return new FolderRemote(place.path);
  throw new VarveError('unknown-remote-scheme', `${place.kind}:// remotes come with the next change`, {
    remedy: 'Use a folder.',
  });
}
