import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from 'vitest';

/** A server of its own in an empty folder, which answers on a socket alone, and how to give it SQL. */
export interface DatabaseServer {
  readonly url: (options?: string) => string;
  /** @returns what its client prints */
  run(sql: string): string;
  stop(): Promise<void>;
}

const PATHS = (process.env.PATH ?? '').split(delimiter);
const POSTGRESQL = '/usr/lib/postgresql';
const POSTGRESQL_PATHS = existsSync(POSTGRESQL)
  ? readdirSync(POSTGRESQL).map((version) => join(POSTGRESQL, version, 'bin'))
  : [];

function programAt(name: string, more: readonly string[]): string | undefined {
  return [...PATHS, ...more].map((folder) => join(folder, name)).find((path) => existsSync(path));
}

const MARIADB = programAt('mariadbd', ['/usr/sbin']);
const INITDB = programAt('initdb', POSTGRESQL_PATHS);

export const describeWithMariadb = describeWith(MARIADB, 'MariaDB', 'mariadb-server');
export const describeWithPostgresql = describeWith(INITDB, 'PostgreSQL', 'postgresql');

/** Tests that need a real server: where none can be had they are skipped, and their title says so. */
function describeWith(program: string | undefined, name: string, debian: string) {
  return program === undefined
    ? (tests: () => void) =>
        describe.skip(`${name} (skipped: it is not installed; on Debian, apt-get install ${debian})`, tests)
    : (tests: () => void) => describe(name, tests);
}

/** @param more options of the server */
export async function startMariadb(...more: readonly string[]): Promise<DatabaseServer> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-mariadb-'));
  const socket = join(folder, 'socket');
  const data = join(folder, 'data');
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  execFileSync('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    ...user,
  ]);
  const server = spawn(MARIADB!, [
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${socket}`,
    '--skip-networking',
    ...user,
    ...more,
  ]);
  const ended = new Promise((resolve) => server.once('close', resolve));
  const run = (sql: string): string =>
    execFileSync(
      'mariadb',
      ['--no-defaults', '--default-character-set=utf8mb4', '-u', 'root', '-S', socket],
      {
        input: sql,
        stdio: ['pipe', 'pipe', 'pipe'],
        encoding: 'utf8',
      },
    );
  await untilReady(() => run('SELECT 1'));
  run('CREATE DATABASE shop');
  return {
    url: (options = '') => `mysql://root@localhost/shop?socket=${socket}${options}`,
    run: (sql) => run(`USE shop; ${sql}`),
    stop: async () => {
      server.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
const NOBODY = 65_534;

/** @param settings of the server, by their names */
export async function startPostgresql(
  settings: Readonly<Record<string, string>> = {},
): Promise<DatabaseServer> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-postgresql-'));
  const data = join(folder, 'data');
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  mkdirSync(data);
  if (identity.uid !== undefined) for (const path of [folder, data]) chownSync(path, NOBODY, NOBODY);
  const bin = join(INITDB!, '..');
  const options = { ...identity, cwd: folder, stdio: 'pipe' } as const;
  execFileSync(INITDB!, ['-D', data, '-U', 'ann', '--auth=trust', '-E', 'UTF8', '--locale=C'], options);
  const all = Object.entries({ listen_addresses: '', ...settings });
  const words = all.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-k', folder, ...words], options);
  const ended = new Promise((resolve) => server.once('close', resolve));
  const run = (sql: string): string => {
    const { status, stdout, stderr } = spawnSync(
      programAt('psql', [bin])!,
      ['-q', '-v', 'ON_ERROR_STOP=1', '-h', folder, '-p', settings.port ?? '5432', '-U', 'ann', 'postgres'],
      { input: sql, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };
  await untilReady(() => run('SELECT 1'));
  return {
    url: (more = '') => `postgresql://ann@localhost/postgres?socket=${folder}${more}`,
    run,
    stop: async () => {
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Files of a server that an authority of its own vouches for, in a folder that the caller removes. */
export interface Identity {
  readonly folder: string;
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** @param names as certificates have them: `DNS:localhost`, `IP:127.0.0.1` */
export function identityOf(names: string): Identity {
  const folder = mkdtempSync(join(tmpdir(), 'varve-tls-'));
  const openssl = (words: string): unknown =>
    execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'pipe' });
  openssl(
    'req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority -addext keyUsage=keyCertSign',
  );
  openssl('req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server');
  writeFileSync(join(folder, 'names'), `subjectAltName=${names}`);
  openssl(
    'x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem -extfile names',
  );
  const [authority, certificate, key] = ['ca.pem', 'server.pem', 'server.key'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  chmodSync(folder, 0o755);
  // PostgreSQL wants a key that nobody else can read.
  if (process.getuid?.() === 0) chownSync(key, NOBODY, NOBODY);
  return { folder, authority, certificate, key };
}

async function untilReady(ask: () => unknown): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      ask();
      return;
    } catch (error) {
      if (attempt === 300) throw error;
      await sleep(100);
    }
  }
}
