import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { distinctValues } from '../../src/profile/model/distinct-values.ts';
import type { TableProfile } from '../../src/profile/model/model.ts';
import { feature, tableOf } from '../profile/profiling.ts';

/** Rows, then each column with its type and its values in order. */
const facts = (table: TableProfile) => [
  table.rows,
  ...table.features.map(({ path, type, values }) => [
    path[0],
    type,
    ...values.values.map(([value]) => value).sort(),
  ]),
];

const AB = [3, ['a', 'integer', '1', '2', '3'], ['b', 'string', 'x', 'y', 'z']];

describe('line ends and quotes, as pandas reads them', () => {
  test.each([
    ['LF and CRLF', 'a,b\n1,x\r\n2,y\n3,z\r\n'],
    ['CRLF and LF', 'a,b\r\n1,x\n2,y\r\n3,z\n'],
    ['CR and LF', 'a,b\r1,x\n2,y\r\n3,z\n'],
    ['CR', 'a,b\r1,x\r2,y\r3,z\r'],
  ])('%s', async (_, text) => {
    expect(facts(await tableOf('a.csv', text))).toEqual(AB);
    expect(facts(await tableOf('a.tsv', text.replaceAll(',', '\t')))).toEqual(AB);
  });

  test('ends that change behind the rows that types are told from', async () => {
    const line = (row: number) => `${row},v${row % 7}${row < 25_000 ? '\n' : '\r\n'}`;
    const table = await tableOf(
      'a.csv',
      `a,b\n${Array.from({ length: 30_000 }, (_, row) => line(row)).join('')}`,
    );
    expect([table.rows, feature(table, 'a').numeric?.max]).toEqual([30_000, '29999']);
    expect(feature(table, 'b').values.values.map(([value]) => value)).toHaveLength(7);
  });

  test.each([
    ['CRLF within, CRLF without', '\r\n', '\r\n'],
    ['LF within, CRLF without', '\n', '\r\n'],
    ['CRLF within, LF without', '\r\n', '\n'],
  ])('quoted line breaks: %s', async (_, within, without) => {
    const lines = ['a,b', `1,"x${within}y"`, `2,"p${within}, ""q"""`, '3,z'];
    const table = await tableOf('a.csv', lines.map((line) => line + without).join(''));
    expect(facts(table)).toEqual([
      3,
      ['a', 'integer', '1', '2', '3'],
      ['b', 'string', `p${within}, "q"`, `x${within}y`, 'z'],
    ]);
  });

  test('quoted line breaks stay as they are where lines end in several ways', async () => {
    const table = await tableOf('a.csv', 'a,b\n1,"x\r\ny"\r\n2,"p\nq"\n3,6" pipe\r\n');
    expect(facts(table)).toEqual([
      3,
      ['a', 'integer', '1', '2', '3'],
      ['b', 'string', '6" pipe', 'p\nq', 'x\r\ny'],
    ]);
  });

  test('lines at fault are named where lines end in several ways, too', async () => {
    await expect(tableOf('a.csv', 'a,b\n1,x\r\n2,y,9\n3,z\r\n')).rejects.toMatchObject({
      code: 'line-ragged',
      message: 'a.csv, line 3: more fields than the 2 of the header',
    });
    await expect(tableOf('a.csv', 'a,b\n1,"x\r\n2,y\n3,z\r\n')).rejects.toMatchObject({ path: 'a.csv' });
  });

  // The kind of DuckDB's quotednewlines.csv: 10,100 rows to pandas.
  test('an apostrophe in the header is no quote', async () => {
    const rows = `${'7,world\n'.repeat(1000)}${'8,"h\n1,e\n2,o"\n'.repeat(10)}`;
    const table = await tableOf('a.csv', `i,'world'\n${rows}`);
    expect(facts(table)).toEqual([
      1010,
      ['i', 'integer', '7', '8'],
      ["'world'", 'string', 'h\n1,e\n2,o', 'world'],
    ]);
  });

  test('single quotes are quotes where they are around all values', async () => {
    const table = await tableOf('a.csv', "a,b\n1,'x, y'\n2,'z'\n");
    expect(facts(table)).toEqual([2, ['a', 'integer', '1', '2'], ['b', 'string', 'x, y', 'z']]);
  });

  // The kind of DuckDB's big_escape.csv (10 rows) and new_line_string.csv (3 rows), which pandas reads so if it is told the delimiter.
  test('records of several lines without a header', async () => {
    const escaped = await tableOf('a.csv', `${'199;1000;"a ""\n;a ""\n10"\n'.repeat(10)}`);
    expect([escaped.rows, feature(escaped, 'column2').values.values]).toEqual([10, [['a "\n;a "\n10', 10]]]);
    const broken = await tableOf('a.csv', '1|6|"p1"\r\n10|2|"p2\r\nbla\r\nbla"\r\n100|3|"p3"');
    expect([broken.rows, feature(broken, 'column0').numeric?.max]).toEqual([3, '100']);
  });
});

describe('what is not plain text in UTF-8', () => {
  test('gzip under the name of a CSV is read, and damage to it is found', async () => {
    const bytes = gzipSync('a,b\n1,x\n2,y\n3,z\n');
    expect(facts(await tableOf('a.csv', bytes))).toEqual(AB);
    await expect(tableOf('a.csv', bytes.subarray(0, -4))).rejects.toMatchObject({ code: 'table-unreadable' });
    const lines = gzipSync('{"a":1}\n{"a":2}\n');
    expect((await tableOf('a.jsonl', lines)).rows).toBe(2);
  });

  test('ZIP is refused in a sentence', async () => {
    const zip = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60)]);
    await expect(tableOf('a.csv', zip)).rejects.toMatchObject({
      code: 'table-unreadable',
      message: 'a.csv: it is a ZIP archive, not text',
      remedy: expect.stringContaining('Unpack it'),
    });
  });

  test('a NUL in a header is named, and one in a value is a character', async () => {
    await expect(tableOf('a.csv', 'a\0z,b\n1,x\n2,y\n')).rejects.toMatchObject({
      code: 'table-unreadable',
      message: expect.stringContaining('a NUL is in the name of "a\\u0000z"'),
    });
    const table = await tableOf('a.csv', 'a,b\n1,x\0y\n');
    expect(feature(table, 'b').values.values).toEqual([['x\0y', 1]]);
  });
});

describe('delimiters and lines before the header', () => {
  const abc = [2, ['a', 'integer', '1', '3'], ['b', 'string', 'x', 'y'], ['c', 'integer', '2', '4']];

  test.each([':', '^'])('%s', async (mark) => {
    const text = ['a,b,c', '1,x,2', '3,y,4'].join('\n').replaceAll(',', mark);
    expect(facts(await tableOf('a.csv', text))).toEqual(abc);
  });

  test('a mark that only some lines have is text', async () => {
    const table = await tableOf('a.csv', 'at: when\n10:20 sharp\nlater\n');
    expect(facts(table)).toEqual([2, ['at: when', 'string', '10:20 sharp', 'later']]);
    expect((await tableOf('a.csv', 'time\n10:20\n11:30\n')).features).toHaveLength(1);
  });

  test.each([
    ['a title', 'Sales of the year\n', 1],
    ['a title and a blank line', 'Sales\nmade in 2024\n\n', 3],
    ['a comment', '# made by a program\n', 1],
  ])('%s is left out, and told', async (_, head, lines) => {
    const table = await tableOf('a.csv', `${head}a,b,c\n1,x,2\n3,y,4\n`);
    expect(facts(table)).toEqual(abc);
    expect(table.skippedLines).toBe(lines);
  });

  test('nothing else is left out', async () => {
    const header = await tableOf('a.csv', '#a,b\n1,x\n2,y\n3,z\n');
    expect([header.rows, header.features[0]!.path, header.skippedLines]).toEqual([3, ['#a'], undefined]);
    const within = await tableOf('a.csv', 'a,b\n1,x\n# no, row\n');
    expect(feature(within, 'a').values.values.map(([value]) => value)).toContain('# no');
    await expect(tableOf('a.csv', 'a,b\n1,x\n# no row\n2,y\n')).rejects.toMatchObject({
      message: 'a.csv, line 3: fewer fields than the 2 of the header',
    });
  });
});

describe('JSON', () => {
  test.each([
    ['cut', '{"a":1}\n{"a":2}\n{"a":\n{"a":4}\n', 3],
    ['cut at the end', '{"a":1}\n{"a":2}\n{"a":3', 3],
    ['garbage behind', '{"a":1}\n{"a":2} x\n{"a":4}\n', 2],
    ['a key without quotes', '{"a":1}\n\n{a:2}\n', 3],
    ['a comma too many', '{"a":1}\n{"a":2,}\n', 2],
  ])('a line of JSON Lines at fault is named itself: %s', async (_, text, line) => {
    const message = expect.stringMatching(`^a.jsonl, line ${line}: `);
    await expect(tableOf('a.jsonl', text)).rejects.toMatchObject({ code: 'table-unreadable', message });
  });

  test.each([
    ['an array that is not closed', '["a",\n4\n,1,'],
    ['a comma before a bracket', '{"id":0,}'],
    ['a comma before a bracket, and white space', '[{"id":0}, \n ]'],
    ['two arrays', '[][]'],
    ['a value behind an object', '{"a": true} "x"'],
    ['a control character', '[\f]'],
    ['white space alone', ' '],
    ['nothing', ''],
  ])('what is no JSON is refused: %s', async (_, text) => {
    await expect(tableOf('a.json', text)).rejects.toMatchObject({ code: 'table-unreadable', path: 'a.json' });
  });

  test('brackets and commas in strings are text', async () => {
    const table = await tableOf('a.json', '[{"a": ",]", "b": "x\\",}"}, {"a": "[", "b": "\\\\"}]');
    expect([
      table.rows,
      feature(table, 'b')
        .values.values.map(([value]) => value)
        .sort(),
    ]).toEqual([2, ['\\', 'x",}']]);
  });
});

describe('no value is lost to a type that it is not of', () => {
  const zoned = '2024-03-08 01:25:58+02';
  const plain = '2024-03-08 01:25:58';

  test.each([
    ['a word among times with a zone', [...new Array<string>(25_000).fill(zoned), 'foo']],
    ['times of two forms, few', [plain, '03/10/2024 01:25:58']],
    ['times of two forms, more', [plain, plain, '03/10/2024 01:25:58', plain]],
    ['numbers that the reader takes for the year 1', ['1-2-3', '4-5-6']],
    ['infinite numbers, which the reader takes for dates', ['inf', 'inf']],
  ])('%s: text, as it is written', async (_, values) => {
    const table = await tableOf('a.csv', `a,b\n${values.map((value, row) => `${row},${value}\n`).join('')}`);
    const found = feature(table, 'b');
    expect([table.rows, found.type, found.nulls]).toEqual([values.length, 'string', 0]);
    expect(distinctValues(found)).toEqual({ count: new Set(values).size, exact: true });
  });

  test('times with a zone among nulls, and dates before our era, are what they were', async () => {
    const rows = [`,0044-03-15 (BC)`, `${plain} UTC,`, `${plain} Europe/Berlin,0044-03-16 (BC)`];
    const table = await tableOf('a.csv', `a,b\n${rows.join('\n')}\n${zoned},\n`);
    expect(feature(table, 'a')).toMatchObject({ type: 'timestamp', nulls: 1, present: 3 });
    expect(feature(table, 'b')).toMatchObject({ type: 'date', nulls: 2, time: { min: '0044-03-15 (BC)' } });
  });
});

describe('one column whose name or values hold delimiters in quotes', () => {
  test.each([
    ['"weight, kg"\n1\n2\n', 'weight, kg', 'integer', 2],
    ['"Smith, J"\n"Doe, K"\n"Roe, L"\n', 'Smith, J', 'string', 2],
    ['"two\nlines, one name"\n1\n', 'two\nlines, one name', 'integer', 1],
    ['text\nHello, world\nfoo\n', 'text', 'string', 2],
  ])('%j', async (text, name, type, rows) => {
    const table = await tableOf('a.csv', text);
    expect([table.rows, table.features.map(({ path }) => path), table.features[0]!.type]).toEqual([
      rows,
      [[name]],
      type,
    ]);
  });
});
