import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './server-process.ts';

/** Where a server listens and who may ask it. */
export interface Access {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

interface Shared extends Access {
  /** Of the server's process group. */
  readonly pid: number;
}

const STARTS_WITHIN_MS = 60_000;
const BUILDS_WITHIN_MS = 15 * 60_000;
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'varve', 'minio');

/** A `minio` on PATH or in the cache; undefined where there is none. */
export function installedBinary(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, CACHE].map((folder) => join(folder, 'minio')).find((path) => existsSync(path));
}

/** Whether the environment asks for a build and Go is there to do it. */
export function canBuild(): boolean {
  return process.env.VARVE_BUILD_MINIO === '1' && spawnSync('go', ['version']).status === 0;
}

function builtBinary(): string {
  mkdirSync(CACHE, { recursive: true });
  const built = spawnSync('go', ['install', 'github.com/minio/minio@latest'], {
    env: { ...process.env, GOBIN: CACHE, CGO_ENABLED: '0' },
    encoding: 'utf8',
    timeout: BUILDS_WITHIN_MS,
  });
  if (built.status !== 0) throw new Error(`MinIO could not be built:\n${built.stderr}`);
  return join(CACHE, 'minio');
}

/**
 * The one server that all test processes of a run share. The first that asks starts it, the others wait for it; it ends
 * with the run, or, where the run is killed, within a second of it.
 * @param run folder of the run, which holds the server's data and its address
 */
export async function sharedServer(run: string): Promise<Access> {
  const record = join(run, 'minio.json');
  if (isFirst(run)) {
    try {
      write(record, await start(join(run, 'minio-data')));
    } catch (error) {
      write(`${record}.failed`, String(error));
    }
  }
  const until = Date.now() + BUILDS_WITHIN_MS + STARTS_WITHIN_MS;
  while (Date.now() < until) {
    if (existsSync(record)) return JSON.parse(readFileSync(record, 'utf8')) as Shared;
    if (existsSync(`${record}.failed`)) throw new Error(JSON.parse(readFileSync(`${record}.failed`, 'utf8')));
    await sleep(50);
  }
  throw new Error('No MinIO server was started in time');
}

/** Ends the server of a run, where one was started. */
export function stopSharedServer(run: string): void {
  const record = join(run, 'minio.json');
  if (!existsSync(record)) return;
  const { pid } = JSON.parse(readFileSync(record, 'utf8')) as Shared;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended before.
  }
}

function isFirst(run: string): boolean {
  try {
    mkdirSync(join(run, 'minio.lock'));
    return true;
  } catch {
    return false;
  }
}

function write(path: string, value: unknown): void {
  writeFileSync(`${path}.part`, JSON.stringify(value));
  renameSync(`${path}.part`, path);
}

async function start(data: string): Promise<Shared> {
  const binary = installedBinary() ?? builtBinary();
  mkdirSync(data, { recursive: true });
  const port = await freePort();
  const access = {
    endpoint: `http://127.0.0.1:${port}`,
    accessKey: 'varve-tests',
    secretKey: 'varve-tests-secret',
  };
  // The shell ends the server when the test run is gone, however that went.
  const script =
    '"$0" server --quiet --address "$1" "$2" & while kill -0 "$3" 2>/dev/null; do sleep 1; done; kill -9 $!';
  const watched = process.env.VARVE_TEST_RUN_PID ?? String(process.pid);
  const child = spawn('sh', ['-c', script, binary, `127.0.0.1:${port}`, data, watched], {
    env: {
      ...process.env,
      MINIO_ROOT_USER: access.accessKey,
      MINIO_ROOT_PASSWORD: access.secretKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    },
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  await ready(access.endpoint, child);
  return { ...access, pid: child.pid! };
}

async function ready(endpoint: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + STARTS_WITHIN_MS;
  while (Date.now() < until && child.exitCode === null) {
    const answer = await fetch(`${endpoint}/minio/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error(`MinIO did not come up at ${endpoint}`);
}
