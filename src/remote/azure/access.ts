/**
 * Who asks Azure, and where: what the environment or the settings of another tool say of account and credentials. It sends nothing.
 */

import type { DefaultAzureCredential } from '@azure/identity';
import type { AnonymousCredential, BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { VarveError } from '../../errors.ts';
import type { ServerOptions } from '../bucket/client.ts';
import { driver } from '../bucket/driver.ts';

type Library = typeof import('@azure/storage-blob');
type Pipeline = Parameters<Library['BlobServiceClient']['fromConnectionString']>[1];
type Credential = StorageSharedKeyCredential | AnonymousCredential | DefaultAzureCredential;

/** An account, as whoever has these credentials sees it. */
export interface AzureAccess {
  readonly service: BlobServiceClient;
  /** How a person gives the credentials: see BucketClient. */
  readonly signIn: string;
  /** What names the server: see Site. */
  readonly namedBy: string;
}

const PACKAGES = ['@azure/storage-blob', '@azure/identity'];
const SIGN_IN =
  'Run `az login`, or set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN.';
/** What DefaultAzureCredential gives goes by encrypted connections alone. */
const SIGN_IN_WITHOUT_TLS =
  'Without encryption, as at an emulator, none are taken from `az login`: set AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or AZURE_STORAGE_CONNECTION_STRING with this endpoint as its BlobEndpoint.';
const ACCOUNT = /^[a-z0-9]{3,24}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

export async function loadAzure(): Promise<Library> {
  return driver('azure', PACKAGES, () => import('@azure/storage-blob'));
}

/**
 * Find the account and the first credentials that there are: the connection string, where it is of the endpoint of the remote or the remote
 * has none; a key; a token; DefaultAzureCredential.
 * @throws VarveError `endpoint-invalid`, `credentials-invalid`, `credentials-missing`, `driver-missing`
 */
export async function azureAccess(
  library: Library,
  options: ServerOptions,
  pipeline: Pipeline,
): Promise<AzureAccess> {
  const names = options.azure === undefined ? OF_ENVIRONMENT : OF_SETTINGS;
  const known = given(options);
  const connected = connectedService(library, options, known, names, pipeline);
  const { endpoint, namedBy } = placeFor(options, connected, known, names);
  if (connected !== undefined && !options.anonymous && placeOf(connected.url) === placeOf(endpoint))
    return { service: connected, signIn: `Correct ${names.connection}.`, namedBy };
  const unused = connected && names.connection;
  const { credential, query, signIn } = options.anonymous
    ? { credential: new library.AnonymousCredential(), query: '', signIn: SIGN_IN }
    : (keyOrToken(library, known, endpoint, names) ?? (await anyCredential(endpoint, unused, options)));
  return { service: new library.BlobServiceClient(endpoint + query, credential, pipeline), signIn, namedBy };
}

interface Found {
  readonly credential: Credential;
  /** Behind the endpoint, with its question mark. */
  readonly query: string;
  readonly signIn: string;
}

function connectedService(
  library: Library,
  { endpoint, anonymous }: ServerOptions,
  { connection }: Given,
  names: Names,
  pipeline: Pipeline,
): BlobServiceClient | undefined {
  // Whoever asks without credentials needs no more of it than the server.
  if (!connection || (anonymous && endpoint)) return undefined;
  return serviceOf(library, connection, names.connection, pipeline);
}

/** @throws VarveError `endpoint-invalid` */
function placeFor(
  { endpoint }: ServerOptions,
  connected: BlobServiceClient | undefined,
  { account }: Given,
  names: Names,
): { readonly endpoint: string; readonly namedBy: string } {
  const trimmed = (url: string) => url.replace(/\/+$/, '');
  if (endpoint) return { endpoint: trimmed(endpoint), namedBy: 'the endpoint in the settings of the remote' };
  if (connected !== undefined) return { endpoint: placeOf(connected.url), namedBy: names.connection };
  if (!account) throw accountMissing();
  return { endpoint: `https://${account}.blob.core.windows.net`, namedBy: 'AZURE_STORAGE_ACCOUNT' };
}

function keyOrToken(
  library: Library,
  { key, sas, account }: Given,
  endpoint: string,
  names: Names,
): Found | undefined {
  if (key) {
    const credential = new library.StorageSharedKeyCredential(
      account ?? accountIn(endpoint),
      checkedKey(key, names.key),
    );
    return { credential, query: '', signIn: `Correct ${names.key}, or the account that it is of.` };
  }
  if (!sas) return undefined;
  const query = `?${checkedToken(sas, names.sas)}`;
  return { credential: new library.AnonymousCredential(), query, signIn: `Correct ${names.sas}.` };
}

/** @param unused what holds a connection string of another server, if there is one */
async function anyCredential(
  endpoint: string,
  unused: string | undefined,
  { onWarning }: ServerOptions,
): Promise<Found> {
  if (endpoint.startsWith('http:')) throw unencrypted(endpoint, unused);
  if (unused !== undefined) onWarning?.(`${isNotUsed(unused, endpoint)}; others are looked for`);
  const { DefaultAzureCredential } = await driver('azure', PACKAGES, () => import('@azure/identity'));
  return { credential: new DefaultAzureCredential(), query: '', signIn: SIGN_IN };
}

interface Given {
  readonly connection?: string | undefined;
  readonly key?: string | undefined;
  readonly sas?: string | undefined;
  readonly account?: string | undefined;
}

type Names = typeof OF_ENVIRONMENT;

const OF_ENVIRONMENT = {
  connection: 'AZURE_STORAGE_CONNECTION_STRING',
  key: 'AZURE_STORAGE_KEY',
  sas: 'AZURE_STORAGE_SAS_TOKEN',
};
/** As DVC calls them. */
const OF_SETTINGS = {
  connection: 'connection_string in the settings of the remote',
  key: 'account_key in the settings of the remote',
  sas: 'sas_token in the settings of the remote',
};

function given({ azure: own }: ServerOptions): Given {
  if (own !== undefined) return own;
  const { env } = process;
  const account = env.AZURE_STORAGE_ACCOUNT || undefined;
  if (account !== undefined && !ACCOUNT.test(account)) throw accountInvalid();
  return {
    connection: env.AZURE_STORAGE_CONNECTION_STRING,
    key: env.AZURE_STORAGE_KEY,
    sas: env.AZURE_STORAGE_SAS_TOKEN,
    account,
  };
}

/** @param name of what holds the string: its value is a secret */
function serviceOf(
  library: Library,
  connection: string,
  name: string,
  pipeline: Pipeline,
): BlobServiceClient {
  try {
    const service = library.BlobServiceClient.fromConnectionString(connection, pipeline);
    if (/^https?:$/.test(new URL(service.url).protocol)) return service;
  } catch (error) {
    throw connectionInvalid(name, partAtFault(connection, (error as Error).message));
  }
  throw connectionInvalid(name, 'BlobEndpoint');
}

/** The library takes a string without DefaultEndpointsProtocol for one with a signature. */
function partAtFault(connection: string, said: string): string | undefined {
  const has = (part: string) => connection.split(';').some((text) => text.trim().startsWith(`${part}=`));
  if (has('AccountKey') && !has('DefaultEndpointsProtocol')) return 'DefaultEndpointsProtocol';
  if (!/[A-Za-z]=/.test(connection)) return undefined;
  return /^Invalid ([A-Z][A-Za-z]+) in /.exec(said)?.[1] ?? 'BlobEndpoint';
}

/** A service by its origin and path. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname.replace(/\/+$/, '');
}

/** The account stands in the host, or, at an emulator, in the path. */
function accountIn(endpoint: string): string {
  const { hostname, pathname } = new URL(endpoint);
  return pathname.split('/')[1] || hostname.split('.')[0]!;
}

function checkedKey(key: string, name: string): string {
  if (BASE64.test(key.trim()) && Buffer.from(key, 'base64').length > 0) return key;
  throw credentialsInvalid(
    `${name} is not a key of an account: those are Base64`,
    name,
    'Copy it whole, as `az storage account keys list --account-name ACCOUNT` prints it.',
  );
}

/** @returns the token without the question mark that may stand before it */
function checkedToken(sas: string, name: string): string {
  const token = sas.trim().replace(/^\?/, '');
  if (/(?:^|&)sig=[^&\s]/.test(token) && !/[\s#?]/.test(token)) return token;
  throw credentialsInvalid(
    `${name} is not a token of a shared access signature`,
    name,
    'Copy the token alone, without the URL before it: `sv=…&sig=…`, as `az storage container generate-sas` prints it.',
  );
}

function connectionInvalid(name: string, part: string | undefined): VarveError {
  return credentialsInvalid(
    `${name} is not a connection string of Azure${part === undefined ? '' : `: its ${part} is missing, or is none`}`,
    name,
    'Copy it whole, as `az storage account show-connection-string --name ACCOUNT` prints it: `DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net`, or `BlobEndpoint=…;SharedAccessSignature=…`.',
  );
}

function credentialsInvalid(message: string, path: string, remedy: string): VarveError {
  return new VarveError('credentials-invalid', message, { path, remedy });
}

function isNotUsed(name: string, endpoint: string): string {
  return `${name} names another server than the endpoint ${endpoint}, so its credentials are not sent there`;
}

function unencrypted(endpoint: string, unused: string | undefined): VarveError {
  const why = unused === undefined ? '' : `: ${isNotUsed(unused, endpoint)}`;
  return new VarveError('credentials-missing', `There are no credentials for ${endpoint}${why}`, {
    path: endpoint,
    remedy: SIGN_IN_WITHOUT_TLS,
  });
}

function accountMissing(): VarveError {
  return new VarveError('endpoint-invalid', 'No account of Azure is named', {
    path: 'AZURE_STORAGE_ACCOUNT',
    remedy:
      'Set AZURE_STORAGE_ACCOUNT or AZURE_STORAGE_CONNECTION_STRING, or give the remote the endpoint https://ACCOUNT.blob.core.windows.net.',
  });
}

function accountInvalid(): VarveError {
  return new VarveError('endpoint-invalid', 'AZURE_STORAGE_ACCOUNT is not the name of an account of Azure', {
    path: 'AZURE_STORAGE_ACCOUNT',
    remedy:
      'Names of accounts have 3 to 24 lower-case letters and digits: `az storage account list` shows them.',
  });
}
