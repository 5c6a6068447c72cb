import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemCode, systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import type { ServerOptions } from '../bucket/client.ts';

/** A server and who asks it. Without keys, requests are anonymous. */
export interface MinioAccess {
  readonly endpoint: URL;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly sessionToken?: string;
  /** How a person gives the keys: see BucketClient. */
  readonly signIn: string;
}

/** `http[s]://[access:secret[:token]@]host`; keys may hold any character but ':', the last also '@'. */
const HOST = /^(https?:\/\/)(?:([^:@/]*):(.*)@)?([^@]+)$/i;

/**
 * What an alias means. With an endpoint: that server, with the keys given or in the environment. Else as `mc` reads it: MC_HOST_<alias>, then
 * `config.json` in MC_CONFIG_DIR or `~/.mc`.
 * @throws VarveError `alias-missing`, `alias-invalid`, `endpoint-invalid`, `mc-config-damaged`
 */
export async function minioAccess(alias: string, options: ServerOptions): Promise<MinioAccess> {
  const { env } = process;
  const { endpoint, credentials: given } = options;
  if (given !== undefined) {
    const { endpoint: server } = endpoint
      ? { endpoint: parseEndpoint(endpoint) }
      : await minioAccess(alias, {});
    const signIn = 'The settings of the remote hold the keys: correct them there.';
    return access(server, signIn, given.accessKeyId, given.secretAccessKey, given.sessionToken);
  }
  if (endpoint !== undefined) {
    const accessKey = env.AWS_ACCESS_KEY_ID || env.MINIO_ACCESS_KEY;
    const secretKey = env.AWS_SECRET_ACCESS_KEY || env.MINIO_SECRET_KEY;
    const signIn = `Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to keys of ${endpoint}.`;
    return access(parseEndpoint(endpoint), signIn, accessKey, secretKey, env.AWS_SESSION_TOKEN);
  }
  const host = env[`MC_HOST_${alias}`];
  if (host !== undefined) return accessOfHost(alias, host);
  const file = join(env.MC_CONFIG_DIR || join(homedir(), '.mc'), 'config.json');
  const found = (await readAliases(file))?.[alias];
  if (found === undefined) throw aliasMissing(alias, file);
  const { url, accessKey, secretKey, sessionToken } = found as Record<string, unknown>;
  if (typeof url !== 'string') throw damaged(file);
  const signIn = `The alias ${alias} of \`mc\` holds the keys: give it others by \`mc alias set ${shellWord(alias)} ${shellWord(url)}\`, which asks for them.`;
  return access(parseEndpoint(url), signIn, text(accessKey), text(secretKey), text(sessionToken));
}

/** Check an endpoint. @throws VarveError `endpoint-invalid` if it is not `http[s]://host[:port]` */
export function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (isPlain) return url;
  throw new VarveError('endpoint-invalid', 'The endpoint of the remote is not the address of a server', {
    remedy:
      'Write it as http://host:port or https://host, without credentials; those come by the environment.',
  });
}

function access(
  endpoint: URL,
  signIn: string,
  accessKey: string | undefined,
  secretKey: string | undefined,
  sessionToken: string | undefined,
): MinioAccess {
  if (!accessKey || !secretKey) return { endpoint, signIn };
  return { endpoint, signIn, accessKey, secretKey, ...(sessionToken ? { sessionToken } : {}) };
}

function accessOfHost(alias: string, host: string): MinioAccess {
  const [, scheme = '', accessKey, rest = '', server = ''] = HOST.exec(host) ?? [];
  if (server === '') {
    throw new VarveError('alias-invalid', `MC_HOST_${alias} does not hold the address of a server`, {
      remedy: `Write it as MC_HOST_${alias}=https://ACCESS:SECRET@HOST.`,
    });
  }
  const [secretKey, sessionToken] = rest.split(':');
  const signIn = `The variable MC_HOST_${alias} holds the keys: correct them there.`;
  return access(parseEndpoint(scheme + server), signIn, accessKey, secretKey, sessionToken);
}

/** Read the configuration of `mc`; undefined if there is no such file. */
async function readAliases(file: string): Promise<Record<string, unknown> | undefined> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw systemError(error, 'read', file);
  }
  let config: unknown;
  try {
    config = JSON.parse(content);
  } catch {
    throw damaged(file);
  }
  const aliases = (config as { aliases?: unknown } | null)?.aliases;
  if (typeof aliases !== 'object' || aliases === null) throw damaged(file);
  return Object.fromEntries(
    Object.entries(aliases).filter(([, value]) => typeof value === 'object' && value),
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function damaged(file: string): VarveError {
  return new VarveError('mc-config-damaged', `${file} is not a configuration of mc that varve can read`, {
    path: file,
    remedy: 'Write it anew by `mc alias set NAME URL`, with mc of 2021 or later.',
  });
}

function aliasMissing(alias: string, file: string): VarveError {
  return new VarveError('alias-missing', `There is no alias ${alias} in ${file}`, {
    path: file,
    remedy: `Make it by \`mc alias set ${shellWord(alias)} URL\`, where URL is that of the server. Without \`mc\`, give the remote an \`endpoint\` in .varve/config.local.yaml, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
  });
}
