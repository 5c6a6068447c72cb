import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readOptionFile } from '../../src/database/option-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-options-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function optionsOf(text: string): Readonly<Record<string, string>> {
  writeFileSync(join(folder, 'my.cnf'), text);
  return readOptionFile(join(folder, 'my.cnf'));
}

/** Each as `my_print_defaults` of MariaDB 10.11 prints it. */
const VALUES: readonly (readonly [written: string, meant: string])[] = [
  [String.raw`"a b#c\\d"  # mine`, String.raw`a b#c\d`],
  ['secret # mine', 'secret'],
  ['sec#ret', 'sec'],
  ["'x#y' ", 'x#y'],
  [String.raw`a\sb\tc\nd\"e\'f\qg\\h`, `a b\tc\nd"e'f\\qg\\h`],
  [String.raw`"un\"q" z`, `"un"q" z`],
  ['a"b#c"d # e', 'a"b#c"d'],
  [String.raw`\#x`, '\\'],
  [String.raw`"tail\\"`, 'tail\\'],
  ['"  sp  "', '  sp  '],
  [String.raw`a\\#b`, 'a\\'],
  [String.raw`a\"b#c`, 'a"b#c'],
  ['"abc', '"abc'],
  [`'a"b'#c`, 'a"b'],
  ["a'b # c", "a'b # c"],
];

test('values have their escapes, and no comments and marks', () => {
  for (const [written, meant] of VALUES)
    expect(optionsOf(`[client]\npassword=${written}\n`)).toEqual({ password: meant });
});

test('groups of clients are read, in which a later line wins, and others are not', () => {
  expect(
    optionsOf(
      '# first\n; second\n[client] # people\nuser = ann\nssl_ca=a.pem\nquick\n[mysqld]\nuser=mysql\n[client-mariadb]\nuser=bob\n',
    ),
  ).toEqual({ user: 'bob', 'ssl-ca': 'a.pem' });
});

test('files and folders are included, in circles too', () => {
  mkdirSync(join(folder, 'more'));
  writeFileSync(join(folder, 'more/b.cnf'), '[client]\nhost=b\n');
  writeFileSync(join(folder, 'more/a.cnf'), '[client]\nhost=a\n!include ../my.cnf\n');
  writeFileSync(join(folder, 'more/c.txt'), '[client]\nhost=c\n');
  expect(optionsOf(`[client]\nuser=ann\n!includedir ${folder}/more\n!include none.cnf\nport=1`)).toEqual({
    ...{ user: 'ann', host: 'b', port: '1' },
  });
});

test('what is no plain file is none', () => {
  expect(readOptionFile(folder)).toEqual({});
  expect(readOptionFile('/dev/zero')).toEqual({});
});
