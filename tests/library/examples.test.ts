import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const root = process.cwd();
const folder = join(root, 'src', 'library');
const lines = (rows: number, delay: (row: number) => number): string =>
  `carrier,delay\n${Array.from({ length: rows }, (_, row) => `${'ABC'[row % 3]},${delay(row)}\n`).join('')}`;

/** A repository as the examples take it for granted: two tagged versions of a table, a folder of files, a remote. */
const box = new Sandbox().repository().withRemote();
beforeAll(() => {
  box.write(
    'repo/data/flights.csv',
    lines(300, (row) => row % 20),
  );
  box.write('repo/data/photos/2024/a.jpg', 'not really a photo');
  box.ok(['add', 'data/flights.csv', 'data/photos']);
  box.commit('v1');
  box.git(['tag', 'v1']);
  box.write(
    'repo/data/flights.csv',
    lines(300, (row) => 50 + (row % 20)),
  );
  box.ok(['add', 'data/flights.csv']);
  box.commit('v2');
  box.git(['tag', 'v2']);
  box.ok(['push']);
  box.write('repo/node_modules/.keep', '');
  symlinkSync(root, box.path('repo/node_modules/varve'), 'junction');
}, 120_000);
afterAll(() => box.remove());

/** Programs in fences under `@example`, with the line that each starts at. */
function examplesOf(file: string): { readonly line: number; readonly code: string }[] {
  const text = readFileSync(join(folder, file), 'utf8');
  return [...text.matchAll(/@example\n\s*\* ```ts\n([\s\S]*?)\n\s*\* ```/g)].map(({ 1: code, index }) => ({
    line: text.slice(0, index).split('\n').length + 2,
    code: code!.replaceAll(/^\s*\* ?/gm, ''),
  }));
}

const files = readdirSync(folder).filter((file) => examplesOf(file).length > 0);

describe.each(files)('%s', (file) => {
  it.each(examplesOf(file))(
    'has an example in line $line that runs',
    { timeout: 60_000 },
    ({ line, code }) => {
      const program = box.write(`repo/example-${file}-${line}.mjs`, code);
      const { code: exit, out, err } = box.run(process.execPath, [program]);
      expect(exit, `${out}${err}`).toBe(0);
    },
  );
});

it('finds examples on all of the main methods', () => {
  const text = readFileSync(join(folder, 'repository.ts'), 'utf8');
  for (const method of [
    'add',
    'status',
    'diff',
    'log',
    'push',
    'verify',
    'check',
    'driftHistory',
    'open',
    'files',
    'readProfile',
  ])
    expect(text).toMatch(new RegExp(`\\x60\\x60\\x60\\n   \\*/\\n  (async )?${method}\\(`));
  expect(examplesOf('open.ts')).toHaveLength(3);
});
