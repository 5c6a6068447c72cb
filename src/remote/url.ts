import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VarveError } from '../errors.ts';

/** The place of a remote, as its URL says it. `prefix` is '' or ends in '/'. */
export type RemotePlace =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'minio'; readonly alias: string; readonly bucket: string; readonly prefix: string };

/** Two letters at least, so that `C:\data` stays a path. */
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;
const ALIAS = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** @throws VarveError `remote-scheme-unknown` */
function remoteKind(url: string): RemotePlace['kind'] {
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file') return 'folder';
  if (scheme === 's3' || scheme === 'minio') return scheme;
  throw new VarveError('remote-scheme-unknown', `varve has no remote of the kind ${scheme}://`, {
    path: describeUrl(url),
    remedy: 'Use a folder, file:///folder, s3://bucket/prefix, or minio://alias/bucket/prefix.',
  });
}

export function isUrl(text: string): boolean {
  return SCHEME.test(text);
}

/** Write a URL as messages may show it: without user, password, query or fragment. */
export function describeUrl(url: string): string {
  const scheme = SCHEME.exec(url)?.[0];
  // What is mistyped is no URL of any kind, and may hold a password all the same.
  if (scheme === undefined) return withoutSecrets(url);
  return scheme + withoutUser(url.slice(scheme.length)).replace(/[?#].*$/s, '');
}

/** Cut off user and password, before the query: a password may hold any character, as secret keys of AWS hold slashes. */
function withoutUser(rest: string): string {
  const [authority] = /^[^/?#]*/.exec(rest)!;
  // A colon may begin a password, which may hold slashes. It may begin a port too: then a path with an @ in it is shown in part.
  const end = authority.includes(':') ? rest.lastIndexOf('@') : authority.lastIndexOf('@');
  if (end >= 0) return rest.slice(end + 1);
  // A password whose end was cut off, at a quotation mark in it.
  return authority.startsWith('[') ? rest : rest.replace(/^([^/?#:]*):(?!\d{0,5}(?:[/?#]|$)).*/s, '$1:…');
}

/** URLs within a text, up to white space or what quotes them; one slash is what paths make of two. Bounded, so that no text takes long. */
const URLS = /([a-z0-9][a-z0-9+.-]{1,30}:\/{1,2})([^\s"'`<>]+)/gi;
/** Names of parameters that grant something: of signed URLs of AWS, Google and Azure, and of tokens of any kind. */
const GRANTING =
  /[?&#;][^=&;?#]{0,40}(sig|token|secret|password|passwd|pwd|credential|key|auth|sas)[^=&;?#]{0,40}=/i;

/** Take the credentials out of the URLs in a text that a person or a library wrote, so that messages may show it. */
export function withoutSecrets(text: string): string {
  return text.replace(URLS, (_, scheme: string, rest: string) => {
    const shown = withoutUser(rest);
    return scheme + (GRANTING.test(rest) ? shown.replace(/[?#].*$/s, '') : shown);
  });
}

/**
 * Parse the URL of a remote.
 * @param base absolute folder that a relative path is relative to
 * @throws VarveError `remote-scheme-unknown`, `remote-url-invalid`
 */
export function parseUrl(url: string, base: string): RemotePlace {
  const kind = remoteKind(url);
  if (kind === 'folder') return { kind, path: folderPath(url, base) };
  if (describeUrl(url) !== url)
    throw invalid(url, 'must not hold credentials, a query or a fragment', KEYS_REMEDY);
  const segments = url
    .slice(url.indexOf('://') + 3)
    .replace(/\/+$/, '')
    .split('/');
  const alias = kind === 'minio' ? segments.shift() : undefined;
  if (alias !== undefined && !ALIAS.test(alias))
    throw invalid(url, 'has no alias that `mc` would accept', MINIO_FORM);
  const bucket = segments.shift() ?? '';
  if (!BUCKET.test(bucket)) throw invalid(url, 'names no bucket', alias === undefined ? S3_FORM : MINIO_FORM);
  if (segments.some((part) => !isPlain(part))) {
    throw invalid(url, 'has an empty, `.` or `..` step, or a control character, in its prefix', S3_FORM);
  }
  const prefix = segments.length === 0 ? '' : `${segments.join('/')}/`;
  return alias === undefined ? { kind: 's3', bucket, prefix } : { kind: 'minio', alias, bucket, prefix };
}

const S3_FORM = 'Write it as s3://bucket/prefix.';
const MINIO_FORM = 'Write it as minio://alias/bucket/prefix, where `mc alias list` shows the aliases.';
const KEYS_REMEDY =
  'Give credentials by the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), an AWS profile, or an alias of `mc`.';

function isPlain(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !/[\x00-\x1f\x7f]/.test(segment);
}

function folderPath(url: string, base: string): string {
  if (url === '' || url.includes('\0')) throw invalid(url, 'is not a path', 'Give the path of a folder.');
  if (!SCHEME.test(url)) return isAbsolute(url) ? resolve(url) : resolve(base, url);
  try {
    return resolve(fileURLToPath(url));
  } catch {
    throw invalid(url, 'does not name a local folder', 'Write it as file:///absolute/path.');
  }
}

function invalid(url: string, what: string, remedy: string): VarveError {
  const shown = describeUrl(url);
  return new VarveError('remote-url-invalid', `The remote URL ${shown} ${what}`, { path: shown, remedy });
}
