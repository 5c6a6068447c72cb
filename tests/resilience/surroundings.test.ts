import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';

const DAY_MS = 86_400_000;
const SHIM = fileURLToPath(new URL('../support/clock-shift.cjs', import.meta.url));
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let sandbox: Sandbox;
afterEach(() => sandbox.remove());

function start(): Sandbox {
  sandbox = new Sandbox();
  return sandbox.repository().withRemote();
}

function shiftClock(ms: number): void {
  Object.assign(sandbox.env, { NODE_OPTIONS: `--require ${SHIM}`, VARVE_TEST_CLOCK_SHIFT: String(ms) });
}

/** Adds, changes, pushes, collects and pulls again; every version must come back. */
function workThrough(): void {
  for (const version of ['1', '2']) {
    sandbox.write('repo/data/a.csv', `id\n${version}\n`);
    sandbox.write(`repo/data/b${version}.csv`, 'id\n7\n');
    sandbox.ok(['add', 'data']);
    sandbox.commit(version);
    expect(sandbox.ok(['status'])).toMatch(/nothing changed/);
    sandbox.ok(['push']);
  }
  // As long as the others, and changed within the same tick of the clock.
  sandbox.write('repo/data/a.csv', 'id\n3\n');
  expect(sandbox.ok(['status'])).toMatch(/modified|changed/);
  sandbox.write('repo/data/a.csv', 'id\n2\n');
  sandbox.ok(['gc']);
  sandbox.ok(['gc', '--remote', 'origin']);
  sandbox.clone('repo', 'clone');
  sandbox.ok(['pull'], 'clone');
  expect(readFileSync(sandbox.path('clone/data/a.csv'), 'utf8')).toBe('id\n2\n');
  sandbox.git(['checkout', '-q', 'HEAD~1'], 'clone');
  sandbox.ok(['pull'], 'clone');
  expect(readFileSync(sandbox.path('clone/data/a.csv'), 'utf8')).toBe('id\n1\n');
  sandbox.ok(['verify', '--remote', 'origin']);
}

describe.each([
  ['behind', -DAY_MS],
  ['ahead', DAY_MS],
  ['ahead by more than the grace of gc', 30 * DAY_MS],
])('a clock that is %s', (_, shift) => {
  test('loses nothing, hides no change, and leaves what other machines are writing', () => {
    start();
    sandbox.write('remote/tmp/1234-0123456789abcdef01234567', 'unfinished');
    shiftClock(shift);
    workThrough();
    expect(existsSync(sandbox.path('remote/tmp/1234-0123456789abcdef01234567'))).toBe(true);
  });
});

test('files from the future are data like others', () => {
  start();
  const file = sandbox.write('repo/data/a.csv', 'id\n1\n');
  const future = new Date(Date.now() + DAY_MS);
  utimesSync(file, future, future);
  sandbox.ok(['add', 'data']);
  expect(sandbox.ok(['status'])).toMatch(/nothing changed/);
  writeFileSync(file, 'id\n2\n');
  utimesSync(file, future, future);
  expect(sandbox.ok(['status'])).toMatch(/modified|changed/);
});

describeWithMinio('a clock that differs from the server by a day', (server) => {
  test.each([-DAY_MS, DAY_MS])(
    '%i ms: S3 is asked again by its own clock',
    async (shift) => {
      sandbox = new Sandbox();
      sandbox.repository();
      Object.assign(sandbox.env, server.env);
      sandbox.ok(['remote', 'add', 'origin', `s3://${await server.makeBucket()}/prefix`]);
      shiftClock(shift);
      workThrough();
    },
    300_000,
  );

  test.each([-DAY_MS, DAY_MS])(
    '%i ms: MinIO is told of in words',
    async (shift) => {
      sandbox = new Sandbox();
      sandbox.repository();
      Object.assign(sandbox.env, server.env);
      const url = `minio://local/${await server.makeBucket()}`;
      sandbox.ok(['remote', 'add', 'origin', url, '--endpoint', server.endpoint]);
      sandbox.write('repo/data/a.csv', 'id\n1\n');
      sandbox.ok(['add', 'data']);
      shiftClock(shift);
      const { code, err } = sandbox.varve(['push']);
      expect(code, err).toBe(2);
      expect(err).toMatch(/clock/i);
    },
    300_000,
  );
});

test('20,000 files in one folder', () => {
  start();
  const folder = sandbox.path('repo/data');
  mkdirSync(folder);
  for (let file = 0; file < 20_000; file++) writeFileSync(join(folder, `${file}`), `${file}`);
  expect(sandbox.json<{ datasets: { files: number }[] }>(['add', 'data']).datasets[0]!.files).toBe(20_000);
  sandbox.ok(['push']);
  sandbox.commit('many');
  sandbox.clone('repo', 'clone');
  sandbox.ok(['pull'], 'clone');
  expect(readdirSync(sandbox.path('clone/data')).length).toBe(20_000);
  expect(sandbox.ok(['status'], 'clone')).toMatch(/nothing changed/);
  expect(readFileSync(sandbox.path('clone/data/19999'), 'utf8')).toBe('19999');
}, 600_000);

describe('long names', () => {
  test('a name of 255 bytes, and paths of nearly 4,000', () => {
    start();
    const long = 'n'.repeat(255);
    sandbox.write(`repo/data/${long}`, 'long name');
    sandbox.write(`repo/data/${'é'.repeat(127)}`, 'long name of 254 bytes');
    const steps = Array.from({ length: 15 }, () => 'd'.repeat(250));
    const deep = `data/${steps.join('/')}/${'f'.repeat(180)}`;
    expect(sandbox.path('clone', deep).length).toBeGreaterThan(3900);
    sandbox.write(`repo/${deep}`, 'deep');
    sandbox.ok(['add', 'data']);
    sandbox.ok(['push']);
    sandbox.commit('long');
    sandbox.clone('repo', 'clone');
    sandbox.ok(['pull'], 'clone');
    expect(readFileSync(sandbox.path('clone', deep), 'utf8')).toBe('deep');
    expect(readFileSync(sandbox.path('clone/data', long), 'utf8')).toBe('long name');
    expect(sandbox.ok(['status'], 'clone')).toMatch(/nothing changed/);
  });

  test('what is too long here is named before anything is written', () => {
    start();
    const deep = `data/${Array.from({ length: 15 }, () => 'd'.repeat(250)).join('/')}/file`;
    sandbox.write(`repo/${deep}`, 'deep');
    sandbox.ok(['add', 'data']);
    sandbox.commit('long');
    sandbox.ok(['push']);
    const further = `${'x'.repeat(200)}/${'y'.repeat(200)}/${'z'.repeat(200)}`;
    mkdirSync(sandbox.path(further), { recursive: true });
    sandbox.clone('repo', `${further}/clone`);
    const { code, err } = sandbox.varve(['pull'], `${further}/clone`);
    expect(code).toBe(2);
    expect(err).toMatch(/too long/i);
    expect(err).not.toMatch(/defect/);
  });

  test('a dataset whose name leaves no room for its pointer', () => {
    start();
    sandbox.write(`repo/${'n'.repeat(252)}`, 'data');
    const { code, err } = sandbox.varve(['add', 'n'.repeat(252)]);
    expect(code).toBe(2);
    expect(err).toMatch(/too long/i);
    expect(existsSync(sandbox.path('repo', `${'n'.repeat(252)}.varve`))).toBe(false);
    expect(existsSync(sandbox.path('repo/.gitignore'))).toBe(false);
  });
});

/** Runs varve as a user who owns nothing here. */
/** What the settings of a repository ask, as somebody agrees to it who has no home to keep consents in. */
function fingerprints(folder: string): string {
  const { settings } = sandbox.json<{ settings: { fingerprint: string }[] }>(['trust', '--show'], folder);
  return settings.map(({ fingerprint }) => fingerprint).join(' ');
}

function asNobody(args: readonly string[], folder = 'repo', agreed = '') {
  const script = `exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$@"`;
  const binary = fileURLToPath(new URL('../../bin/varve.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['-c', script, 'sh', process.execPath, binary, ...args],
    {
      cwd: sandbox.path(folder),
      env: {
        ...sandbox.env,
        HOME: '/nonexistent',
        VARVE_TRUST: agreed,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
      },
      encoding: 'utf8',
    },
  );
  return { code: status, out: stdout, err: stderr };
}

/** A user without rights must reach this checkout and the node that runs it. */
const canDrop =
  isRoot &&
  spawnSync('setpriv', [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', process.execPath, SHIM])
    .status === 0;

describe('rights', () => {
  const prepared = (): void => {
    start();
    chmodSync(sandbox.root, 0o755);
    sandbox.write('repo/data/a.csv', 'id\n1\n');
    sandbox.ok(['add', 'data']);
    sandbox.ok(['push']);
    sandbox.commit('data');
  };
  const reading: readonly (readonly string[])[] = [
    ['status'],
    ['log', 'data'],
    ['diff'],
    ['profile', 'data'],
    ['verify'],
    ['remote', 'list'],
    ['validate', 'data'],
  ]; // prettier-ignore
  const writing: readonly (readonly string[])[] = [
    ['add', 'data'],
    ['push'],
    ['fetch', '--all-commits'],
    ['checkout', '--force'],
    ['gc', '--grace', '0'],
    ['verify', '--remote', 'origin'],
  ]; // prettier-ignore

  test('a repository, a cache and a remote of another user, read-only', (context) => {
    if (!canDrop) context.skip('needs root, who may become another user by setpriv');
    prepared();
    sandbox.ok(['schema', 'infer', 'data']);
    const agreed = fingerprints('repo');
    for (const args of reading) {
      const { code, err } = asNobody(args, 'repo', agreed);
      expect(code, `${args}: ${err}`).toBe(0);
    }
    sandbox.write('repo/data/a.csv', 'id\n2\n');
    for (const args of writing) {
      const { code, err } = asNobody(args, 'repo', agreed);
      expect([0, 1, 2], `${args}: ${err}`).toContain(code);
      expect(err, `${args}`).not.toMatch(/defect|did not expect|io-error/);
      if (code === 2) expect(err, `${args}`).toMatch(/permission|read-only/i);
    }
    expect(readFileSync(sandbox.path('repo/data/a.csv'), 'utf8')).toBe('id\n2\n');
    expect(sandbox.ok(['status'])).toMatch(/modified|changed/);
  });

  test('a shared cache of another user, which anybody may write into', (context) => {
    if (!canDrop) context.skip('needs root, who may become another user by setpriv');
    prepared();
    sandbox.clone('repo', 'clone');
    spawnSync('chmod', ['-R', 'a+rwX', sandbox.path('remote')]);
    const agreed = fingerprints('clone');
    spawnSync('chown', ['-R', `${NOBODY}`, sandbox.path('clone')]);
    const pulled = asNobody(['pull'], 'clone', agreed);
    expect(pulled.code, pulled.err).toBe(0);
    const added = spawnSync('sh', ['-c', `printf 'id\\n9\\n' > ${sandbox.path('clone/data/c.csv')}`]);
    expect(added.status).toBe(0);
    for (const args of [['add', 'data'], ['push']]) {
      const { code, err } = asNobody(args, 'clone', agreed);
      expect(code, `${args}: ${err}`).toBe(0);
    }
    // What one user wrote, the other can read, check and collect.
    rmSync(sandbox.path('repo/.git/varve/cache'), { recursive: true });
    for (const args of [
      ['fetch'],
      ['verify', '--remote', 'origin'],
      ['gc', '--remote', 'origin', '--grace', '0'],
    ])
      sandbox.ok(args);
  });
});
