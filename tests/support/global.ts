import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopSharedServer } from './minio-process.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const BUILD_TAKES_AT_MOST_MS = 60_000;

/**
 * Before all tests: builds dist/ where it is older than its sources, and makes the folder that the test processes of
 * this run share. After all tests: stops what they started and removes that folder.
 */
export default function setup(): () => void {
  buildWhereStale();
  const run = mkdtempSync(join(tmpdir(), 'varve-tests-'));
  process.env.VARVE_TEST_RUN = run;
  process.env.VARVE_TEST_RUN_PID = String(process.pid);
  // What tests agree to is not remembered where a person's consents are.
  process.env.XDG_CONFIG_HOME = join(run, 'config');
  return () => {
    stopSharedServer(run);
    rmSync(run, { recursive: true, force: true, maxRetries: 10 });
  };
}

function buildWhereStale(): void {
  const release = buildLock();
  try {
    if (!isStale()) return;
    const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--no-types'], {
      cwd: root,
      encoding: 'utf8',
    });
    // Tests of the sources still run: those that start dist/ fail by themselves, since a failed build leaves none.
    if (built.status !== 0) console.error(`The build failed:\n${built.stdout}${built.stderr}`);
  } finally {
    release();
  }
}

/** Two test runs at once in one checkout must not build over each other. */
function buildLock(): () => void {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const lock = join(tmpdir(), `varve-build-${name}.lock`);
  for (;;) {
    try {
      mkdirSync(lock);
      return () => rmdirSync(lock);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      removeAbandoned(lock);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

function removeAbandoned(lock: string): void {
  const found = statSync(lock, { throwIfNoEntry: false });
  if (found !== undefined && Date.now() - found.mtimeMs > BUILD_TAKES_AT_MOST_MS) {
    rmSync(lock, { recursive: true, force: true });
  }
}

function isStale(): boolean {
  const built = statSync(join(root, 'dist', 'main.cjs'), { throwIfNoEntry: false });
  if (built === undefined) return true;
  const inputs = [join(root, 'package.json'), join(root, 'scripts', 'build.mjs')];
  for (const folder of ['src', join('scripts', 'build')]) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) inputs.push(join(entry.parentPath, entry.name));
  }
  return inputs.some((path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > built.mtimeMs);
}
