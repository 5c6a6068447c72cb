import { afterEach, beforeEach, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/registry.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('completion scripts are accepted by their shells and know the commands', () => {
  for (const [shell, check] of [
    ['bash', ['-n']],
    ['zsh', ['-n']],
    ['fish', ['--no-execute']],
  ] as const) {
    const script = box.ok(['completion', shell], '.');
    for (const { name } of COMMANDS) expect(script).toContain(name);
    box.write(`script.${shell}`, script);
    const parsed = box.run(shell, [...check, `script.${shell}`], '.');
    if (parsed.code !== null) expect(parsed, shell).toMatchObject({ code: 0, err: '' });
  }
  const completed = (line: string) =>
    box
      .run(
        'bash',
        [
          '-c',
          `source script.bash; COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _varve; echo "\${COMPREPLY[@]}"`,
        ],
        '.',
      )
      .out.trim();
  expect(completed('varve sta')).toBe('status');
  expect(completed('varve push --prof')).toBe('--profiles-only');
  expect(completed('varve remote def')).toBe('default');
});
