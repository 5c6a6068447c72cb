import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VarveError } from '../errors.ts';
import { describeUrl, URL_SCHEME } from '../wording/urls.ts';

/** The place of a remote, as its URL says it. `prefix` is '' or ends in '/'. */
export type RemotePlace = FolderPlace | BucketPlace | FilePlace | WebPlace;

export interface FolderPlace {
  readonly kind: 'folder';
  readonly path: string;
}

export type BucketPlace =
  | { readonly kind: 's3' | 'gs' | 'azure'; readonly bucket: string; readonly prefix: string }
  | { readonly kind: 'minio'; readonly alias: string; readonly bucket: string; readonly prefix: string };

/** A folder of a file system that is reached over the network. */
export interface FilePlace {
  readonly kind: 'ssh' | 'webhdfs' | 'swebhdfs';
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
  /** Absolute; of ssh, `~` or `~/…` lies in the home of the user there. No slash at its end, unless it is `/`. */
  readonly path: string;
}

/** A folder of a web server. */
export interface WebPlace {
  readonly kind: 'web';
  /** Ends in '/'. */
  readonly base: string;
}

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;
/** What S3 takes for a new bucket; a pointer or settings of older ones may have more. */
const S3_BUCKET = /^[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/;
const ALIAS = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** A name that no program could take for an option. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
const HOST = /^([A-Za-z0-9_]([A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])$/;
const MAX_PORT = 65_535;

/** The kind of place that each scheme names. */
const KINDS: Readonly<Record<string, RemotePlace['kind']>> = {
  file: 'folder',
  s3: 's3',
  minio: 'minio',
  gs: 'gs',
  azure: 'azure',
  ssh: 'ssh',
  sftp: 'ssh',
  webhdfs: 'webhdfs',
  swebhdfs: 'swebhdfs',
  https: 'web',
  http: 'web',
};

/** What other tools call places that are known here by another scheme, and how those are written here. */
const OTHER_NAMES: readonly (readonly [written: RegExp, here: string])[] = [
  [/^s3[an]:\/\/(.+)$/i, 's3://$1'],
  [/^gcs:\/\/(.+)$/i, 'gs://$1'],
  [/^az:\/\/(.+)$/i, 'azure://$1'],
  [/^(?:abfs|wasb)s?:\/\/([^@/]+)@[^/]+(\/.*)?$/i, 'azure://$1$2'],
  [/^hdfs:\/\/([^/:@]+)(?::\d+)?(\/.*)$/i, 'webhdfs://$1:9870$2'],
];

/** Say how a URL is written here that Spark and others write by another scheme; undefined for any other. */
export function writtenHere(url: string): string | undefined {
  const [form, here] = OTHER_NAMES.find(([written]) => written.test(url)) ?? [];
  const found = form && url.replace(form, here!);
  return found !== undefined && describeUrl(found) === found ? found : undefined;
}

/** @throws VarveError `remote-scheme-unknown` */
function remoteKind(url: string): RemotePlace['kind'] {
  const scheme = URL_SCHEME.exec(url)?.[1]?.toLowerCase();
  const kind = scheme === undefined ? 'folder' : Object.hasOwn(KINDS, scheme) ? KINDS[scheme] : undefined;
  if (kind !== undefined) return kind;
  const here = writtenHere(url);
  throw new VarveError('remote-scheme-unknown', `varve has no remote of the kind ${scheme}://`, {
    path: describeUrl(url),
    remedy: here === undefined ? `Use ${URL_FORMS}.` : `Write it as ${here}.`,
  });
}

/**
 * `user@host:path`, as scp, rsync and Git have it: a colon before the first slash. One letter is a drive of Windows; whoever means a
 * folder of such a name writes `./` before it.
 */
const SCP_FORM = /^(?:([^/\\:@]+)@)?([^/\\:@]+):(?!\/\/)(.*)$/s;

/** Whether a text is the address of a folder at another machine in the form of scp, which is no URL and no path. */
export function isScpAddress(text: string): boolean {
  const [, user, host = ''] = SCP_FORM.exec(text) ?? [];
  return host.length > 1 || (user !== undefined && host !== '');
}

/** @throws VarveError `remote-url-invalid`, with the URL that says the same */
export function refuseScpAddress(text: string): void {
  if (!isScpAddress(text)) return;
  const [, user, host = '', path = ''] = SCP_FORM.exec(text)!;
  const kind = Object.hasOwn(KINDS, host.toLowerCase()) ? KINDS[host.toLowerCase()] : undefined;
  if (user === undefined && kind !== undefined)
    throw invalid(text, `has no // behind ${host}:`, `Use ${URL_FORMS}.`);
  const rest = path.startsWith('/') ? path : `/~/${path.replace(/^~\/?/, '')}`;
  const url = `ssh://${user === undefined ? '' : `${user}@`}${host}${rest.replace(/\/+$/, '')}`;
  const isUrl = describeUrl(url) === url && !path.includes('@');
  throw invalid(
    text,
    'is written as scp has it, and is no URL',
    `${isUrl ? `Write ${url}.` : FILE_FORMS.ssh} A folder here of such a name is written with ./ before it.`,
  );
}

/** The forms that the URL of a remote may have, for messages. */
export const URL_FORMS =
  'a folder, file:///folder, s3://bucket/prefix, minio://alias/bucket/prefix, gs://bucket/prefix, azure://container/prefix, ssh://user@host/folder, webhdfs://user@host:9870/folder, or https://host/folder to read from';

/** The forms that the URL of data in place may have, for messages. */
export const SOURCE_FORMS =
  's3://bucket/prefix, minio://alias/bucket/prefix, gs://bucket/prefix, azure://container/prefix, ssh://user@host/folder, webhdfs://user@host:9870/folder, or https://host/folder';

/** Whether a text is the URL of a kind that data can be used in place at. */
export function isSourceUrl(text: string): boolean {
  const scheme = URL_SCHEME.exec(text)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(KINDS, scheme) && KINDS[scheme] !== 'folder';
}

export function isUrl(text: string): boolean {
  return URL_SCHEME.test(text);
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
    throw invalid(url, 'must not hold credentials, a query or a fragment', KEYS_REMEDIES[kind]);
  if (kind === 'web') return { kind, base: webFolder(url) };
  if (kind === 'ssh' || kind === 'webhdfs' || kind === 'swebhdfs') return filePlace(kind, url);
  return bucketPlace(kind, url);
}

/**
 * Refuse a bucket that no server of S3 can have, before anything is kept under its name.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * @throws VarveError `remote-url-invalid`
 */
export function refuseImpossibleBucket(url: string, place: RemotePlace): void {
  if (place.kind !== 's3' && place.kind !== 'minio') return;
  if (S3_BUCKET.test(place.bucket)) return;
  throw invalid(
    url,
    'names a bucket that cannot exist',
    'Names of buckets have 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at each end: look up the name and write it so.',
  );
}

function bucketPlace(kind: BucketPlace['kind'], url: string): BucketPlace {
  const form = BUCKET_FORMS[kind];
  const segments = url
    .slice(url.indexOf('://') + 3)
    .replace(/\/+$/, '')
    .split('/');
  const alias = kind === 'minio' ? segments.shift() : undefined;
  if (alias !== undefined && !ALIAS.test(alias))
    throw invalid(url, 'has no alias that `mc` would accept', form);
  const bucket = segments.shift() ?? '';
  if (!BUCKET.test(bucket)) throw invalid(url, 'names no bucket', form);
  checkSteps(url, segments, form);
  const prefix = segments.length === 0 ? '' : `${segments.join('/')}/`;
  return kind === 'minio' ? { kind, alias: alias!, bucket, prefix } : { kind, bucket, prefix };
}

/** A place in a file system on another machine: `scheme://user@host:port/folder`. */
function filePlace(kind: FilePlace['kind'], url: string): FilePlace {
  const form = FILE_FORMS[kind];
  const rest = url.slice(url.indexOf('://') + 3);
  const slash = rest.indexOf('/');
  const [, user, host = '', digits] =
    /^(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(slash < 0 ? rest : rest.slice(0, slash)) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (!HOST.test(host) || (user !== undefined && !USER.test(user)) || port === 0 || (port ?? 1) > MAX_PORT)
    throw invalid(url, 'names no host', form);
  if (slash < 0) throw invalid(url, 'names no folder', form);
  const steps = rest
    .slice(slash + 1)
    .replace(/\/+$/, '')
    .split('/')
    .filter((step, index) => index > 0 || step !== '');
  checkSteps(url, steps, form);
  const isInHome = kind === 'ssh' && steps[0] === '~';
  const path = isInHome ? steps.join('/') : `/${steps.join('/')}`;
  return { kind, host, path, ...(user !== undefined && { user }), ...(port !== undefined && { port }) };
}

function checkSteps(url: string, steps: readonly string[], form: string): void {
  if (steps.every(isPlain)) return;
  throw invalid(url, 'has an empty, `.` or `..` step, or a control character, in its path', form);
}

function webFolder(url: string): string {
  const form = 'Write it as https://host/folder.';
  if (!URL.canParse(url)) throw invalid(url, 'names no host', form);
  const [, path = ''] = /^[^:]+:\/\/[^/]*\/(.*?)\/*$/s.exec(url) ?? [];
  if (path !== '') checkSteps(url, path.split('/'), form);
  return new URL(url).href.replace(/\/*$/, '/');
}

const BUCKET_FORMS: Readonly<Record<BucketPlace['kind'], string>> = {
  s3: 'Write it as s3://bucket/prefix.',
  minio: 'Write it as minio://alias/bucket/prefix, where `mc alias list` shows the aliases.',
  gs: 'Write it as gs://bucket/prefix.',
  azure: 'Write it as azure://container/prefix; AZURE_STORAGE_ACCOUNT or the endpoint names the account.',
};
const FILE_FORMS: Readonly<Record<FilePlace['kind'], string>> = {
  ssh: 'Write it as ssh://user@host/folder, or ssh://user@host/~/folder for one in the home of the user there.',
  webhdfs: 'Write it as webhdfs://user@host:port/folder.',
  swebhdfs: 'Write it as swebhdfs://user@host:port/folder.',
};
const AWS_KEYS =
  'Give credentials by the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), an AWS profile, or an alias of `mc`.';
const HADOOP_TOKEN = 'Give a delegation token by HADOOP_TOKEN; the user alone may stand in the URL.';
/** How credentials are given instead. */
const KEYS_REMEDIES: Readonly<Record<Exclude<RemotePlace['kind'], 'folder'>, string>> = {
  s3: AWS_KEYS,
  minio: AWS_KEYS,
  gs: 'Give credentials by `gcloud auth application-default login`, or by a file that GOOGLE_APPLICATION_CREDENTIALS names.',
  azure:
    'Give credentials by `az login`, or by the environment (AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN).',
  ssh: 'Log in by a key: one of an agent, of ~/.ssh, or the IdentityFile of ~/.ssh/config. The user alone may stand in the URL.',
  webhdfs: HADOOP_TOKEN,
  swebhdfs: HADOOP_TOKEN,
  web: 'varve reads what the server shows to everybody, and sends no credentials.',
};

function isPlain(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !/[\x00-\x1f\x7f]/.test(segment);
}

function folderPath(url: string, base: string): string {
  refuseScpAddress(url);
  if (url === '' || url.includes('\0')) throw invalid(url, 'is not a path', 'Give the path of a folder.');
  if (!URL_SCHEME.test(url)) return isAbsolute(url) ? resolve(url) : resolve(base, url);
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
