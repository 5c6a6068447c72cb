import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

const SEQUENCE_FILE = 'SEQ\x06\x19org.apache.hadoop.io.Text';
const IS_SEQUENCE_FILE = 'is a SequenceFile of Hadoop, which varve does not read';
const TABLE = `n,word\n${'1,a\n2,b\n'.repeat(20)}`;

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
  box.write('repo/table/rows.csv', TABLE);
  box.write('repo/fl/FlumeData.1732852800123', SEQUENCE_FILE);
  box.write('repo/fl/_SUCCESS', '');
});
afterEach(() => box.remove());

test.each([
  ['FlumeData.1732852800123', SEQUENCE_FILE, 'a SequenceFile of Hadoop'],
  ['events.dat', 'RCF\x01', 'an RCFile of Hive'],
  ['0001', 'ORC\x0a\x03\x00\x00\x00\x00\x00\x00', 'an ORC file'],
  ['data.1732', 'Obj\x01', 'Avro by another name'],
  ['000000', 'PAR1', 'Parquet by another name'],
])(
  'add says that the rows of %s are not counted, alone, in a folder and beside a table',
  (name, bytes, what) => {
    for (const folder of ['alone/', 'folder/in/', 'mixed/']) box.write(`repo/${folder}${name}`, bytes);
    box.write('repo/mixed/rows.csv', TABLE);
    const told = (path: string) => {
      const { code, err } = box.varve(['add', path]);
      expect(code).toBe(0);
      return err;
    };
    expect(told(`alone/${name}`)).toContain(`There are no statistics of rows: alone/${name} is ${what}`);
    expect(told('folder')).toContain(`There are no statistics of rows: folder/in/${name} is ${what}`);
    expect(told('mixed')).toContain(`The statistics of rows are not of all files: mixed/${name} is ${what}`);
  },
);

test('what people write or draw is taken for none of these, whatever letters it begins with', () => {
  box.write('repo/notes/a.txt', 'SEQUENCES of words\n');
  box.write('repo/notes/b', 'ORCHARDS and gardens\n');
  box.write('repo/notes/c.png', 'RCFx');
  box.write('repo/notes/d.xlsx', 'PK\x03\x04');
  expect(box.varve(['add', 'notes'])).toMatchObject({ code: 0, err: '' });
  box.commit('notes');
  box.ok(['drift', 'notes@HEAD', 'notes']);
});

test('validate names such a file, and passes over none', () => {
  box.ok(['schema', 'infer', 'table/rows.csv', '--output', 'rows.yaml']);
  box.varve(['add', 'fl']);
  refused(box, ['validate', 'fl', '--schema', 'rows.yaml'], 'data-not-tabular', IS_SEQUENCE_FILE);
  // No column is needed, so that none would be missing.
  box.write('repo/free.yaml', 'varveSchema: 1\nfeatures:\n  n:\n    type: integer\n');
  refused(box, ['validate', 'fl', '--schema', 'free.yaml'], 'data-not-tabular', 'fl/FlumeData.1732852800123');
  box.write('repo/empty/readme.md', 'none');
  refused(
    box,
    ['validate', 'empty', '--schema', 'free.yaml'],
    'data-not-tabular',
    'Nothing in empty was read',
  );
  expect(box.varve(['schema', 'infer', 'fl']).err).toContain(IS_SEQUENCE_FILE);
  expect(box.varve(['validate', 'fl']).err).toContain(IS_SEQUENCE_FILE);
  expect(box.varve(['profile', 'fl']).err).toContain(IS_SEQUENCE_FILE);
});

test('drift does not pass where one side, or each, has rows that nothing reads', () => {
  box.write('repo/p2/part-m-00000', SEQUENCE_FILE);
  for (const [before, after] of [
    ['p2', 'table'],
    ['table', 'p2'],
    ['p2', 'fl'],
  ] as const)
    refused(box, ['drift', before, after], 'data-not-tabular', IS_SEQUENCE_FILE);
  box.write('repo/none/readme.md', 'none');
  refused(box, ['drift', 'none', 'table'], 'data-not-tabular', 'Nothing in none was read as rows');
  expect(box.varve(['drift', 'table', 'none']).code).toBe(1);
});

test('a version that lies in the cache alone is looked into too', () => {
  box.varve(['add', 'fl', 'table']);
  box.commit('both');
  rmSync(box.path('repo', 'fl'), { recursive: true });
  refused(box, ['drift', 'fl@HEAD', 'table'], 'data-not-tabular', IS_SEQUENCE_FILE);
});

test('a version whose files are damaged passes no gate for that, and its statistics are shown with a word', () => {
  box.varve(['add', 'fl', 'table']);
  box.commit('both');
  rmSync(box.path('repo', 'fl'), { recursive: true });
  const cache = box.path('repo/.git/varve/cache');
  for (const name of readdirSync(cache, { recursive: true, encoding: 'utf8' })) {
    const file = join(cache, name);
    const bytes = statSync(file).isFile() ? readFileSync(file) : Buffer.alloc(0);
    const at = bytes.indexOf('org.apache.hadoop.io');
    if (at < 0) continue;
    bytes[at] = 0x78;
    chmodSync(file, 0o644);
    writeFileSync(file, bytes);
  }
  refused(box, ['drift', 'fl@HEAD', 'table'], 'digest-mismatch', '');
  const shown = box.varve(['profile', 'fl@HEAD']);
  expect([shown.code, shown.err]).toEqual([
    0,
    expect.stringMatching(/^varve: Whether fl@HEAD has rows that are not read is not known: /),
  ]);
});

test('check fails a dataset of which no row is read', () => {
  box.varve(['add', 'fl']);
  box.commit('first');
  box.write('repo/fl/FlumeData.1732852800456', `${SEQUENCE_FILE} more`);
  box.varve(['add', 'fl']);
  box.commit('second');
  const { code, out } = box.varve(['check', '--base', 'HEAD~1', '--json']);
  expect(code).not.toBe(0);
  expect(out).toContain(IS_SEQUENCE_FILE);
});

test('check in a clone with profiles alone asks the remote for the files, unless their names tell what they are', () => {
  box.withRemote();
  box.write('repo/plain/a.txt', 'one');
  for (const times of [1, 2]) {
    box.write(`repo/fl/FlumeData.173285280012${times}`, SEQUENCE_FILE.repeat(times));
    box.write(`repo/plain/b${times}.txt`, 'two');
    box.varve(['add', 'fl', 'plain']);
    box.commit(`version ${times}`);
  }
  box.ok(['push', '--all-commits']);
  box.clone('repo', 'clone');
  box.ok(['fetch', '--profiles-only', '--all-commits'], 'clone');
  const check = (path: string) => box.varve(['check', '--base', 'HEAD~1', path], 'clone');
  const found = check('fl');
  expect([found.code, found.out]).toEqual([2, expect.stringContaining('is a SequenceFile of Hadoop')]);

  box.ok(['remote', 'remove', 'origin'], 'clone');
  expect(check('plain').err).toBe('');
  expect(check('fl').err).toContain('Files of fl without an extension were not all looked into');
});
