import { pathToFileURL } from 'node:url';
import { VarveError } from '../errors.ts';
import { describeUrl } from '../wording/urls.ts';
import { type BucketPlace, parseUrl } from './url.ts';

/** The schemes by which engines name buckets. MinIO is a server of S3. */
const SCHEMES: Readonly<Record<Exclude<BucketPlace['kind'], 'azure'>, string>> = {
  s3: 's3',
  minio: 's3',
  gs: 'gs',
};

/** The account of a container of Azure: as the client finds it, or the first step of its host. */
export function accountOf(url: string, root: string, endpoint: string | undefined): string | undefined {
  if (parseUrl(url, root).kind !== 'azure') return undefined;
  const { AZURE_STORAGE_ACCOUNT: named, AZURE_STORAGE_CONNECTION_STRING: connection = '' } = process.env;
  const said = named ?? /(?:^|;)AccountName=([^;]+)/.exec(connection)?.[1];
  return said ?? /^https:\/\/([a-z0-9]{3,24})\.blob\./.exec(endpoint ?? '')?.[1];
}

/**
 * Name an object of data in place as engines do, with nothing escaped.
 * @param key behind the URL; '' for the object at the URL itself
 * @param account of a container of Azure
 * @returns undefined for a place that is no bucket, or whose account is not known
 */
export function engineAddress(url: string, key: string, account?: string): string | undefined {
  const place = parseUrl(url, '/');
  if (!('bucket' in place) || (place.kind === 'azure' && account === undefined)) return undefined;
  const { prefix } = place;
  return `${engineUrl(bucketUrl(place), '/', account)}${key === '' ? prefix.replace(/\/$/, '') : prefix + key}`;
}

function bucketUrl(place: BucketPlace): string {
  return place.kind === 'minio'
    ? `minio://${place.alias}/${place.bucket}`
    : `${place.kind}://${place.bucket}`;
}

/**
 * Name the folder of a remote as engines such as Spark and DuckDB do, with a slash at its end: `s3://bucket/prefix/`.
 * @param base absolute folder that a relative path is relative to
 * @param account of a container of Azure
 * @throws VarveError `table-place-unsupported` for a place that no engine reads
 */
export function engineUrl(url: string, base: string, account?: string): string {
  const place = parseUrl(url, base);
  if (place.kind === 'folder') return `${pathToFileURL(place.path).href}/`;
  if ('bucket' in place) {
    const prefix = encodeURI(place.prefix);
    if (place.kind !== 'azure') return `${SCHEMES[place.kind]}://${place.bucket}/${prefix}`;
    if (account !== undefined) return `abfss://${place.bucket}@${account}.dfs.core.windows.net/${prefix}`;
  }
  throw new VarveError('table-place-unsupported', `Engines have no name for files at ${describeUrl(url)}`, {
    path: describeUrl(url),
    remedy:
      place.kind === 'azure'
        ? 'Name the account in AZURE_STORAGE_ACCOUNT.'
        : 'Use a remote in a bucket (s3://, minio://, gs://, azure://) or in a folder.',
  });
}
