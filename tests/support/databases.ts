import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
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

export async function startMariadb(): Promise<DatabaseServer> {
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
  ]);
  const ended = new Promise((resolve) => server.once('close', resolve));
  const run = (sql: string): string =>
    execFileSync('mariadb', ['--no-defaults', '-u', 'root', '-S', socket], {
      input: sql,
      stdio: ['pipe', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
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

export async function startPostgresql(): Promise<DatabaseServer> {
  const folder = mkdtempSync(join(tmpdir(), 'varve-postgresql-'));
  const data = join(folder, 'data');
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  mkdirSync(data);
  if (identity.uid !== undefined) for (const path of [folder, data]) chownSync(path, NOBODY, NOBODY);
  const bin = join(INITDB!, '..');
  const options = { ...identity, cwd: folder, stdio: 'pipe' } as const;
  execFileSync(INITDB!, ['-D', data, '-U', 'ann', '--auth=trust', '-E', 'UTF8', '--locale=C'], options);
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses='], options);
  const ended = new Promise((resolve) => server.once('close', resolve));
  const run = (sql: string): string => {
    const { status, stdout, stderr } = spawnSync(
      programAt('psql', [bin])!,
      ['-q', '-v', 'ON_ERROR_STOP=1', '-h', folder, '-U', 'ann', 'postgres'],
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
