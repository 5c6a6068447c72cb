import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { neutral } from '../../src/wording/neutral.ts';
import { quoted, shellWord } from '../../src/wording/quote.ts';

it.each([
  ['a b', '"a b"'],
  ['a\nb\u001b', '"a\\nb\\u001b"'],
  ['x'.repeat(60), JSON.stringify('x'.repeat(60))],
  ['x'.repeat(61), `"${'x'.repeat(59)}…"`],
  ['😀'.repeat(60), JSON.stringify('😀'.repeat(60))],
  ['😀'.repeat(1_000_000), `"${'😀'.repeat(59)}…"`],
])('quotes %j within one line', (value, text) => expect(quoted(value)).toBe(text));

it.each([
  'plain',
  'two words',
  "it's",
  'SELECT "a", `b`\nFROM t -- 100% \\n\nWHERE c = \'x\'',
  'tab\tand return\r',
  '\u001b[31m red \u202e turned \u200b',
  '##vso[task] ##[group] ## plain #',
  'größer 東京 😀\n',
  '$(rm -rf /) $HOME `id` !x',
  '%s %d \\x41\n',
])('%j is typed on one line that shows nothing else, and read by a shell as it is', (value) => {
  const word = shellWord(value);
  expect(neutral(word)).toBe(word);
  const read = spawnSync('sh', ['-c', `printf %s ${word}`], { encoding: 'utf8' }).stdout;
  // No shell keeps an end of line at the end of what a command prints.
  expect(read).toBe(value.replace(/\n+$/, ''));
});
