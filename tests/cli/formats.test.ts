import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/model/model.ts';
import type { ValidationReport } from '../../src/schema/anomaly.ts';
import { avro, avroFile, recordOf } from '../support/avro.ts';
import { example, message, tfRecords } from '../support/proto.ts';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox().repository();
afterAll(() => sandbox.remove());

interface Taxi {
  readonly fare: number;
  readonly company: string;
}

/** Taxis as they are on most days. */
function taxis(count: number, change: (taxi: Taxi, row: number) => Taxi = (taxi) => taxi): Taxi[] {
  return Array.from({ length: count }, (_, row) =>
    change({ fare: 5 + ((row * 7) % 40), company: ['Blue', 'Green', 'Red'][row % 3]! }, row),
  );
}

function asTfRecord(rows: readonly Taxi[]): Buffer {
  return tfRecords(
    ...rows.map(({ fare, company }, row) =>
      example({
        fare: [fare],
        company: [company],
        stops: Array.from({ length: 1 + (row % 3) }, (_, stop) => BigInt(stop)),
      }),
    ),
  );
}

function asAvro(rows: readonly Taxi[]): Buffer {
  const schema = recordOf({ fare: 'double', company: 'string', stops: { type: 'array', items: 'long' } });
  const records = rows.map(({ fare, company }, row) =>
    Buffer.concat([
      avro.double(fare),
      avro.text(company),
      avro.list(...Array.from({ length: 1 + (row % 3) }, (_, stop) => avro.long(stop))),
    ]),
  );
  return avroFile(schema, records, 'deflate');
}

function featuresOf(args: readonly string[]): string[] {
  const { tables } = sandbox.json<Profile>(['profile', ...args]);
  const [table] = tables;
  return [String(table!.rows), ...table!.features.map(({ path, type }) => `${path.join('.')}: ${type}`)];
}

describe.each([
  ['TFRecord', 'tfrecord', asTfRecord],
  ['Avro', 'avro', asAvro],
] as const)('%s is a format like others', (_, extension, encode) => {
  const name = (file: string) => `${extension}/${file}.${extension}`;
  const write = (file: string, rows: readonly Taxi[]) => sandbox.write(`repo/${name(file)}`, encode(rows));

  test('it is added with statistics, its schema inferred, and rows at fault named by their numbers', () => {
    write('a', taxis(300));
    write(
      'b',
      taxis(300, (taxi, row) => (row === 77 ? { fare: -1, company: 'Purple' } : taxi)),
    );
    expect(sandbox.json<{ datasets: object[] }>(['add', name('a')]).datasets).toMatchObject([{ rows: 300 }]);
    const features = featuresOf([name('a')]);
    expect(features.sort()).toEqual(['300', 'company: string', 'fare: float', 'stops.[]: integer']);
    sandbox.ok(['schema', 'infer', name('a'), '--output', `${extension}.yaml`]);
    expect(sandbox.varve(['validate', name('a'), '--schema', `${extension}.yaml`]).code).toBe(0);
    sandbox.write(
      `repo/${extension}-checks.yaml`,
      `varveSchema: 1
features:
  fare: { type: float, presence: required }
  company: { type: string, presence: required, domain: [Blue, Green, Red] }
  stops.[]: { type: integer }
expect: fare > 0
`,
    );
    const report = sandbox.json<ValidationReport>(
      ['validate', name('b'), '--schema', `${extension}-checks.yaml`],
      'repo',
      1,
    );
    const found = report.anomalies.map(({ kind, examples = [] }) => [
      kind,
      ...examples.map(({ row }) => row),
    ]);
    expect(found).toContainEqual(expect.arrayContaining([78]));
    expect(JSON.stringify(report)).toContain('Purple');
  });

  test('versions of it drift, and a difference is told', () => {
    write('now', taxis(2000));
    sandbox.ok(['add', name('now')]);
    sandbox.commit('first');
    write(
      'now',
      taxis(2000, ({ fare }) => ({ fare: fare * 3, company: 'Blue' })),
    );
    expect(sandbox.varve(['drift', `${name('now')}@HEAD`, name('now')]).code).toBe(1);
    sandbox.ok(['add', name('now')]);
    expect(sandbox.ok(['diff'])).toContain('fare');
  });

  test('files in partitions are one table', () => {
    sandbox.write(`repo/${extension}-parts/day=1/part-0.${extension}`, encode(taxis(10)));
    sandbox.write(`repo/${extension}-parts/day=2/part-0.${extension}`, encode(taxis(1)));
    expect(featuresOf([`${extension}-parts`]).sort()).toEqual([
      '11',
      'company: string',
      'day: integer',
      'fare: float',
      'stops.[]: integer',
    ]);
    expect(featuresOf([`${extension}-parts`, '--slice', 'company=Blue'])[0]).toBe('5');
  });

  test('what is damaged is told with the file and the number of the record', () => {
    const bytes = encode(taxis(50));
    writeFileSync(sandbox.path(`repo/${name('cut')}`), bytes.subarray(0, -9));
    const { code, err } = sandbox.varve(['profile', name('cut')]);
    expect(code).toBe(2);
    expect(err).toMatch(new RegExp(`cut\\.${extension}, record \\d+: the file ends within it`));
  });
});

test('TFRecords in shards as TFX writes them are one table', () => {
  for (const shard of [0, 1])
    sandbox.write(
      `repo/Split-train/data_tfrecord-0000${shard}-of-00002.gz`,
      gzipSync(asTfRecord(taxis(20 + shard))),
    );
  expect(featuresOf(['Split-train'])[0]).toBe('41');
  sandbox.ok(['add', 'Split-train']);
  sandbox.commit('shards');
  expect(featuresOf(['Split-train@HEAD', '--slice', 'company=Red'])[0]).toBe('13');
});

test('a TFRecord of statistics is statistics as before, and is no data', () => {
  sandbox.write('repo/rows.csv', `n\n${'1\n2\n'.repeat(20)}`);
  sandbox.ok(['profile', 'rows.csv', '--format', 'tfdv', '--output', 'stats.tfrecord']);
  expect(featuresOf(['stats.tfrecord'])).toEqual(['40', 'n: integer']);
  expect(sandbox.varve(['drift', 'stats.tfrecord', 'stats.tfrecord']).err).toContain(
    'holds statistics of TFDV',
  );
  expect(sandbox.varve(['add', 'stats.tfrecord'])).toMatchObject({
    code: 0,
    err: expect.stringContaining('stats.tfrecord, record 1: it holds statistics of TFDV, and no data'),
  });
});

test.each([
  ['book.xlsx', 'PK\x03\x04', 'a workbook of a spreadsheet program', /Save the sheet as CSV/],
  ['table.orc', 'ORC', 'an ORC file', /as Parquet/],
  ['part-00000', 'SEQ\x06', 'a SequenceFile of Hadoop', /as Avro or Parquet/],
  ['part-00001', 'Obj\x01', 'Avro by another name', /a name that ends with \.avro/],
  ['part-00002', tfRecords(message({})), 'TFRecords by another name', /a name that ends with \.tfrecord/],
  [
    'part-m-00000',
    '1,2024-01-01\n',
    'a part that a job of Hadoop wrote, whose name tells no format',
    /--as-parquetfile/,
  ],
  ['part-m-00000.deflate', 'x', 'compressed as .deflate', /gzip or zstd/],
  ['part-r-00001.bz2', 'BZh', 'compressed as .bz2', /bunzip2 FILE/],
  ['rows.csv.snappy', 'x', 'compressed as .snappy', /gzip or zstd/],
  [
    '000000_0',
    '1\x01a\n',
    'a part that a job of Hadoop wrote, whose name tells no format',
    /ends with \.csv/,
  ],
])('%s is refused by its name, with what to do', (name, bytes, what, remedy) => {
  sandbox.write(`repo/${name}`, bytes);
  const { code, err } = sandbox.varve(['profile', name]);
  expect([code, err]).toEqual([2, expect.stringContaining(`${name} is ${what}, which varve does not read`)]);
  expect(err).toMatch(remedy);
});

test('what Sqoop and Hive leave is kept whole, and said why no rows of it are counted; by other names it is read', () => {
  sandbox.write('repo/orders/_SUCCESS', '');
  sandbox.write('repo/orders/.part-m-00000.crc', 'crc');
  for (const part of [0, 1])
    sandbox.write(`repo/orders/part-m-0000${part}`, `${part},2024-01-0${part + 1},12.5\n`.repeat(3));
  const { code, err } = sandbox.varve(['add', 'orders']);
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/no statistics of rows: orders\/part-m-00000 is a part that a job/),
  ]);
  expect(sandbox.ok(['ls', 'orders'])).toContain('_SUCCESS');
  sandbox.write(
    'repo/hive/000000_0.csv',
    '1\x012024-01-01\x01a\n2\x012024-01-02\x01b\n3\x012024-01-03\x01b\n',
  );
  expect(featuresOf(['hive'])).toEqual(['3', 'column0: integer', 'column1: date', 'column2: string']);
});
