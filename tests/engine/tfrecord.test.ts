import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { formatOf } from '../../src/engine/formats/format.ts';
import { kindOfFirstRecord } from '../../src/engine/formats/tfrecord/first-record.ts';
import type { TableProfile } from '../../src/profile/model/model.ts';
import { writeTfRecord } from '../../src/schema/tfdv/tfrecord.ts';
import { dataFiles, feature, tableOf } from '../profile/profiling.ts';
import { example, featureOf, message, sequenceExample, tfRecords } from '../support/proto.ts';

const shapes = (table: TableProfile) => table.features.map(({ path, type }) => `${path.join('.')}: ${type}`);
const values = (table: TableProfile, name: string) =>
  Object.fromEntries(feature(table, name).values.values.map(([value, count]) => [value, count]));
const table = (...records: Uint8Array[]) => tableOf('a.tfrecord', tfRecords(...records));

const taxis = [
  example({ fare: [7.5], id: [1n], city: ['Graz'], stops: [3n, 4n], tips: null }),
  example({ city: ['Linz'], id: [-(2n ** 63n)], fare: [0.1], tips: [1.5] }),
  example({ id: [2n ** 63n - 1n], stops: [5n] }),
];
// An empty Int64List, which is there and has no values.
const emptyList = message({ 1: { 1: [{ 1: 'stops', 2: { 3: {} } }] } });

describe('tf.Example', () => {
  test('features are columns in the order of their names, lists where a record has not one value', async () => {
    const found = await table(taxis[0]!, taxis[2]!, emptyList);
    expect([found.rows, ...shapes(found)]).toEqual([
      3,
      'city: string',
      'fare: float',
      'id: integer',
      'stops.[]: integer',
      'tips: unknown',
    ]);
    expect(feature(found, 'city')).toMatchObject({ present: 1, nulls: 2 });
    expect(feature(found, 'id').numeric).toMatchObject({ min: '1', max: String(2n ** 63n - 1n) });
    expect(feature(found, 'stops.[]')).toMatchObject({
      present: 3,
      nulls: 0,
      count: 3,
      valency: { count: 3, min: 0, max: 2, zeros: 1 },
    });
  });

  test('floats have 32 bits, integers 64, and texts of any length keep every byte', async () => {
    const long = `${'Ärger '.repeat(40)}end`;
    const found = await table(
      example({ f: [0.1], i: [-(2n ** 63n)], s: ['short'] }),
      example({ f: [-0], i: [0n], s: [long] }),
      example({ s: ['thirteen byte'] }),
      example({ s: [''] }),
    );
    expect(values(found, 'f')).toEqual({ '0.1': 1, '0': 1 });
    expect(values(found, 'i')).toEqual({ [String(-(2n ** 63n))]: 1, '0': 1 });
    expect(values(found, 's')).toEqual({ short: 1, [long]: 1, 'thirteen byte': 1, '': 1 });
  });

  test('bytes that are not UTF-8 make a column of bytes', async () => {
    const found = await table(example({ image: [Buffer.from('ff00', 'hex')], label: ['cat'] }));
    expect(shapes(found)).toEqual(['image: bytes', 'label: string']);
  });

  test('numbers that are not packed, and fields that an Example has not, are read and passed over', async () => {
    const unpacked = message({ 1: { 1: [{ 1: 'a', 2: { 3: { 1: [7, 8] } } }] } });
    const known = Buffer.concat([example({ a: [1n, 2n] }), message({ 9: 'more' })]);
    // The first record decides what the file holds.
    expect(values(await table(unpacked, known), 'a.[]')).toEqual({ '1': 1, '2': 1, '7': 1, '8': 1 });
  });

  test('what records have only after 16 MiB is found as well', async () => {
    const heavy = example({ blob: [Buffer.alloc(2 ** 20, 'x')], n: [1n] });
    const records = Array.from({ length: 17 }, () => heavy);
    const last = example({ blob: [Buffer.from([0xff])], n: [1n, 2n], late: ['here'] });
    const found = await table(...records, last);
    expect([found.rows, ...shapes(found)]).toEqual([18, 'blob: bytes', 'late: string', 'n.[]: integer']);
    expect(feature(found, 'n.[]').valency).toMatchObject({ count: 18, min: 1, max: 2, sum: '19' });
  });

  test('many rows, more than a chunk has, in lists of texts and of numbers', async () => {
    const records = Array.from({ length: 5000 }, (_, row) =>
      example({
        id: [BigInt(row)],
        words: Array.from({ length: row % 4 }, (_, index) => `word number ${index} of row ${row % 10}`),
        numbers: row % 3 === 0 ? null : [row / 2, row],
      }),
    );
    const found = await table(...records);
    expect(found.rows).toBe(5000);
    expect(feature(found, 'id').numeric).toMatchObject({ min: '0', max: '4999' });
    expect(feature(found, 'words.[]')).toMatchObject({ present: 5000, count: 7500 });
    expect(values(found, 'words.[]')['word number 0 of row 1']).toBe(500);
    expect(feature(found, 'numbers.[]')).toMatchObject({ present: 3333, nulls: 1667, count: 6666 });
  });
});

describe('files', () => {
  test('gzip and zlib are told by the bytes, whatever the name', async () => {
    const plain = await tableOf('a.tfrecord', tfRecords(...taxis));
    for (const bytes of [gzipSync(tfRecords(...taxis)), deflateSync(tfRecords(...taxis))])
      expect(await tableOf('a.tfrecord', bytes)).toEqual(plain);
    expect(await tableOf('a.tfrecord.gz', gzipSync(tfRecords(...taxis)))).toEqual(plain);
  });

  test('names as TensorFlow, TFX and Beam give them', () => {
    const names = ['a.tfrecord', 'a.tfrecords', 'a.tfrec', 'a.tfrecord.gz', 'a.tfrecord-00000-of-00010'];
    for (const name of [
      ...names,
      'data_tfrecord-00000-of-00001.gz',
      'Split-train/data_tfrecord-00000-of-00001.gz',
    ])
      expect([name, formatOf(name)]).toEqual([name, 'tfrecord']);
    expect([formatOf('part.csv-00000-of-00003'), formatOf('a.avro'), formatOf('a.avro.gz')]).toEqual([
      'csv',
      'avro',
      undefined,
    ]);
  });

  test('without a record there are no rows and no columns, and empty records are rows of nothing', async () => {
    expect(await tableOf('a.tfrecord', '')).toEqual({ name: '', rows: 0, features: [] });
    expect(await table(new Uint8Array(), new Uint8Array())).toEqual({ name: '', rows: 2, features: [] });
    expect((await table(new Uint8Array(), example({ a: [1n] }))).features[0]).toMatchObject({
      nulls: 1,
      present: 1,
    });
  });
});

describe('SequenceExample', () => {
  test('feature lists are fields of ##SEQUENCE##, lists of values or of lists', async () => {
    const found = await table(
      example({ id: [1n] }),
      sequenceExample(
        { id: [2n], tags: ['a', 'b'] },
        { tokens: [['x'], ['y'], ['x']], vectors: [[1.5, 2.5], [3.5]], holes: [null, [1n]] },
      ),
      sequenceExample({}, { tokens: [], vectors: [] }),
    );
    // The first record is an Example, which a SequenceExample without lists is too.
    expect(shapes(found)).toEqual([
      'id: integer',
      'tags.[]: string',
      '##SEQUENCE##.holes.[]: integer',
      '##SEQUENCE##.tokens.[]: string',
      '##SEQUENCE##.vectors.[].[]: float',
    ]);
    expect(feature(found, '##SEQUENCE##.tokens.[]')).toMatchObject({ present: 2, nulls: 1, count: 3 });
    expect(feature(found, '##SEQUENCE##.holes.[]')).toMatchObject({ present: 1, count: 2, nullElements: 1 });
    expect(feature(found, '##SEQUENCE##.vectors.[].[]')).toMatchObject({ present: 2, count: 3 });
  });
});

describe('PredictionLog', () => {
  const spec = { 1: 'taxi' };
  const tensor = (type: number, sizes: readonly number[], field: object) => ({
    1: type,
    2: { 2: sizes.map((size) => ({ 1: size })) },
    ...field,
  });
  const predict = (inputs: Readonly<Record<string, object>>) =>
    message({
      6: { 1: { 1: spec, 2: Object.entries(inputs).map(([key, value]) => ({ 1: key, 2: value as never })) } },
    });

  test('Examples of requests of classification, regression and inference are rows', async () => {
    const input = { 1: { 1: [example({ a: [1n] }), example({ a: [2n], b: ['x'] })] } };
    const shared = { 2: { 1: [example({ a: [3n] })], 2: example({ user: ['Ann'] }) } };
    const found = await table(
      message({ 1: { 1: spec }, 2: { 1: { 1: spec, 2: input }, 2: { 1: 'answer' } } }),
      message({ 3: { 1: { 1: spec, 2: shared } } }),
      message({ 4: { 1: { 1: [{ 1: spec }], 2: input } } }),
    );
    expect([found.rows, ...shapes(found)]).toEqual([5, 'a: integer', 'b: string', 'user: string']);
    expect(values(found, 'a')).toEqual({ '1': 2, '2': 2, '3': 1 });
    expect(feature(found, 'user')).toMatchObject({ present: 1, nulls: 4 });
  });

  test('tensors of a request of prediction are columns, their first dimension the rows', async () => {
    const floats = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
    const found = await table(
      predict({
        vector: tensor(1, [3, 2], { 4: floats }),
        id: tensor(9, [3, 1], { 10: [7, 8, -1n] }),
        name: tensor(7, [3], { 8: ['a', 'b', 'c'] }),
        flag: tensor(10, [3], { 11: [1, 0, 1] }),
        model: tensor(3, [], { 7: [5] }),
        filled: tensor(3, [3], { 7: [4] }),
        double: tensor(2, [3], { 4: Buffer.from(Float64Array.of(0.1, 0.2, 0.3).buffer) }),
      }),
    );
    expect([found.rows, ...shapes(found)]).toEqual([
      3,
      'double: float',
      'filled: integer',
      'flag: boolean',
      'id: integer',
      'model: integer',
      'name: string',
      'vector.[]: float',
    ]);
    expect(values(found, 'id')).toEqual({ '7': 1, '8': 1, '-1': 1 });
    expect(values(found, 'vector.[]')).toEqual({ '1': 1, '2': 1, '3': 1, '4': 1, '5': 1, '6': 1 });
    expect([values(found, 'model'), values(found, 'filled')]).toEqual([{ '5': 3 }, { '4': 3 }]);
    expect(values(found, 'double')).toEqual({ '0.1': 1, '0.2': 1, '0.3': 1 });
  });

  test('tensors of Examples as bytes are rows of their features', async () => {
    const found = await table(
      predict({ examples: tensor(7, [2], { 8: [example({ a: [1n] }), example({ a: [2n] })] }) }),
    );
    expect([found.rows, ...shapes(found)]).toEqual([2, 'a: integer']);
  });

  test.each([
    [
      'another log',
      message({ 5: { 1: { 1: spec } } }),
      'it is a SessionRunLog, whose request is no Examples and no batch of tensors',
    ],
    [
      'a tensor of another type',
      predict({ x: tensor(8, [1], {}) }),
      'its tensor "x" is of type 8 of tensorflow.DataType',
    ],
    [
      'tensors of other lengths',
      predict({ x: tensor(9, [2], { 10: [1, 2] }), y: tensor(9, [1], { 10: [1] }) }),
      'its tensors have different numbers of rows',
    ],
    [
      'a tensor of a trillion values',
      predict({ x: tensor(9, [2 ** 20, 2 ** 20], { 10: [1] }) }),
      'its tensor "x" is of a size that is not read',
    ],
    [
      'a tensor of unknown size',
      predict({ x: tensor(9, [-1], { 10: [1] }) }),
      'its tensor "x" is of a size that is not read',
    ],
  ])('%s is refused by name', async (_, log, reason) => {
    await expect(table(predict({ x: tensor(9, [1], { 10: [1] }) }), log)).rejects.toMatchObject({
      code: 'table-unreadable',
      message: `a.tfrecord, record 2: ${reason}`,
    });
  });
});

describe('what cannot be read is refused, with the file and the number of the record', () => {
  const whole = tfRecords(...taxis);
  const flipped = (at: number) => Buffer.from(whole.map((byte, index) => (index === at ? byte ^ 1 : byte)));
  const second = tfRecords(taxis[0]!).length;
  const long = Buffer.from(writeTfRecord(new Uint8Array(8)));
  long.writeBigUInt64LE(2n ** 63n);
  const withLength = (length: bigint) => {
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(length);
    return Buffer.concat([head, tfRecords(head).subarray(-4), Buffer.alloc(100)]);
  };

  test.each([
    ['a record is cut', whole.subarray(0, -10), 'record 3: the file ends within it'],
    ['its head is cut', whole.subarray(0, second + 6), 'record 2: the file ends within it'],
    ['its bytes are damaged', flipped(second + 20), 'record 2: its checksum does not hold'],
    ['its length is damaged', flipped(second + 1), 'record 2: the checksum of its length does not hold'],
    ['it says it is 2^63 bytes long', withLength(2n ** 63n), 'record 1: it is longer than 128 MiB'],
    ['it says it is 100 MB long', withLength(100_000_000n), 'record 1: the file ends within it'],
    [
      'it is gzip that is cut',
      gzipSync(whole).subarray(0, -12),
      'the compressed bytes that it lies in are cut or damaged',
    ],
    [
      'it is something else',
      Buffer.from('a,b\n1,2\n'.repeat(10)),
      'record 1: the checksum of its length does not hold',
    ],
    [
      'its records are something else',
      tfRecords(Buffer.from('{"a": 1}')),
      'record 1: it is neither a tf.Example nor',
    ],
    [
      'its records are statistics',
      tfRecords(message({ 1: { 2: 5, 3: { 2: 1 } } })),
      'record 1: it holds statistics of TFDV, and no data',
    ],
    [
      'a feature changes its type',
      tfRecords(example({ a: [1n] }), example({ a: ['x'] })),
      'record 2: its feature "a" is of type bytes, and was of type int64 before',
    ],
    [
      'a feature is there twice',
      tfRecords(Buffer.concat([example({ a: [1n] }), example({ a: [1n] })])),
      'record 1: its feature "a" is there twice',
    ],
    [
      'a feature has two lists',
      tfRecords(message({ 1: { 1: { 1: 'a', 2: { ...featureOf([1]), ...featureOf([1n]) } } } })),
      'record 1: one of its features has more than one list',
    ],
    [
      'a field is longer than its message',
      tfRecords(example({ a: ['x'] }).map((byte, at) => (at === 1 ? 99 : byte))),
      'record 1: it is neither',
    ],
    [
      'names differ by case',
      tfRecords(example({ a: [1n], A: [1n] })),
      'the columns "A" and "a" differ by nothing but capital letters',
    ],
    ['a name is empty', tfRecords(example({ '': [1n] })), 'a column has no name'],
    ['a name holds a NUL', tfRecords(example({ 'a\0b': [1n] })), 'a NUL is in the name'],
  ])('%s', async (_, bytes, message) => {
    await expect(tableOf('a.tfrecord', bytes)).rejects.toMatchObject({
      code: 'table-unreadable',
      path: 'a.tfrecord',
      message: expect.stringContaining(message),
    });
  });
});

test('the kind of a file is told by its first record, plain or compressed', () => {
  const kind = (bytes: Uint8Array) => kindOfFirstRecord(dataFiles({ 'a.tfrecord': bytes })[0]!.absolutePath);
  const statistics = message({ 1: { 1: 'train', 2: 1000, 3: { 1: 'a', 2: 1 } } });
  const large = message({
    1: { 2: 5, 3: Array.from({ length: 500 }, (_, index) => ({ 1: `feature ${index}` })) },
  });
  for (const each of [tfRecords(statistics), gzipSync(tfRecords(statistics)), tfRecords(large)])
    expect(kind(each)).toBe('statistics');
  expect(kind(tfRecords(taxis[0]!))).toBe('example');
  expect(kind(tfRecords(example({ blob: ['x'.repeat(100_000)] })))).toBe('example');
  expect(kind(tfRecords(sequenceExample({}, { t: [['x']] })))).toBe('sequence-example');
  expect(kind(tfRecords(message({ 2: { 1: { 1: { 1: 'm' }, 2: { 1: { 1: [taxis[0]!] } } } } })))).toBe(
    'prediction-log',
  );
  expect(kind(Buffer.from('a,b\n1,2\n'))).toBeUndefined();
});
