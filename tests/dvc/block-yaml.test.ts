import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { readBlockYaml } from '../../src/dvc/format/block-yaml.ts';

/** What the library reads, all scalars as they are written; undefined where it finds fault. */
function byLibrary(text: string): unknown {
  const document = parseDocument(text, { schema: 'failsafe', strict: true, uniqueKeys: true });
  return document.errors.length > 0 ? undefined : document.toJS();
}

function agrees(text: string): boolean {
  const value = readBlockYaml(text);
  if (value !== undefined) expect(value, JSON.stringify(text)).toEqual(byLibrary(text));
  return value !== undefined;
}

const pieces = [
  ...['a', 'md5', 'outs', 'é', '1', '2.0', 'é'.normalize('NFD'), '\u2028', '\ud83d\ude00'],
  ...[':', ': ', '-', '- ', '  ', ' ', '\n', '\n  ', '\n- ', ' #', '#', "'", "''", '"', '\t', '\r\n', '\\'],
  ...['{', '}', '[', ']', ',', '&x', '*x', '!t', '|', '>', '?', '@', '`', '%', '---', '...', '~', '<<', '='],
];

describe('YAML as DVC lays it out', () => {
  test('its files are read without a library', () => {
    for (const text of [
      'outs:\n- md5: 5126101f717b8d08acabe508f8bb9c8b\n  size: 40924\n  hash: md5\n  path: table.csv\n',
      "outs:\n- md5: '12345678901234567890123456789012'\n  path: 'it''s'\n  meta:\n    varve:\n      rows: 3\n",
      "schema: '2.0'\nstages:\n  sum:\n    cmd: cat a | wc -l > b\n    deps:\n    - path: a\n      md5: 0a\n    outs:\n    - path: b\n",
      'deps:\n- path: x\n  repo:\n    url: https://example.org/x.git\n    rev_lock: 0a\nouts:\n- path: x\n',
    ]) {
      expect(agrees(text), text).toBe(true);
    }
  });

  test('what is laid out otherwise is left to the library', () => {
    for (const text of [
      '',
      'a',
      'a:\n',
      'a: b # c\n',
      'a: "b"\n',
      'a: b\n  c\n',
      'a: b\na: c\n',
      'a: {b: c}\n',
      'a: &x b\nc: *x\n',
      'a: |\n  b\n',
      '# a\na: b\n',
      '---\na: b\n',
      'a: b\n\n',
      'a: b\r\n',
      '__proto__: b\n',
      `${Array.from({ length: 40 }, (_, level) => `${' '.repeat(level)}a:\n`).join('')}${' '.repeat(40)}a: b\n`,
    ]) {
      expect(readBlockYaml(text), text).toBeUndefined();
    }
  });

  test('whatever it reads, the library reads the same', () => {
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 24 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (one) => void agrees(one)),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(text, (one) => void agrees(`a: ${one}\nb: c\n`)),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(text, (one) => void agrees(`a:\n- b: c\n  d: ${one}`)),
      { numRuns: 3000 },
    );
  });

  test('what the library lays out reads back', () => {
    const key = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/);
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, fc.string(), tie('map'), tie('list')),
      map: fc.dictionary(key, tie('value'), { minKeys: 1, maxKeys: 4 }),
      list: fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
    }));
    fc.assert(
      fc.property(value, (one) => void agrees(stringify(one, { lineWidth: 80 }))),
      { numRuns: 1000 },
    );
  });
});
