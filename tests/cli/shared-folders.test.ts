import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BINARY, type Result, Sandbox } from '../support/sandbox.ts';

/** A cache and a remote in folders that several users of a machine write to. */

const GROUP = 60100;
const ANN = 60001;
const BOB = 60002;

/** Other users take root, and setpriv of util-linux, which needs no entry of theirs in /etc/passwd. */
const hasUsers = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;
const needs = hasUsers ? '' : ' (skipped: it takes root and setpriv to be several users)';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  if (!hasUsers) return;
  chmodSync(box.root, 0o755);
  for (const user of [ANN, BOB]) {
    box.write(`${user}/.gitconfig`, '[safe]\n\tdirectory = *\n[user]\n\tname = A\n\temail = a@example.org\n');
    for (const path of [`${user}`, `${user}/.gitconfig`]) chownSync(box.path(path), user, user);
  }
  mkdirSync(box.path('shared'));
  chownSync(box.path('shared'), ANN, GROUP);
  chmodSync(box.path('shared'), 0o2770);
});
afterEach(() => box.remove());

/** Runs a command as a user who lets nobody else read or write what they make. */
function as(user: number, command: string, args: readonly string[], folder: string): Result {
  const who = [`--reuid=${user}`, `--regid=${user}`, `--groups=${GROUP}`];
  const { status, stdout, stderr } = spawnSync(
    'setpriv',
    [...who, 'sh', '-c', 'umask 077; exec "$@"', 'sh', command, ...args],
    { cwd: box.path(folder), env: { ...box.env, HOME: box.path(`${user}`) }, encoding: 'utf8' },
  );
  return { code: status, out: stdout, err: stderr };
}

function ok(user: number, args: readonly string[], folder = `${user}/repo`): string {
  const { code, out, err } = as(user, process.execPath, [BINARY, ...args], folder);
  expect(code, `varve ${args.join(' ')}: ${err}${out}`).toBe(0);
  return out;
}

function git(user: number, args: readonly string[], folder = `${user}/repo`): void {
  const { code, err } = as(user, 'git', args, folder);
  expect(code, `git ${args.join(' ')}: ${err}`).toBe(0);
}

function write(user: number, path: string, content: string | Uint8Array): void {
  box.write(`${user}/repo/${path}`, content);
  chownSync(box.path(`${user}/repo/${path}`), user, user);
}

/** As a PNG begins, and large enough to be an object of its own. */
const picture = (byte: number): Buffer =>
  Buffer.concat([Buffer.from('\x89PNG\r\n', 'latin1'), Buffer.alloc(2 * 1024 * 1024, byte)]);

function annStarts(settings: string): void {
  git(ANN, ['init', '-q', '-b', 'main', 'repo'], `${ANN}`);
  ok(ANN, ['init']);
  write(ANN, '.varve/config.yaml', settings);
  write(ANN, 'a.png', picture(1));
  write(ANN, 'b.csv', 'id\n1\n');
  ok(ANN, ['trust']);
  ok(ANN, ['add', 'a.png', 'b.csv']);
  git(ANN, ['add', '-A']);
  git(ANN, ['commit', '-qm', 'v1']);
  // Not even the clone of another user can be read, so that Bob takes a bundle of it.
  git(ANN, ['bundle', 'create', '-q', box.path('shared/v1.bundle'), '--all']);
  chmodSync(box.path('shared/v1.bundle'), 0o644);
}

const SETTINGS = (shared: string) =>
  `version: 1\n${shared}cache: ${box.path('shared/cache')}\ndefault: origin\nremotes:\n  origin:\n    url: ${box.path('shared/remote')}\n`;

test.skipIf(!hasUsers)(
  `shared: group lets a group write to a cache and a remote, whatever the umask${needs}`,
  () => {
    annStarts(SETTINGS('shared: group\n'));
    ok(ANN, ['push']);
    git(BOB, ['clone', '-q', '-b', 'main', box.path('shared/v1.bundle'), 'repo'], `${BOB}`);
    ok(BOB, ['trust']);
    ok(BOB, ['pull']);
    write(BOB, 'b.csv', 'id\n2\n');
    write(BOB, 'a.png', picture(2));
    ok(BOB, ['add', 'a.png', 'b.csv']);
    ok(BOB, ['push']);
    ok(BOB, ['verify', '--remote', 'origin']);
    write(ANN, 'b.csv', 'id\n3\n');
    ok(ANN, ['add', 'b.csv']);
    ok(ANN, ['push']);
    ok(ANN, ['gc', '--dry-run']);
    const find = (...test: string[]) =>
      box.run('find', [box.path('shared/cache'), box.path('shared/remote'), ...test], '.').out;
    expect(find('-type', 'f', '!', '-perm', '-060')).toBe('');
    expect(find('-type', 'd', '!', '-perm', '-2070')).toBe('');
    expect(find('!', '-group', `${GROUP}`)).toBe('');
    expect(find('-perm', '-002')).toBe('');
  },
);

test.skipIf(!hasUsers)(`without it, nobody else writes there: the error names the setting${needs}`, () => {
  annStarts(SETTINGS(''));
  ok(ANN, ['push']);
  git(BOB, ['clone', '-q', '-b', 'main', box.path('shared/v1.bundle'), 'repo'], `${BOB}`);
  ok(BOB, ['trust']);
  const { code, err } = as(BOB, process.execPath, [BINARY, 'pull'], `${BOB}/repo`);
  expect(code).toBe(2);
  expect(err).toContain('`shared: group`');
});

test.skipIf(!hasUsers)(
  `checkout: link copies what another user put into the cache, and stops at nothing${needs}`,
  () => {
    annStarts(`${SETTINGS('shared: group\n')}checkout: link\n`);
    ok(ANN, ['push']);
    git(BOB, ['clone', '-q', '-b', 'main', box.path('shared/v1.bundle'), 'repo'], `${BOB}`);
    ok(BOB, ['trust']);
    ok(BOB, ['checkout']);
    const there = statSync(box.path(`${BOB}/repo/a.png`));
    expect([there.uid, there.nlink]).toEqual([BOB, 1]);
    expect(readFileSync(box.path(`${BOB}/repo/a.png`))).toEqual(picture(1));
    expect(ok(BOB, ['status'])).toContain('nothing changed');
    // Ann's own objects are linked, read-only.
    as(ANN, 'rm', ['a.png'], `${ANN}/repo`);
    ok(ANN, ['checkout', 'a.png']);
    const own = statSync(box.path(`${ANN}/repo/a.png`));
    expect([own.nlink, own.mode & 0o222]).toEqual([2, 0]);
  },
);
