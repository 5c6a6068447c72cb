import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openEngine } from '../../src/engine/duckdb.ts';
import { identifier } from '../../src/engine/quote.ts';
import { openTableSource } from '../../src/engine/source.ts';
import { profileDirectory } from '../../src/profile/dataset/profile-directory.ts';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import { directReader } from '../../src/profile/reading/direct-reader.ts';
import { dataFiles, folder } from '../profile/profiling.ts';
import { avro, avroFile, recordOf } from '../support/avro.ts';
import { example, tfRecords } from '../support/proto.ts';

/** The rows of a file as text, column by column. */
async function rowsOf(name: string, bytes: Uint8Array): Promise<Record<string, readonly (string | null)[]>> {
  const absolutePath = join(folder(), name);
  writeFileSync(absolutePath, bytes);
  const engine = await openEngine([absolutePath], { threads: 1, ordered: true });
  try {
    const { relation, columns } = await openTableSource(engine, [{ absolutePath, path: name }]);
    if (columns.length === 0) return {};
    const asked = columns.map(({ name: column }) => `to_json(${identifier(column)})::VARCHAR`);
    const values = await engine.query(`SELECT ${asked.join(', ')} FROM ${relation}`);
    return Object.fromEntries(
      columns.map(({ name: column }, index) => [column, values[index] as (string | null)[]]),
    );
  } finally {
    engine.close();
  }
}

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const float = fc.float({ noNaN: true, noDefaultInfinity: true });

test('tf.Examples of any kind are the rows that were written', async () => {
  const list = <T>(value: fc.Arbitrary<T>) => fc.option(fc.array(value, { minLength: 1, maxLength: 4 }));
  const row = fc.record({ t: list(text), i: list(integer) });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
      const records = rows.map(({ t, i }) => example({ ...(t && { t }), ...(i && { i }) }));
      const found = await rowsOf('a.tfrecord', tfRecords(...records));
      expect(found.t?.map(parsed)).toEqual(asColumn(rows.map(({ t }) => t)));
      // Beyond 2^53 JSON would lose digits.
      const written = asColumn(rows.map(({ i }) => i));
      expect(found.i).toEqual(
        written?.map((values) => values && `${Array.isArray(values) ? `[${values}]` : values}`),
      );
    }),
    { numRuns: 25 },
  );
});

/** Lists as a table has them: values where no list has another number of them than one. */
function asColumn<T>(lists: readonly (readonly T[] | null)[]): (T | readonly T[] | null)[] | undefined {
  if (lists.every((values) => values === null)) return undefined;
  const areValues = lists.every((values) => values === null || values.length === 1);
  return lists.map((values) => (areValues ? (values?.[0] ?? null) : values));
}

function parsed(json: string | null): unknown {
  return json === null ? null : JSON.parse(json);
}

test('records of Avro, nested and null, are the rows that were written', async () => {
  const type = recordOf({
    t: ['null', 'string'],
    f: { type: 'array', items: ['null', 'float'] },
    r: [
      'null',
      { type: 'record', name: 'R', fields: [{ name: 'a', type: { type: 'array', items: 'string' } }] },
    ],
  });
  const option = (value: Uint8Array | null) =>
    value === null ? avro.long(0) : Buffer.concat([avro.long(1), value]);
  const row = fc.record({
    t: fc.option(text),
    f: fc.array(fc.option(float), { maxLength: 4 }),
    r: fc.option(fc.record({ a: fc.array(text, { maxLength: 3 }) })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (rows) => {
      const records = rows.map(({ t, f, r }) =>
        Buffer.concat([
          option(t === null ? null : avro.text(t)),
          avro.list(...f.map((value) => option(value === null ? null : avro.float(value)))),
          option(r === null ? null : avro.list(...r.a.map((value) => avro.text(value)))),
        ]),
      );
      const found = await rowsOf('a.avro', avroFile(type, records, 'deflate'));
      const values = (name: string) => found[name]!.map(parsed);
      expect(values('t')).toEqual(rows.map(({ t }) => t));
      expect(values('r')).toEqual(rows.map(({ r }) => r));
      expect(values('f')).toEqual(rows.map(({ f }) => f.map((value) => value && parsed(String(value)))));
    }),
    { numRuns: 25 },
  );
});

test('a feature that is a list in some files of a folder is one in all, as where they are read together', async () => {
  const files = dataFiles({
    'a.tfrecord': tfRecords(example({ n: [1n], t: ['x'] }), example({ t: ['y'] })),
    'b.tfrecord': tfRecords(example({ n: [1n, 2n] }), example({ n: [3n], only: [1] })),
    'c.tfrecord': '',
  });
  const [apart] = (await profileDirectory(files, directReader)).tables;
  const [together] = (await profileFiles(files)).tables;
  // Where a column stands in its file is told only where files differ in it.
  const byPath = (table: typeof apart) =>
    table!.features
      .map(({ position: _, ...feature }) => feature)
      .sort((x, y) => x.path.join().localeCompare(y.path.join()));
  expect(apart!.rows).toBe(4);
  expect(byPath(apart)).toEqual(byPath(together));
});
