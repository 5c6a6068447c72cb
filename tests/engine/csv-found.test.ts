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

  // As long as one or two characters of UTF-16 would be: what follows a cut one was taken from memory.
  test.each(['a\0z\n', 'a\0zz\n', 'a\0,b\n', '\0a,b\n', 'a,b\0\n', 'a,b\0', 'a\0b\0c\n', 'a\0zz\n1\n'])(
    'a NUL in a short header is no sign of UTF-16: %j',
    async (text) => {
      await expect(tableOf('a.csv', text)).rejects.toMatchObject({
        code: 'table-unreadable',
        message: expect.stringContaining('a.csv: a NUL is in the name of'),
      });
    },
  );

  test('UTF-16 is read with and without its mark, and refused where it is cut within a character', async () => {
    const utf16 = (text: string) => Buffer.from(text, 'utf16le');
    const chinese = 'a,b\n上海,2\n北京,3\n';
    for (const text of [`\ufeff${chinese}`, chinese]) {
      expect(facts(await tableOf('a.csv', utf16(text)))).toEqual([
        2,
        ['a', 'string', '上海', '北京'],
        ['b', 'integer', '2', '3'],
      ]);
      for (const header of [text.split('\n')[0]!, `${text.split('\n')[0]!}\n`])
        expect((await tableOf('a.csv', utf16(header))).features).toHaveLength(2);
      await expect(tableOf('a.csv', utf16(text).subarray(0, -1))).rejects.toMatchObject({
        code: 'table-unreadable',
        message: 'a.csv: it is cut in the middle of its last character, as UTF-16 has it',
      });
    }
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
    ['comments, then prose', '# source: x\n# made, by y\nThe data of the year, as found\n', 3],
    ['prose, then a blank line', 'The data of the year, as found\n\n', 2],
    ['comments, prose, a blank line', '# made, by y\nThe year, as found\n\n', 3],
  ])('%s is left out, and told', async (_, head, lines) => {
    const table = await tableOf('a.csv', `${head}a,b,c\n1,x,2\n3,y,4\n`);
    expect(facts(table)).toEqual(abc);
    expect(table.skippedLines).toBe(lines);
  });

  test.each([
    ['prose without a mark between it and the header', 'The year, as found\na,b,c\n1,x,2\n'],
    ['a table of its own', 'a, b\n1, 2\n\na,b,c\n1,x,2\n3,y,4\n'],
    ['a head of prose', `Id: LNS1\n\nTitle: rate\n\nid,year,value,\n${'LNS1,1959,5.8\n'.repeat(20)}`],
    ['lines of data', '# made by y\n1,x\na,b,c\n1,x,2\n3,y,4\n'],
  ])('%s is not left out in silence', async (_, text) => {
    await expect(tableOf('a.csv', text)).rejects.toMatchObject({ code: 'line-ragged' });
  });

  test('numbers with a plus sign are text', async () => {
    expect(facts(await tableOf('a.csv', 'a,b\n+5,1\n6,2\n'))[1]).toEqual(['a', 'string', '+5', '6']);
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

describe('a record with an empty field more than the header', () => {
  const rows = '1,x\n2,y\n'.repeat(15_000);

  test.each([
    ['at the end', 'a,b\n1,x\n2,y,\n', 3],
    ['at the end, without a line end', 'a,b\n1,x\n2,y,', 3],
    ['far behind', `a,b\r\n${rows.replaceAll('\n', '\r\n')}3,z,\r\n4,\r\n`, 30_002],
    ['behind quoted line breaks', 'a;b\n1;"x;\ny;z;"\n2;"y"\n3;z;\n', 5],
    ['behind blank lines', `\n\na,b\n${rows}3,z,\n4,\n`, 30_004],
    ['behind a title', 'Title\n\na,b,c\n1,x,\n2,y,,\n', 5],
  ])('%s is refused, and named', async (_, text, line) => {
    const columns = text.startsWith('Title') ? 3 : 2;
    await expect(tableOf('a.csv', text)).rejects.toMatchObject({
      code: 'line-ragged',
      message: `a.csv, line ${line}: more fields than the ${columns} of the header`,
    });
  });

  test('compressed, too', async () => {
    await expect(tableOf('a.csv.gz', gzipSync(`a,b\n${rows}3,z,\n`))).rejects.toMatchObject({
      message: 'a.csv.gz, line 30002: more fields than the 2 of the header',
    });
  });

  test.each([
    ['every record ends with a delimiter', 'a,b\n1,x,\n2,y,\n'],
    ['the last column is empty', 'a,b\n1,\n2,\n'],
    ['text in quotes ends with one', 'a,b\n1,"x, y, z,\nu, v,"\n2,"w,"\n'],
    ['single quotes', "a,b\n'1, 2, 3',\n'4, 5',\n"],
  ])('%s: is read', async (_, text) => {
    expect((await tableOf('a.csv', text)).rows).toBe(2);
  });
});

describe('nanoseconds keep their digits, and none rounds up to the next day', () => {
  const valuesOf = (table: TableProfile, name: string) => {
    const { type, time, values } = feature(table, name);
    return [type, time?.min, time?.max, values.values.length];
  };
  const day = ['time', '00:00:00.000000001', '23:59:59.999999999', 3];

  test('CSV', async () => {
    const rows = [
      '23:59:59.999999999,2024-12-31 23:59:59.999999999,2024-12-31 23:59:59.999999999+01:00,10:00:00.5,0001-01-01 00:00:00.000000001',
      '00:00:00.000000001,2024-01-01 00:00:00.000000001,2024-01-01 00:00:00+00:00,,9999-12-31 00:00:00',
      '00:00:00.000000999,2024-01-01 00:00:00.000000002,,11:00:00.25,',
    ];
    const table = await tableOf('a.csv', `t,u,z,m,far\n${rows.join('\n')}\n`);
    expect(valuesOf(table, 't')).toEqual(day);
    expect(valuesOf(table, 'u')).toEqual([
      'timestamp',
      '2024-01-01T00:00:00.000000001',
      '2024-12-31T23:59:59.999999999',
      3,
    ]);
    expect(valuesOf(table, 'z')).toEqual([
      'timestamp',
      '2024-01-01T00:00:00.000000000Z',
      '2024-12-31T22:59:59.999999999Z',
      2,
    ]);
    expect(valuesOf(table, 'm')).toEqual(['time', '10:00:00.5', '11:00:00.25', 2]);
    expect(valuesOf(table, 'far')).toEqual(['string', undefined, undefined, 2]);
  });

  test('CSV whose first lines have none', async () => {
    const plain = '10:00:00,2024-01-01 10:00:00\n'.repeat(21_000);
    const table = await tableOf(
      'a.csv',
      `t,u\n${plain}23:59:59.999999999,2024-01-01 10:00:00.123456\n00:00:00.000000001,\n`,
    );
    expect(valuesOf(table, 't')).toEqual(day);
    expect(valuesOf(table, 'u').slice(0, 3)).toEqual([
      'timestamp',
      '2024-01-01T10:00:00.000000',
      '2024-01-01T10:00:00.123456',
    ]);
  });

  test('JSON Lines, within objects and lists too', async () => {
    const lines = ['23:59:59.999999999', '00:00:00.000000001', '00:00:00.000000999'].map((at) =>
      JSON.stringify({ t: at, o: { l: [at] }, s: '10:00:00.5' }),
    );
    const table = await tableOf('a.jsonl', `${lines.join('\n')}\n`);
    expect(valuesOf(table, 't')).toEqual(day);
    expect(valuesOf(table, 'o.l.[]')).toEqual(day);
    expect(valuesOf(table, 's')).toEqual(['time', '10:00:00.5', '10:00:00.5', 1]);
  });
});
