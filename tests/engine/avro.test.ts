import { describe, expect, test } from 'vitest';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import type { TableProfile } from '../../src/profile/model/model.ts';
import { dataFiles, feature, tableOf } from '../profile/profiling.ts';
import { avro, avroBlock, avroFile, avroHead, recordOf, SYNC } from '../support/avro.ts';

const { double, float, list, long, text } = avro;
const bytes = (...parts: readonly Uint8Array[]) => Buffer.concat(parts);
const types = (table: TableProfile) =>
  table.features.map(({ path, type, engineType }) => `${path.join('.')}: ${type} ${engineType}`);
const values = (table: TableProfile, name: string) =>
  Object.fromEntries(feature(table, name).values.values.map(([value, count]) => [value, count]));

/** The table of one column `v`, whose values are given as bytes. */
async function column(type: unknown, ...rows: readonly Uint8Array[]): Promise<TableProfile> {
  return tableOf('a.avro', avroFile(recordOf({ v: type }), rows));
}

const people = recordOf({ id: 'long', name: ['null', 'string'] });
const rows = [
  bytes(long(1), long(1), text('Ann')),
  bytes(long(2), long(0)),
  bytes(long(-3), long(1), text('Ärger')),
];

describe('values', () => {
  test('of primitive types', async () => {
    const schema = recordOf({
      i: 'int',
      l: 'long',
      f: 'float',
      d: 'double',
      b: 'boolean',
      s: 'string',
      y: 'bytes',
      n: 'null',
    });
    const row = (l: bigint, s: string) =>
      bytes(long(-1), long(l), float(0.1), double(0.1), Buffer.from([1]), text(s), text(Buffer.from([255])));
    const found = await tableOf(
      'a.avro',
      avroFile(schema, [row(2n ** 63n - 1n, 'x'), row(-(2n ** 63n), 'long enough for a heap')]),
    );
    expect(types(found)).toEqual([
      'i: integer INTEGER',
      'l: integer BIGINT',
      'f: float FLOAT',
      'd: float DOUBLE',
      'b: boolean BOOLEAN',
      's: string VARCHAR',
      'y: bytes BLOB',
      'n: unknown VARCHAR',
    ]);
    expect(feature(found, 'l').numeric).toMatchObject({
      min: String(-(2n ** 63n)),
      max: String(2n ** 63n - 1n),
    });
    expect([values(found, 'f'), values(found, 'd'), values(found, 'y')]).toEqual([
      { '0.1': 2 },
      { '0.1': 2 },
      { ff: 2 },
    ]);
    expect(values(found, 's')).toEqual({ x: 1, 'long enough for a heap': 1 });
  });

  const logical = (type: string, logicalType: string, more: object = {}) => ({ type, logicalType, ...more });
  test.each([
    [
      'decimals of few digits',
      logical('bytes', 'decimal', { precision: 4, scale: 2 }),
      [text(Buffer.from([0xff])), text(Buffer.from([1, 0]))],
      'decimal',
      ['-0.01', '2.56'],
    ],
    [
      'decimals of many',
      logical('bytes', 'decimal', { precision: 38, scale: 0 }),
      [text(Buffer.from(`80${'00'.repeat(14)}`, 'hex'))],
      'decimal',
      [String(-(2n ** 119n))],
    ],
    [
      'decimals of fixed size',
      logical('fixed', 'decimal', { name: 'D', size: 8, precision: 18, scale: 3 }),
      [Buffer.from('0de0b6b3a763ffff', 'hex')],
      'decimal',
      ['999999999999999.999'],
    ],
    [
      'a decimal that is none',
      logical('bytes', 'decimal', { precision: 2, scale: 3 }),
      [text('a')],
      'bytes',
      ['61'],
    ],
    ['dates', logical('int', 'date'), [long(-1), long(19_723)], 'date', ['1969-12-31', '2024-01-01']],
    ['times', logical('int', 'time-millis'), [long(1)], 'time', ['00:00:00.001']],
    [
      'times of microseconds',
      logical('long', 'time-micros'),
      [long(86_399_999_999)],
      'time',
      ['23:59:59.999999'],
    ],
    [
      'timestamps',
      logical('long', 'timestamp-millis'),
      [long(-1)],
      'timestamp',
      ['1969-12-31T23:59:59.999000Z'],
    ],
    [
      'timestamps far away',
      logical('long', 'timestamp-millis'),
      [long(9_223_372_036_854_000n)],
      'timestamp',
      ['294247-01-10T04:00:54.000000Z'],
    ],
    [
      'timestamps of microseconds',
      logical('long', 'timestamp-micros'),
      [long(1)],
      'timestamp',
      ['1970-01-01T00:00:00.000001Z'],
    ],
    [
      'timestamps of nanoseconds',
      logical('long', 'timestamp-nanos'),
      [long(1)],
      'timestamp',
      ['1970-01-01T00:00:00.000000001'],
    ],
    [
      'local timestamps',
      logical('long', 'local-timestamp-micros'),
      [long(1)],
      'timestamp',
      ['1970-01-01T00:00:00.000001'],
    ],
    [
      'UUIDs as texts',
      logical('string', 'uuid'),
      [text('00000000-0000-0000-0000-00000000000a')],
      'string',
      ['00000000-0000-0000-0000-00000000000a'],
    ],
    [
      'UUIDs as bytes',
      logical('fixed', 'uuid', { name: 'U', size: 16 }),
      [Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')],
      'string',
      ['00010203-0405-0607-0809-0a0b0c0d0e0f'],
    ],
    [
      'durations',
      logical('fixed', 'duration', { name: 'U', size: 12 }),
      [Buffer.from('0e00000002000000e8030000', 'hex')],
      'string',
      ['1 year 2 months 2 days 00:00:01'],
    ],
    ['a logical type that is unknown', logical('int', 'colour'), [long(5)], 'integer', ['5']],
    ['enums', { type: 'enum', name: 'E', symbols: ['A', 'B'] }, [long(1), long(0)], 'string', ['A', 'B']],
    [
      'bytes of fixed size',
      { type: 'fixed', name: 'F', size: 2 },
      [Buffer.from('0aff', 'hex')],
      'bytes',
      ['0aff'],
    ],
  ])('%s', async (_, type, encoded, kind, expected) => {
    const found = await column(type, ...encoded);
    expect(feature(found, 'v').type).toBe(kind);
    expect(Object.keys(values(found, 'v')).sort()).toEqual(expected);
  });

  test('unions with null are columns that may be null, of several types one field each', async () => {
    const found = await column(
      ['null', 'long', 'string'],
      long(0),
      bytes(long(1), long(7)),
      bytes(long(2), text('x')),
    );
    expect(types(found)).toEqual(['v.long: integer BIGINT', 'v.string: string VARCHAR']);
    expect(feature(found, 'v.long')).toMatchObject({ present: 1, nulls: 2 });
    const lone = await column(['string'], bytes(long(0), text('x')));
    expect(types(lone)).toEqual(['v: string VARCHAR']);
  });

  test('records, arrays and maps within each other', async () => {
    const point = { type: 'record', name: 'Point', namespace: 'geo', fields: [{ name: 'x', type: 'int' }] };
    const schema = recordOf({
      at: point,
      seen: ['null', 'geo.Point'],
      all: { type: 'array', items: 'geo.Point' },
      names: { type: 'map', values: { type: 'array', items: ['null', 'string'] } },
    });
    const found = await tableOf(
      'a.avro',
      avroFile(schema, [
        bytes(
          long(1),
          long(0),
          list(long(2), long(3)),
          list(bytes(text('k'), list(bytes(long(1), text('v')), long(0)))),
        ),
        bytes(long(4), long(1), long(5), list(), list()),
      ]),
    );
    expect(types(found)).toEqual([
      'at.x: integer INTEGER',
      'seen.x: integer INTEGER',
      'all.[].x: integer INTEGER',
      'names.[].key: string VARCHAR',
      'names.[].value.[]: string VARCHAR',
    ]);
    expect(feature(found, 'seen.x')).toMatchObject({ present: 1, nulls: 1 });
    expect(feature(found, 'all.[].x')).toMatchObject({ count: 2, valency: { min: 0, max: 2 } });
    expect(feature(found, 'names.[].value.[]')).toMatchObject({ count: 2, nullElements: 1 });
  });

  test('arrays in blocks with their length, as writers of large ones make them', async () => {
    const items = bytes(long(-2), long(2), long(5), long(6), long(1), long(7), long(0));
    expect(values(await column({ type: 'array', items: 'int' }, items), 'v.[]')).toEqual({
      '5': 1,
      '6': 1,
      '7': 1,
    });
  });

  test('a schema that is no record is one column, and a record without fields none', async () => {
    expect(types(await tableOf('a.avro', avroFile('"long"', [long(1)])))).toEqual(['value: integer BIGINT']);
    expect(await tableOf('a.avro', avroFile(recordOf({}), [Buffer.alloc(0), Buffer.alloc(0)]))).toMatchObject(
      { rows: 2, features: [] },
    );
    expect(await tableOf('a.avro', avroHead(people))).toMatchObject({
      rows: 0,
      features: [{ path: ['id'] }, { path: ['name'] }],
    });
  });

  test('many rows, more than a chunk and a piece of the file hold', async () => {
    const many = Array.from({ length: 20_000 }, (_, row) =>
      bytes(long(row), long(1), text(`a name of some length ${row % 100} ${'x'.repeat(80)}`)),
    );
    const blocks = Array.from({ length: 20 }, (_, index) =>
      avroBlock(1000, Buffer.concat(many.slice(index * 1000, (index + 1) * 1000))),
    );
    const found = await tableOf('a.avro', Buffer.concat([avroHead(people), ...blocks]));
    expect(found.rows).toBe(20_000);
    expect(feature(found, 'id').numeric).toMatchObject({ min: '0', max: '19999' });
    expect(feature(found, 'name').values.values).toHaveLength(100);
  });
});

describe('files', () => {
  test.each(['null', 'deflate', 'snappy'] as const)('compressed by %s', async (codec) => {
    expect(await tableOf('a.avro', avroFile(people, rows, codec))).toEqual(
      await tableOf('a.avro', avroFile(people, rows)),
    );
  });

  test('compressed by Zstandard', async () => {
    // Three bytes as a block that is not compressed, RFC 8878.
    const frame = bytes(Buffer.from('28b52ffd2003190000', 'hex'), long(1), long(2), long(3));
    const file = Buffer.concat([avroHead(recordOf({ v: 'int' }), 'zstandard'), avroBlock(3, frame)]);
    expect(values(await tableOf('a.avro', file), 'v')).toEqual({ '1': 1, '2': 1, '3': 1 });
  });

  test('of other schemas beside each other are one table by the names of the columns', async () => {
    const files = dataFiles({
      'a.avro': avroFile(people, rows),
      'b.avro': avroFile(recordOf({ name: 'string', id: 'int', more: 'double' }), [
        bytes(text('Bob'), long(9), double(1)),
      ]),
      'c.avro': avroFile(people, rows),
    });
    const [found] = (await profileFiles(files)).tables;
    expect([found!.rows, ...types(found!)]).toEqual([
      7,
      'id: integer BIGINT',
      'name: string VARCHAR',
      'more: float DOUBLE',
    ]);
    expect(feature(found!, 'more')).toMatchObject({ present: 1, nulls: 6 });
  });
});

describe('what cannot be read is refused, with the file and the number of the record', () => {
  const whole = avroFile(people, rows);
  const node = recordOf({ next: ['null', 'Row'] });
  const nested = (depth: number): unknown =>
    depth === 0 ? 'int' : { type: 'array', items: nested(depth - 1) };
  // Each type holds the one before twice: 2^30 columns of 30 definitions.
  const doubling = Array.from({ length: 30 }).reduce<unknown>(
    (inner, _, index) => ({
      ...recordOf({ a: inner, b: index === 0 ? 'int' : `R${index - 1}` }),
      name: `R${index}`,
    }),
    'int',
  );
  const array = recordOf({ v: { type: 'array', items: 'null' } });

  test.each([
    ['cut within a block', whole.subarray(0, -20), 'record 1: the file ends within it'],
    ['cut within the head', whole.subarray(0, 30), 'a.avro: the file ends within it'],
    [
      'the end of a block is damaged',
      Buffer.concat([whole.subarray(0, -1), Buffer.from('x')]),
      'record 4: its block does not end as blocks do',
    ],
    ['something else', Buffer.from('a,b\n1,2\n'), 'a.avro: it is no object container file of Avro'],
    ['empty', Buffer.alloc(0), 'a.avro: it is no object container file of Avro'],
    [
      'a codec that is not read',
      avroHead(people, 'xz'),
      'a.avro: it is compressed by "xz", which varve does not read',
    ],
    ['a schema that is no JSON', avroHead('{'), 'its schema is not JSON'],
    ['a schema that is none', avroHead('{"type": 5}'), 'its schema is none of Avro'],
    ['a type that is not defined', avroHead(recordOf({ a: 'Other' })), 'its schema names the type "Other"'],
    ['a type that holds itself', avroHead(node), 'the type "Row" of its schema holds itself'],
    ['types nested too deeply', avroHead(recordOf({ v: nested(1000) })), 'nested more than 128 levels deep'],
    ['types that double without end', avroHead(doubling), 'its schema makes more than 100,000 columns'],
    [
      'a decimal of too many digits',
      avroHead(recordOf({ v: { type: 'bytes', logicalType: 'decimal', precision: 50 } })),
      'a decimal of its schema has 50 digits',
    ],
    [
      'names that differ by case',
      avroHead(recordOf({ a: 'int', A: 'int' })),
      'differ by nothing but capital letters',
    ],
    [
      'a block of 2^63 bytes',
      Buffer.concat([avroHead(people), avroBlock(1, Buffer.alloc(0), 2n ** 63n - 1n)]),
      'record 1: the head of its block is damaged',
    ],
    [
      '2^62 records of nothing',
      Buffer.concat([avroHead(recordOf({})), avroBlock(2n ** 62n, Buffer.alloc(0))]),
      'record 1: it says that it has more items than its bytes can hold',
    ],
    [
      '2^62 records in a byte',
      Buffer.concat([avroHead(people), avroBlock(2n ** 62n, Buffer.alloc(1))]),
      'it says that it has more items',
    ],
    ['2^62 nulls', avroFile(array, [bytes(long(2n ** 62n))]), 'it says that it has more items'],
    [
      '16 million nulls, again and again',
      avroFile(
        array,
        Array.from({ length: 3 }, () => bytes(long(2 ** 23 + 1), long(0))),
      ),
      'record 2: it says that it has more items',
    ],
    [
      'a text longer than its block',
      avroFile(recordOf({ v: 'string' }), [long(2n ** 40n)]),
      'record 1: it ends within a value',
    ],
    [
      'a text of negative length',
      avroFile(recordOf({ v: 'string' }), [text('a'), long(-5)]),
      'record 2: it ends within a value',
    ],
    [
      'a text that is not UTF-8',
      avroFile(recordOf({ v: 'string' }), [text(Buffer.from([0xc3]))]),
      'record 1: a text of it is not UTF-8',
    ],
    [
      'a branch that is none',
      avroFile(people, [bytes(long(1), long(2))]),
      'record 1: a union of it has no such branch',
    ],
    [
      'a symbol that is none',
      avroFile(recordOf({ v: { type: 'enum', name: 'E', symbols: ['A'] } }), [long(-1)]),
      'an enum of it has no such symbol',
    ],
    [
      'an int of 33 bits',
      avroFile(recordOf({ v: 'int' }), [long(2 ** 32)]),
      'a number of it has more than 32 bits',
    ],
    [
      'a block that goes on',
      Buffer.concat([avroHead(people), avroBlock(2, Buffer.concat(rows))]),
      'record 3: its block goes on behind its last record',
    ],
    [
      'deflate that is none',
      Buffer.concat([avroHead(people, 'deflate'), avroBlock(1, Buffer.from('garbage'))]),
      'record 1: the compressed bytes of its block are damaged',
    ],
    [
      'snappy with a wrong checksum',
      Buffer.concat([avroFile(people, rows, 'snappy').subarray(0, -17), Buffer.from('x'), SYNC]),
      'record 1: the checksum of its block does not hold',
    ],
    [
      'snappy that says it is gigabytes',
      Buffer.concat([avroHead(people, 'snappy'), avroBlock(1, Buffer.from('ffffffff0f0000000000', 'hex'))]),
      'record 1: its block expands to more than 128 MiB',
    ],
  ])('%s', async (_, content, message) => {
    await expect(tableOf('a.avro', content)).rejects.toMatchObject({
      code: 'table-unreadable',
      path: 'a.avro',
      message: expect.stringContaining(message),
    });
  });
});
