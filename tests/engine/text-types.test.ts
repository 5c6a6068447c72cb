import { describe, expect, test } from 'vitest';
import type { ColumnReading } from '../../src/engine/column-readings.ts';
import { feature, tableOf } from '../profile/profiling.ts';

const DAY_FIRST = '%d/%m/%Y';
const MONTH_FIRST = '%m/%d/%Y';

/** The column `d` of a CSV with these values. */
async function column(values: readonly string[], reading?: ColumnReading) {
  const text = `n,d\n${values.map((value, row) => `${row},${value}\n`).join('')}`;
  const table = await tableOf('a.csv', text, reading && { readings: new Map([['d', reading]]) });
  const { type, dateFormats, time, values: found } = feature(table, 'd');
  return {
    type,
    dateFormats,
    min: time?.min,
    max: time?.max,
    values: found.values.map(([value]) => value).sort(),
  };
}

describe('dates', () => {
  test('what may be read day first and month first stays text, and names both', async () => {
    expect(await column(['01/02/2024', '03/04/2024'])).toMatchObject({
      type: 'string',
      dateFormats: [DAY_FIRST, MONTH_FIRST],
      values: ['01/02/2024', '03/04/2024'],
    });
  });

  // As pandas.to_datetime with this format, and DuckDB's strptime, have it.
  test.each([
    ['14/02/2024', '01/02/2024', DAY_FIRST, '2024-02-01', '2024-02-14'],
    ['02/14/2024', '02/01/2024', MONTH_FIRST, '2024-02-01', '2024-02-14'],
    ['14.02.2024', '1.2.2024', '%d.%m.%Y', '2024-02-01', '2024-02-14'],
    ['2-14-24', '2-1-24', '%m-%d-%y', '2024-02-01', '2024-02-14'],
    [
      '02/14/2024 09:30',
      '02/01/2024 10:00',
      '%m/%d/%Y %H:%M',
      '2024-02-01T10:00:00.000000',
      '2024-02-14T09:30:00.000000',
    ],
    [
      '02/14/2024 09:30:05 PM',
      '02/01/2024 10:00:00 AM',
      '%m/%d/%Y %I:%M:%S %p',
      '2024-02-01T10:00:00.000000',
      '2024-02-14T21:30:05.000000',
    ],
  ])(
    'one value that can be read in one way decides for all: %s',
    async (clear, unclear, format, min, max) => {
      const type = format.includes('%M') ? 'timestamp' : 'date';
      expect(await column([unclear, clear])).toMatchObject({ type, dateFormats: [format], min, max });
      expect(await column([unclear, unclear])).toMatchObject({ type: 'string' });
    },
  );

  test('a value that decides may come late', async () => {
    const values = Array.from({ length: 30_000 }, (_, row) => (row === 29_000 ? '02/28/2024' : '01/02/2024'));
    expect(await column(values)).toMatchObject({ type: 'date', dateFormats: [MONTH_FIRST] });
  });

  test('two digits for the year are one reading more', async () => {
    expect((await column(['01/02/03', '04/05/06'])).dateFormats).toEqual([
      '%d/%m/%y',
      '%m/%d/%y',
      '%y/%m/%d',
    ]);
    expect((await column(['01/02/24', '04/05/2024'])).type).toBe('string');
  });

  test('the year first needs no guess, and guesses for another column do not touch it', async () => {
    const table = await tableOf(
      'a.csv',
      'u,i,t\n02/14/2024,2024-01-02,2024-01-02T10:00:00Z\n01/02/2024,2024-05-01,2024-01-02T10:00:00+02:00\n',
    );
    expect(
      table.features.map(({ type, engineType, dateFormats }) => [type, engineType, dateFormats]),
    ).toEqual([
      ['date', 'DATE', [MONTH_FIRST]],
      ['date', 'DATE', undefined],
      ['timestamp', 'TIMESTAMP WITH TIME ZONE', undefined],
    ]);
    expect(await column(['2024/01/02', '2024/03/04'])).toMatchObject({ type: 'date', min: '2024-01-02' });
  });

  test('lines that cannot be split as they stand are left to the reader', async () => {
    const quoted = await tableOf('a.csv', 'n,d\n"a,2024-01-02",14/02/2024\n"b,2024-01-02",15/02/2024\n');
    expect(feature(quoted, 'd')).toMatchObject({ type: 'date', dateFormats: [DAY_FIRST] });
    const late = await tableOf('a.csv', `n,d\n${'1,NA\n'.repeat(200)}1,2024-01-02\n`);
    expect(feature(late, 'd')).toMatchObject({ type: 'date', nulls: 200 });
  });

  test('columns of one file may each have a format of their own', async () => {
    const table = await tableOf('a.csv', 'u,e\n02/14/2024,14.02.2024\n01/02/2024,01.02.2024\n');
    expect(table.features.map(({ dateFormats, time }) => [dateFormats, time?.min])).toEqual([
      [[MONTH_FIRST], '2024-01-02'],
      [['%d.%m.%Y'], '2024-02-01'],
    ]);
  });

  test('dates that no format fits are text', async () => {
    expect(await column(['02/14/2024', '14/02/2024'])).toMatchObject({
      type: 'string',
      dateFormats: undefined,
    });
    expect(await column(['30/02/2024', '01/02/2024'])).toMatchObject({ type: 'string' });
  });

  test('a format that is given decides', async () => {
    const values = ['01/02/2024', '03/04/2024'];
    expect(await column(values, { format: MONTH_FIRST })).toMatchObject({
      type: 'date',
      min: '2024-01-02',
      max: '2024-03-04',
    });
    expect(await column(values, { format: DAY_FIRST })).toMatchObject({
      min: '2024-02-01',
      max: '2024-04-03',
    });
    expect(await column(['20240102', '20240304'], { format: '%Y%m%d' })).toMatchObject({
      type: 'date',
      min: '2024-01-02',
    });
    expect(await column(['2 Jan 2024 9h', ''], { format: '%d %b %Y %Hh' })).toMatchObject({
      type: 'timestamp',
      min: '2024-01-02T09:00:00.000000',
    });
  });

  test('a format that does not fit, or is none, is refused', async () => {
    await expect(column(['01/02/2024', '03/14/2024'], { format: DAY_FIRST })).rejects.toMatchObject({
      code: 'date-format-unfit',
      message: 'a.csv: "03/14/2024" in the column d is not of the format %d/%m/%Y',
    });
    await expect(column(['01/02/2024'], { format: '%Q' })).rejects.toMatchObject({
      code: 'date-format-invalid',
    });
  });
});

describe('truth values', () => {
  // The spellings that pandas.read_csv makes booleans of.
  test.each([
    ['true', 'false'],
    ['True', 'False'],
    ['TRUE', 'FALSE'],
    ['true', 'FALSE'],
  ])('%s and %s', async (yes, no) => {
    expect(await column([yes, no, ''])).toMatchObject({ type: 'boolean', values: ['false', 'true'] });
  });

  test.each([
    ['NO'],
    ['no'],
    ['t', 'f'],
    ['y', 'n'],
    ['Yes', 'No'],
    ['on', 'off'],
    ['T'],
    ['true', 'no'],
    ['true', 'maybe'],
  ])('are not %s', async (...values) => {
    expect(await column(values)).toMatchObject({ type: 'string', values: [...values].sort() });
  });
});
