import { afterAll, expect, test } from 'vitest';
import { OTHER_WORDS } from '../../src/cli/other-words.ts';
import { COMMANDS } from '../../src/cli/registry.ts';
import { Sandbox } from '../support/sandbox.ts';

const box = new Sandbox();
afterAll(() => box.remove());
const NAMES = COMMANDS.map(({ name }) => name);

test('a word of DVC or Git is answered by how varve does it', () => {
  const typed = box.varve(['commit', '-m', 'x'], '.');
  expect([typed.code, typed.out]).toEqual([2, '']);
  expect(typed.err).toContain('In varve: `varve add`');
  expect(box.json<{ error: object }>(['-C', '.', 'repro'], '.', 2).error).toMatchObject({ code: 'usage' });
  expect(box.ok(['help', 'clone'], '.')).toBe('In varve: `git clone`, then `varve pull` in the clone.\n');
  expect(box.ok(['destroy', '--help'], '.')).toContain('In varve: ');
  expect(box.varve(['stauts'], '.').err).toContain('Did you mean status?');
});

test('no command is a word of others, and every command of varve that an answer names is one', () => {
  for (const [word, way] of Object.entries(OTHER_WORDS)) {
    expect(NAMES).not.toContain(word);
    for (const [, name] of way.matchAll(/`varve ([\w-]+)/g)) expect(NAMES, way).toContain(name);
  }
});

test('what varve refuses in a repository of DVC, or would keep in files of its own, is answered for that too', () => {
  for (const word of ['cache', 'config', 'destroy', 'get-url', 'import-url', 'install', 'prune'])
    expect(box.varve([word], '.').err).toMatch(/In a repository of DVC: `dvc /);
  expect(box.varve(['check-ignore', 'data'], '.').err).toContain('In varve: ');
});
