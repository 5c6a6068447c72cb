import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/registry.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('every command has help with examples, and is in the list', () => {
  const list = box.ok(['--help'], '.');
  for (const { name } of COMMANDS) {
    expect(list).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    const help = box.ok([name, '--help'], '.');
    expect(help).toContain('Examples:');
    expect(help).toContain('--json');
    expect(help).toContain(`$ varve ${name}`.replace(/(checkout|pull)$/, ''));
  }
});

test('every command has a file of tests of its name', () => {
  for (const { name } of COMMANDS) expect(existsSync(`tests/cli/${name}.test.ts`), name).toBe(true);
});

test('usage that cannot be understood: exit 2, a hint, and JSON where it was asked for', () => {
  box.repository();
  expect(box.varve(['stauts'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean status?'),
  });
  expect(box.varve(['status', '--jsno']).err).toContain('Did you mean --json?');
  expect(box.varve(['push', '--jobs', '0']).code).toBe(2);
  expect(box.json<{ error: { code: string } }>(['log'], 'repo', 2).error.code).toBe('usage');
  expect(box.varve([])).toMatchObject({ code: 2, out: '' });
  expect(box.ok(['--version'])).toBe(`${JSON.parse(readFileSync('package.json', 'utf8')).version}\n`);
});

test('--json means the same before and behind the name of a nested command', () => {
  box.repository().withRemote();
  for (const [group, name] of [
    ['remote', 'list'],
    ['remote', 'clones'],
  ] as const)
    expect(box.json([group, '--json', name])).toEqual(box.json([group, name, '--json']));
  expect(box.json<{ error: object }>(['schema', '--json', 'show', 'none'], 'repo', 2).error).toBeDefined();
  expect(box.ok(['remote', 'list'])).not.toContain('{');
});

test('results go to standard output, everything else to standard error; no colours where none are wanted', () => {
  box.repository();
  box.write('repo/f.bin', 'x');
  const added = box.varve(['add', 'f.bin']);
  expect(added).toMatchObject({ code: 0, err: '' });
  expect(added.out).toBe('new        f.bin  1 B\n');
  box.write('repo/f.bin', 'yy');
  expect(box.ok(['status'])).not.toContain('\x1b');
  delete box.env.NO_COLOR;
  box.env.FORCE_COLOR = '1';
  expect(box.ok(['status'])).toContain('\x1b[33mmodified');
  box.env.NO_COLOR = '1';
  expect(box.ok(['status'])).not.toContain('\x1b');
});

test('names from outside cannot steer the terminal', () => {
  box.repository();
  box.write('repo/data/evil\u202egnp.exe', 'x');
  box.ok(['add', 'data']);
  box.write('repo/data/evil\u202egnp.exe', 'yy');
  expect(box.ok(['status'])).toContain('evil\\u{202e}gnp.exe');
});

test('Ctrl-C exits 130 and leaves no mess', async () => {
  box.repository();
  box.write('repo/data/keep.txt', 'keep');
  for (let part = 0; part < 40; part++) {
    writeFileSync(box.path(`repo/data/part-${part}.bin`), randomBytes(4 << 20));
  }
  for (const args of [['add', 'data'], ['checkout']]) {
    if (args[0] === 'checkout') {
      box.ok(['add', 'data']);
      rmSync(box.path('repo/data'), { recursive: true });
    }
    const before = readdirSync(box.path('repo')).sort();
    const child = spawn(
      process.execPath,
      [process.env.VARVE_TEST_BIN ?? 'bin/varve.js', '-C', box.path('repo'), ...args],
      { env: box.env },
    );
    await started(args[0]!);
    child.kill('SIGINT');
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    if (args[0] === 'add') expect(readdirSync(box.path('repo')).sort()).toEqual(before);
    expect(box.run('find', ['.', '-name', '.varve-*', '-not', '-path', './.varve/*']).out).toBe('');
  }
  box.ok(['checkout']);
  expect(box.ok(['status'])).toContain('nothing changed');
});

/** Waits until a command has begun its work: packs of an add, or data of a checkout, appear. */
async function started(command: string): Promise<void> {
  const sign = box.path(command === 'add' ? 'repo/.git/varve/cache' : 'repo/data');
  while (!existsSync(sign)) await new Promise((resolve) => setTimeout(resolve, 5));
}
