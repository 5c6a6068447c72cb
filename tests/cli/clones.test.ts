import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ClonesResult, ForgottenClones, GcResult, KnownClone, UsageResult } from '../../src/index.ts';
import { hexDigestOf } from '../../src/store/format/digest.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

const DAY_MS = 86_400_000;
const SELF = `${userInfo().username}@${hostname()}`;

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
  box.write('repo/base.bin', randomBytes(3000));
  box.ok(['add', 'base.bin']);
  box.commit('base');
  box.ok(['push']);
});
afterEach(() => box.remove());

const clones = () => box.json<ClonesResult>(['remote', 'clones']).clones;
const named = (folder: string) => clones().find(({ name }) => name === `${SELF}:${folder}`)!;
const gc = (...args: string[]) => box.json<GcResult>(['gc', '--remote', 'origin', ...args]);
const stored = () => box.json<UsageResult>(['du', '--remote', 'origin']).stored.bytes;
const idOf = (folder: string) => readFileSync(box.path(folder, '.varve/clone-id'), 'utf8').trim();

/** Makes a clone push a version that no commit here names. */
function pushedBy(folder: string, bytes: number): Buffer {
  box.clone('repo', folder);
  const own = randomBytes(bytes);
  box.write(`${folder}/own.bin`, own);
  box.ok(['add', 'own.bin'], folder);
  box.commit('own', folder);
  box.ok(['push'], folder);
  return own;
}

/** Turns back the clock of all that a clone wrote to the remote. */
function notSeenFor(folder: string, days: number): void {
  const time = (Date.now() - days * DAY_MS) / 1000;
  for (const kind of ['refs', 'clones']) {
    const place = box.path('remote', kind, idOf(folder));
    for (const file of readdirSync(place)) utimesSync(join(place, file), time, time);
  }
}

/** Whether a clone without a cache gets its data from the remote. */
function comesBack(folder: string): boolean {
  rmSync(box.path(folder, '.git/varve/cache'), { recursive: true, force: true });
  rmSync(box.path(folder, 'own.bin'), { force: true });
  return box.varve(['pull'], folder).code === 0;
}

test('clones are known by user, host and folder, with the days they were seen; push and gc are what sees them', () => {
  pushedBy('other', 2000);
  expect(clones().map(({ name, isThis }) => [name, isThis])).toEqual([
    [`${SELF}:other`, false],
    [`${SELF}:repo`, true],
  ]);
  notSeenFor('repo', 10);
  const before = named('repo');
  box.ok(['push']);
  const after = named('repo');
  expect(after.firstSeen).toBe(before.firstSeen);
  expect(Date.parse(after.lastSeen)).toBeGreaterThan(Date.parse(before.lastSeen) + 9 * DAY_MS);
  const said = box.ok(['remote', 'clones']);
  expect(said).toContain(`${SELF}:repo (${idOf('repo').slice(0, 8)}) (this one): seen from `);
  expect(said).toContain('A clone that was not seen for 90 days holds nothing any more.');
  expect(box.ok(['du', '--remote', 'origin'])).toContain(`Clone ${SELF}:other (`);
  expect(box.json<UsageResult>(['du', '--remote', 'origin']).clones[0]).toMatchObject(named('repo'));
});

describe('a clone that was not seen for 90 days', () => {
  test('holds nothing: two gcs free what only it pushed, and name it', () => {
    pushedBy('gone', 300_000);
    notSeenFor('gone', 89);
    expect(gc('--grace', '0').expiredClones).toEqual([]);
    notSeenFor('gone', 91);
    expect(box.json<UsageResult>(['du', '--remote', 'origin']).unneeded.bytes).toBeGreaterThan(300_000);
    expect(box.ok(['du', '--remote', 'origin'])).toMatch(/:gone .* holds nothing any more\./);
    const before = stored();
    expect(gc('--dry-run', '--grace', '0').expiredClones).toMatchObject([{ name: `${SELF}:gone` }]);
    const first = gc('--grace', '14d');
    expect(first.expiredClones).toMatchObject([
      { name: `${SELF}:gone`, clone: idOf('gone'), hasExpired: true },
    ]);
    expect(first).toMatchObject({ freedBytes: 0, cloneExpiryMs: 90 * DAY_MS });
    const said = box.ok(['gc', '--remote', 'origin', '--grace', '0']);
    expect(said).toContain('A clone that was not seen for 90 days holds nothing any more.');
    expect(said).toContain(`${SELF}:gone (`);
    gc('--grace', '0');
    expect(stored()).toBeLessThan(before - 300_000);
    expect(clones().map(({ name }) => name)).toEqual([`${SELF}:repo`]);
    expect(box.ok(['verify', '--remote', 'origin'])).toContain('whole');
  });

  test('and comes back within the grace loses nothing', () => {
    pushedBy('late', 50_000);
    notSeenFor('late', 100);
    gc('--grace', '14d');
    box.ok(['push'], 'late');
    expect(gc('--grace', '0').expiredClones).toEqual([]);
    expect(comesBack('late')).toBe(true);
  });

  test('and comes back after all is gone sends it again, and says which older versions it lacks', () => {
    const own = pushedBy('late', 50_000);
    box.write('late/own.bin', randomBytes(1000));
    box.ok(['add', 'own.bin'], 'late');
    box.commit('second', 'late');
    box.ok(['push'], 'late');
    notSeenFor('late', 100);
    gc('--grace', '0');
    gc('--grace', '0');
    expect(box.json(['push'], 'late')).toMatchObject({ unsent: 1 });
    box.ok(['push', '--all-commits'], 'late');
    gc('--grace', '0');
    expect(comesBack('late')).toBe(true);
    box.ok(['restore', '--source', 'HEAD~1', 'own.bin'], 'late');
    expect(readFileSync(box.path('late/own.bin')).equals(own)).toBe(true);
  });
});

test('how long may be said: longer by a setting of everybody, shorter by an option alone', () => {
  pushedBy('gone', 2000);
  notSeenFor('gone', 40);
  const config = readFileSync(box.path('repo/.varve/config.yaml'), 'utf8');
  expect(gc('--dry-run', '--clone-expiry', '30d').expiredClones).toHaveLength(1);
  notSeenFor('gone', 1000);
  box.write('repo/.varve/config.yaml', `${config}cloneExpiry: 2000d\n`);
  expect(gc('--dry-run').expiredClones).toHaveLength(0);
  expect(gc('--dry-run', '--clone-expiry', '999d').expiredClones).toHaveLength(1);
  box.write('repo/.varve/config.yaml', `${config}cloneExpiry: never\n`);
  expect(gc('--dry-run')).toMatchObject({ expiredClones: [], cloneExpiryMs: null });
  expect(box.ok(['remote', 'clones'])).toContain('However long a clone was not seen');
  for (const file of ['config.yaml', 'config.local.yaml']) {
    box.write('repo/.varve/config.yaml', config);
    box.write(`repo/.varve/${file}`, `${config}cloneExpiry: 30d\n`);
    refused(box, ['gc', '--remote', 'origin'], 'config-damaged', `.varve/${file}`);
  }
  rmSync(box.path('repo/.varve/config.local.yaml'));
  for (const time of ['0', '23h', 'ever', '-1d'])
    expect(box.varve(['gc', '--remote', 'origin', `--clone-expiry=${time}`]).code, time).toBe(2);
});

describe('remote forget', () => {
  test('forgets a clone by name or by the beginning of its id; later gcs free what only it pushed', () => {
    pushedBy('gone', 200_000);
    pushedBy('gone-too', 2000);
    const before = stored();
    expect(box.json<ForgottenClones>(['remote', 'forget', `${SELF}:gone`]).forgotten).toMatchObject([
      { clone: idOf('gone') },
    ]);
    expect(box.ok(['remote', 'forget', idOf('gone-too').slice(0, 8)])).toContain(`forgot ${SELF}:gone-too (`);
    gc('--grace', '0');
    gc('--grace', '0');
    expect(stored()).toBeLessThan(before - 200_000);
    expect(box.ok(['verify', '--remote', 'origin'])).toContain('whole');
  });

  test('a clone that is alive loses nothing: its next push records all that its commits name', () => {
    const own = pushedBy('alive', 60_000);
    box.write('alive/own.bin', randomBytes(1000));
    box.ok(['add', 'own.bin'], 'alive');
    box.commit('second', 'alive');
    box.ok(['push'], 'alive');
    box.ok(['remote', 'forget', idOf('alive')]);
    // The version of its first commit is in no tree that is pushed now.
    expect(box.json(['push'], 'alive').unsent).toBeUndefined();
    expect(named('alive')).toBeDefined();
    gc('--grace', '0');
    gc('--grace', '0');
    rmSync(box.path('alive/.git/varve/cache'), { recursive: true });
    box.ok(['restore', '--source', 'HEAD~1', 'own.bin'], 'alive');
    expect(readFileSync(box.path('alive/own.bin')).equals(own)).toBe(true);
  });

  test('names that are none, or several, forget nothing', () => {
    pushedBy('other', 2000);
    pushedBy('deep/other', 2000);
    refused(box, ['remote', 'forget', 'nobody@nowhere:x'], 'clone-unknown', 'nobody@nowhere:x');
    refused(box, ['remote', 'forget', 'origin'], 'clone-unknown', 'origin');
    refused(box, ['remote', 'forget', idOf('other'), `${SELF}:other`], 'clone-ambiguous', `${SELF}:other`);
    refused(box, ['remote', 'forget', idOf('other').slice(0, 3)], 'clone-unknown', idOf('other').slice(0, 3));
    refused(box, ['remote', 'clones', '--remote', 'nowhere'], 'remote-unknown', 'nowhere');
    expect(clones()).toHaveLength(3);
  });
});

test('records that a stranger wrote to the remote stop no gc and steer no terminal', () => {
  const id = '0'.repeat(36);
  const put = (bytes: Buffer, name = hexDigestOf(bytes)) => {
    mkdirSync(box.path('remote/clones', id), { recursive: true });
    writeFileSync(box.path('remote/clones', id, `${name}.json`), bytes);
  };
  const record = (value: object) => Buffer.from(`${JSON.stringify(value)}\n`);
  put(record({ version: 1, user: '\u001b[2J::error::', host: 'a\nb', folder: '\u202e' }));
  const evil = clones().find(({ clone }) => clone === id) as KnownClone;
  expect(evil.name).toContain('a\nb');
  const said = box.ok(['remote', 'clones']) + box.ok(['du', '--remote', 'origin']);
  expect(said).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(said).toContain('\\x1b[2J');
  for (const bytes of [
    Buffer.alloc(1 << 20, '['),
    Buffer.from('null\n'),
    record({ version: 1, user: 1, host: 'h', folder: 'f' }),
    record({ version: 1, user: 'x'.repeat(300), host: 'h', folder: 'f' }),
    record({ version: 2 }),
  ]) {
    rmSync(box.path('remote/clones', id), { recursive: true });
    put(bytes);
    expect(clones().find(({ clone }) => clone === id)).toMatchObject({ name: null });
    expect(gc('--grace', '0').postponed).toBeUndefined();
  }
  put(Buffer.from('{}'), 'f'.repeat(64));
  mkdirSync(box.path('remote/clones/.varve'), { recursive: true });
  box.write('remote/clones/.varve/passwd', 'not of this form');
  expect(clones()).toHaveLength(2);
  box.ok(['remote', 'forget', id]);
  expect(existsSync(box.path('remote/clones/.varve/passwd'))).toBe(true);
  expect(clones()).toHaveLength(1);
});

test('without a name, as earlier versions of varve left none, a clone is known by its id', () => {
  pushedBy('old', 2000);
  rmSync(box.path('remote/clones', idOf('old')), { recursive: true });
  expect(box.ok(['remote', 'clones'])).toContain(`${idOf('old')}: seen `);
});
