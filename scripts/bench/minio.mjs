// A MinIO server for the benchmarks, from PATH or the cache that the tests use.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';

function binary() {
  if (spawnSync('minio', ['--version']).status === 0) return 'minio';
  const cached = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'varve', 'minio', 'minio');
  return existsSync(cached) ? cached : undefined;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a server over `folder` with one bucket; undefined where there is no MinIO. */
export async function startMinio(folder) {
  const command = binary();
  if (!command) return undefined;
  const bucket = 'bench';
  mkdirSync(join(folder, bucket), { recursive: true });
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench-secret' };
  const server = spawn(command, ['server', '--quiet', '--address', `127.0.0.1:${port}`, folder], {
    env: {
      ...process.env,
      MINIO_ROOT_USER: 'bench',
      MINIO_ROOT_PASSWORD: 'bench-secret',
      MINIO_BROWSER: 'off',
    },
    stdio: 'ignore',
  });
  for (let tries = 0; tries < 100; tries++) {
    const ready = await fetch(`${endpoint}/minio/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const stop = () => {
    server.kill();
    return ended;
  };
  return { endpoint, bucket, env: credentials, pid: server.pid, stop };
}
