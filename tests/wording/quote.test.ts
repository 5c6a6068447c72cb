import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { neutral } from '../../src/wording/neutral.ts';
import { optionWord, quoted, shellWord } from '../../src/wording/quote.ts';

/** `sh` is either of the others, or another. */
const SHELLS = ['sh', 'bash', 'dash'].filter((shell) => spawnSync(shell, ['-c', ':']).status === 0);

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
  'SELECT 1\n\n',
  '\n',
  '-a\u0001',
  '-- why\nSELECT 1\n',
])('%j is typed on one line that shows nothing else, and read by shells as it is', (value) => {
  const path = value.startsWith('-') ? `./${value}` : value;
  const option = value.startsWith('-') ? `--to=${value}` : `--to\n${value}`;
  const [word, words] = [shellWord(value), optionWord('to', value)];
  expect(neutral(word + words)).toBe(word + words);
  for (const shell of SHELLS) {
    const read = (typed: string) =>
      spawnSync(shell, ['-c', `printf '%s\\n' ${typed}`], { encoding: 'utf8' }).stdout;
    expect([shell, read(word), read(words)]).toEqual([shell, `${path}\n`, `${option}\n`]);
  }
});
