import fc from 'fast-check';
import { expect, test } from 'vitest';
import { follow, NO_TABLE, nextCommit } from '../../../src/tables/delta/log.ts';
import { deltaSchema } from '../../../src/tables/delta/schema.ts';
import type { TableDataFile, TableVersion } from '../../../src/tables/model.ts';

const ORIGIN = { dataset: 'data', digest: 'sha256:00', commit: 'c0', time: 1_700_000_000_000 };

function file(name: string): TableDataFile {
  return { url: `s3://bucket/${name}`, size: 10, rows: 1, partition: new Map(), bounds: [] };
}

function version(files: readonly TableDataFile[]): TableVersion {
  return { columns: [{ name: 'a', type: { is: 'long' } }], partitionColumns: [], files, origin: ORIGIN };
}

test('a file that moves between partitions is in that of the last version', () => {
  const history = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2')), {
    minLength: 1,
  });
  fc.assert(
    fc.property(history, (versions) => {
      let table = NO_TABLE;
      for (const days of versions) {
        const files = Object.entries(days).map(([name, day]) => ({
          ...file(name),
          partition: new Map([['day', day]]),
        }));
        const { text } = nextCommit(table, { ...version(files), partitionColumns: ['day'] });
        // A file may stand in one action of a commit.
        const named = text.match(/"path":"[^"]*"/g) ?? [];
        expect(new Set(named).size).toBe(named.length);
        table = follow(table, text);
        const expected = Object.entries(days).map(([name, day]) => [file(name).url, JSON.stringify({ day })]);
        expect([...table.files].sort()).toEqual(expected.sort());
      }
    }),
  );
});

test('whoever follows a log from its first version to its last has the files of each', () => {
  const sets = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e')), { minLength: 1 });
  fc.assert(
    fc.property(sets, (history) => {
      let table = NO_TABLE;
      for (const names of history) {
        table = follow(table, nextCommit(table, version(names.map(file))).text);
        const urls = names.map((name) => file(name).url);
        expect([...table.files.keys()].sort()).toEqual(urls.sort());
      }
      expect(table.versions).toHaveLength(history.length);
    }),
  );
});

test('bounds keep every digit, and the largest time is never earlier than that of a row', () => {
  const bounds = [
    { path: ['a'], type: { is: 'long' }, min: '-9223372036854775808', max: '9223372036854775807', nulls: 0 },
    {
      path: ['who', 'born'],
      type: { is: 'timestamp_ntz' },
      min: '2026-01-01T00:00:00.000001',
      max: '2026-01-01T23:59:59.999001',
    },
    { path: ['b'], type: { is: 'double' }, min: 'NaN', max: '1e+300' },
  ] as const;
  const { text } = nextCommit(NO_TABLE, {
    ...version([{ ...file('a'), bounds }]),
    columns: [
      { name: 'a', type: { is: 'long' } },
      { name: 'b', type: { is: 'double' } },
      { name: 'who', type: { is: 'struct', fields: [{ name: 'born', type: { is: 'timestamp_ntz' } }] } },
    ],
  });
  const add = JSON.parse(text.trimEnd().split('\n').at(-1)!) as { add: { stats: string } };
  expect(add.add.stats).toBe(
    '{"numRecords":1,"minValues":{"a":-9223372036854775808,"who":{"born":"2026-01-01T00:00:00.000"}},' +
      '"maxValues":{"a":9223372036854775807,"who":{"born":"2026-01-02T00:00:00.000"},"b":1e+300},"nullCount":{"a":0}}',
  );
});

test('what Delta has no type for is left out, and names that it cannot have are mapped', () => {
  const schema = deltaSchema([
    {
      name: 'a b',
      type: { is: 'struct', fields: [{ name: 'x', type: { is: 'decimal', precision: 20, scale: 2 } }] },
    },
    { name: 'at', type: { is: 'list', element: { is: 'timestamp_ntz' } } },
    { name: 'id', type: { is: 'map', key: { is: 'string' }, value: { is: 'uuid' } } },
  ]);
  expect(schema.left).toEqual(['id (UUID)']);
  expect(schema.features).toEqual(['columnMapping', 'timestampNtz']);
  expect(JSON.parse(schema.text).fields).toMatchObject([
    {
      name: 'a b',
      metadata: { 'delta.columnMapping.id': 1, 'delta.columnMapping.physicalName': 'a b' },
      type: { fields: [{ type: 'decimal(20,2)' }] },
    },
    { name: 'at', type: { type: 'array', elementType: 'timestamp_ntz' } },
  ]);
});

test('no log of others is followed, whatever stands in it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(() => follow(NO_TABLE, text)).toThrow(RangeError);
    }),
  );
});

test('a bound that would lie past the year 9999 is left out', () => {
  const type = { is: 'timestamp_ntz' } as const;
  const max = '9999-12-31T23:59:59.999999';
  const bounds = [{ path: ['a'], type, min: max, max }];
  const { text } = nextCommit(NO_TABLE, {
    ...version([{ ...file('a'), bounds }]),
    columns: [{ name: 'a', type }],
  });
  const add = JSON.parse(text.trimEnd().split('\n').at(-1)!) as { add: { stats: string } };
  expect(add.add.stats).toBe(
    '{"numRecords":1,"minValues":{"a":"9999-12-31T23:59:59.999"},"maxValues":{},"nullCount":{}}',
  );
});
