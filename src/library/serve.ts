import type { AccessKey, NewAccessKey } from '../server/access/access-keys.ts';
import { LOG_LEVELS } from '../server/log.ts';
import type { RunningServer, ServerSettings } from '../server/server.ts';
import {
  CALLBACK,
  COUNT,
  checkArgument,
  checkOptions,
  FLAG,
  type Kinds,
  oneOf,
  TEXT,
  TEXTS,
} from './arguments.ts';

/** Options of a server. */
export interface ServeOptions extends Omit<ServerSettings, 'repositories' | 'base'> {
  /** Folders of repositories, each perhaps with the name of its bucket: `PATH` or `NAME=PATH`. The one around the process unless given. */
  readonly repositories?: readonly string[] | undefined;
}

const SERVE: Kinds<ServeOptions> = {
  repositories: TEXTS,
  listen: TEXT,
  anonymous: FLAG,
  tlsCert: TEXT,
  tlsKey: TEXT,
  redirect: FLAG,
  clientLimit: COUNT,
  observe: TEXTS,
  window: TEXT,
  environment: TEXT,
  state: TEXT,
  log: oneOf(...LOG_LEVELS),
  onLog: CALLBACK,
};

/**
 * Serve every version of repositories over S3, for reading, as `varve serve` does, until the server is closed.
 * @throws VarveError `listen-invalid`, `listen-failed`, `tls-invalid`, `bucket-name-invalid`, `access-key-missing`, `repository-missing`
 * @example
 * ```ts
 * import { serve } from 'varve';
 *
 * const server = await serve({ listen: '127.0.0.1:0', anonymous: true, log: 'error' });
 * const [{ bucket } = { bucket: '' }] = server.repositories;
 * const answer = await fetch(`${server.url}/${bucket}?list-type=2&prefix=main/`);
 * console.log(await answer.text());
 * await server.close();
 * ```
 */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
  const { repositories = ['.'], ...rest } = checkOptions('serve', options, SERVE);
  const { startServer } = await import('../server/server.ts');
  return startServer({ ...rest, repositories, base: process.cwd() });
}

/**
 * Make a key by which clients may read from the servers of this user. Its secret is told this once.
 * @param name what people know it by
 * @throws VarveError `access-key-invalid`
 */
export async function addAccessKey(name?: string): Promise<NewAccessKey> {
  if (name !== undefined) checkArgument('addAccessKey', 'the name', name, TEXT);
  return (await import('../server/access/access-keys.ts')).makeAccessKey(name);
}

/** The keys of this user, oldest first, without their secrets. */
export async function listAccessKeys(): Promise<readonly AccessKey[]> {
  return (await import('../server/access/access-keys.ts')).accessKeys();
}

/** Forget a key: servers that run refuse it within a second. @throws VarveError `access-key-unknown` */
export async function removeAccessKey(id: string): Promise<AccessKey> {
  checkArgument('removeAccessKey', 'the id', id, TEXT);
  return (await import('../server/access/access-keys.ts')).forgetAccessKey(id);
}
