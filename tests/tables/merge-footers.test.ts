import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareFooters } from '../../src/profile/footers/compare.ts';
import { decodeFooters, encodeFooters } from '../../src/profile/footers/format.ts';
import { FooterMerger } from '../../src/tables/merge-footers.ts';
import type { ColumnBounds, ParquetFile } from '../../src/tables/model.ts';

const LONG = { is: 'long' } as const;
const values = fc.array(fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), { maxLength: 6 });

/** A file of one column, or of none, whose footer may be silent. */
interface Sample {
  readonly values: readonly (bigint | null)[];
  readonly silent: 'nulls' | 'min' | 'max' | 'column' | undefined;
}

const sample: fc.Arbitrary<Sample> = fc.record({
  values,
  silent: fc.option(fc.constantFrom('nulls', 'min', 'max', 'column'), { nil: undefined, freq: 8 }),
});

function fileOf({ values: all, silent }: Sample): ParquetFile {
  const known = all.filter((value) => value !== null).sort((a, b) => (a < b ? -1 : 1));
  const bounds: ColumnBounds = {
    ...{ path: ['a'], type: LONG },
    ...(silent !== 'nulls' && { nulls: all.length - known.length }),
    ...(silent !== 'min' && known.length > 0 && { min: String(known[0]) }),
    ...(silent !== 'max' && known.length > 0 && { max: String(known.at(-1)) }),
  };
  const isThere = silent !== 'column';
  return {
    rows: all.length,
    columns: isThere ? [{ name: 'a', type: LONG }] : [],
    bounds: isThere ? [bounds] : [],
    hasFieldIds: false,
  };
}

function merged(files: readonly ParquetFile[]) {
  const merger = new FooterMerger();
  for (const [at, file] of files.entries()) merger.add(`day=${at}/x.parquet`, file);
  return decodeFooters(encodeFooters(merger.statistics), 'these');
}

test('what footers say together is exact or absent, and never false, in any order of the files', () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 6 }), (samples) => {
      const files = samples.map(fileOf);
      const { tables } = merged(files);
      const rows = samples.reduce((sum, one) => sum + one.values.length, 0);
      expect(tables).toMatchObject([{ name: '', rows, files: files.length }]);
      const column = tables[0]!.columns.find(({ path }) => path[0] === 'a');
      const seen = samples.flatMap((one) => (one.silent === 'column' ? [] : one.values));
      const present = seen.filter((value) => value !== null);
      if (column?.nulls !== undefined) expect(column.nulls).toBe(rows - present.length);
      for (const value of present) {
        if (column?.min !== undefined) expect(BigInt(column.min) <= value).toBe(true);
        if (column?.max !== undefined) expect(BigInt(column.max) >= value).toBe(true);
      }
      const isSilent = samples.some(({ silent }) => silent !== undefined);
      if (!isSilent && present.length > 0)
        expect(
          [column!.min, column!.max].every((bound) => present.some((value) => String(value) === bound)),
        ).toBe(true);
      const back = merged([...files].reverse());
      expect(compareFooters({ ...back, tables }, back).filter(({ path }) => path[0] === 'a')).toEqual([]);
    }),
  );
});

test('columns of different types have no bounds, unless both are whole numbers', () => {
  const file = (is: 'integer' | 'long' | 'string', min: string, max: string): ParquetFile => ({
    rows: 2,
    columns: [{ name: 'a', type: { is } }],
    bounds: [{ path: ['a'], type: { is }, nulls: 0, min, max }],
    hasFieldIds: false,
  });
  const whole = merged([file('integer', '9', '10'), file('long', '-10', '9')]).tables[0]!.columns[0];
  expect(whole).toEqual({ path: ['a'], type: 'integer | long', nulls: 0, min: '-10', max: '10' });
  const mixed = merged([file('integer', '9', '10'), file('string', '1', '2'), file('long', '1', '2')]);
  expect(mixed.tables[0]!.columns[0]).toEqual({ path: ['a'], type: 'integer | long | string', nulls: 0 });
});

test('what no footer may say is refused, and so is what varve did not write', () => {
  for (const rows of [-1, 0.5, Number.NaN, 2 ** 53])
    expect(() => merged([{ rows, columns: [], bounds: [], hasFieldIds: false }])).toThrow(RangeError);
  // More nulls than rows are none that count.
  const lying = { path: ['a'], type: LONG, nulls: 9, min: '1', max: '1' };
  const { columns } = merged([
    { rows: 1, columns: [{ name: 'a', type: LONG }], bounds: [lying], hasFieldIds: false },
  ]).tables[0]!;
  expect(columns[0]).toEqual({ path: ['a'], type: 'long', min: '1', max: '1' });
  const good = merged([fileOf({ values: [1n], silent: undefined })]);
  expect(() => decodeFooters(encodeFooters({ ...good, varveFooters: 2 as 1 }), 'x')).toThrow(/format 2/);
  for (const text of [
    '',
    'null',
    '[]',
    '{"varveProfile":1,"tables":[]}',
    '{"varveFooters":1}',
    '{"varveFooters":1,"tables":[{"name":"","files":1,"rows":-1,"columns":[]}]}',
    '{"varveFooters":1,"tables":[{"name":"","files":1,"rows":1,"columns":[{"path":"a","type":"long"}]}]}',
    '{"varveFooters":1,"tables":[{"name":"","files":1,"rows":1,"columns":[{"path":["a"],"type":"long","min":1}]}]}',
  ])
    expect(() => decodeFooters(Buffer.from(text), 'x'), text).toThrow(/not as varve writes/);
});
