import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VarveError } from '../../src/errors.ts';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import type { Profile } from '../../src/profile/model/model.ts';
import { dataFiles, folder, tableOf } from '../profile/profiling.ts';

/** Reads a file, whatever it is: a profile, or an error about this file that anybody can read. */
async function read(name: string, content: string | Uint8Array): Promise<Profile | VarveError> {
  const files = dataFiles({ [name]: content });
  try {
    return await profileFiles(files);
  } catch (error) {
    expect(error, `${name}: ${String(error)}`).toBeInstanceOf(VarveError);
    const { message, remedy, path, code } = error as VarveError;
    expect(message, name).toMatch(new RegExp(`^${name.replaceAll('.', '\\.')}(?::|, line \\d+:) `));
    expect(path).toBe(name);
    expect(code).not.toBe('defect');
    expect(message).not.toContain(files[0]!.absolutePath.slice(0, -name.length));
    expect(`${message}\n${remedy}`).not.toMatch(ENGINES_OWN);
    return error as VarveError;
  }
}

/** What DuckDB, zlib and apache-arrow say of themselves, and advice that varve has no option for. */
const ENGINES_OWN =
  /defect|DuckDB|\b\w+ Error:|sniff|ignore_errors|null_padding|strict_mode|all_varchar|read_csv|read_json|auto-?detect|maximum_object_size|frame descriptor|GZIP stream|incorrect header|unnamed struct|identifier at or near|offset is outside|is not a function|of undefined|flatbuffer/i;

const CSV = `id,name\n${Array.from({ length: 60 }, (_, row) => `${row},n${row}`).join('\n')}\n`;
const RECORDS = Array.from({ length: 60 }, (_, row) => ({ id: row, name: `n${row}`, list: [row] }));
const JSON_LINES = RECORDS.map((record) => JSON.stringify(record)).join('\n');

async function parquet(): Promise<Uint8Array> {
  const path = join(folder(), 'a.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT i AS id, 'n' || i AS name FROM range(60) t(i)) TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  return readFileSync(path);
}

async function wholeFiles(): Promise<Record<string, Uint8Array>> {
  const arrow = tableFromArrays({ id: RECORDS.map(({ id }) => id), name: RECORDS.map(({ name }) => name) });
  return {
    'a.csv': Buffer.from(CSV),
    'a.tsv': Buffer.from(CSV.replaceAll(',', '\t')),
    'a.json': Buffer.from(JSON.stringify(RECORDS)),
    'a.jsonl': Buffer.from(JSON_LINES),
    'a.csv.gz': gzipSync(CSV),
    'a.jsonl.gz': gzipSync(JSON_LINES),
    'a.parquet': await parquet(),
    'a.arrow': tableToIPC(arrow, 'file'),
    'b.arrows': tableToIPC(arrow, 'stream'),
  };
}

test('every format under every name, empty, and random', async () => {
  const whole = await wholeFiles();
  for (const [name, content] of Object.entries(whole)) {
    expect(await read(name, content), name).toMatchObject({ tables: [{ rows: 60 }] });
    await read(name, new Uint8Array());
    await read(name, randomBytes(5000));
    for (const [other, bytes] of Object.entries(whole)) if (other !== name) await read(name, bytes);
  }
}, 240_000);

test('cut anywhere', async () => {
  const whole = Object.entries(await wholeFiles());
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (which, share) => {
        const [name, content] = whole[which]!;
        await read(name, content.subarray(0, Math.floor(share * content.length)));
      },
    ),
    { numRuns: 60 },
  );
}, 240_000);

test.each([
  ['two.jsonl', '{"a":1,"a":2}\n', /^two\.jsonl, line 1: an object has the key "a" twice$/],
  [
    'case.jsonl',
    '{"s":{"a":1,"A":2}}\n{"s":{"a":1,"A":3}}\n',
    /^case\.jsonl: it has another key that differs from "a" in the same object by nothing but capital letters$/i,
  ],
  // Columns that begin behind blank lines or comments, and records that are no part of the table.
  [
    'blank-lines.csv',
    '\n\na,b\n1,2\n3\n',
    /^blank-lines\.csv, line 5: fewer fields than the 2 of the header$/,
  ],
  ['comments.csv', '# c\na;b\n# d\n1;2\n', /^comments\.csv, line 3: fewer fields than the 2 of the header$/],
  [
    'one-more.csv',
    '\na,b,c\n1,a,1.0\n2,b,2.0,\n3,c,3.0\n',
    /^one-more\.csv, line 4: more fields than the 3 of the header$/,
  ],
  // The reader comes to the end of it without a row and without a word.
  ['quotes.csv', '1;"a "b" c"\n2;"a "b" c"\n', /^quotes\.csv, line 1: a quote that is not closed$/],
  ['nameless.jsonl', '{"":1,"a":{"":2}}\n', /^nameless\.jsonl: /],
  ['nul.csv', '\0\0\0', /^nul\.csv: /],
  ['plain.csv.gz', CSV, /^plain\.csv\.gz: it is not gzip, as its name says$/],
  ['plain.csv.zst', CSV, /^plain\.csv\.zst: it is not zstd, as its name says$/],
  ['noise.csv', randomBytes(300_000), /^noise\.csv/],
])('%s is refused in words of its own', async (name, content, message) => {
  expect(await read(name, content)).toMatchObject({ message: expect.stringMatching(message) });
});

describe('words of the reader are not those of a path or a line', () => {
  const FOLDER = 'Error: line 3/when sniffing file, unicode, Out of Memory Error, LZ4 encrypted [x]';
  const ragged = 'a,b\n1,2\n3,4,5\n';

  test.each([
    ['a.csv', ragged, 'line-ragged', ', line 3: more fields than the 2 of the header'],
    [
      'Invalid Input Error: CSV Error on Line: 7.csv',
      ragged,
      'line-ragged',
      ', line 3: more fields than the',
    ],
    ['b.csv', '1;"a "b" c"\n2;"a "b" c"\n', 'line-ragged', ', line 1: a quote that is not closed'],
    [
      'c.csv',
      Buffer.from('a,b\n1,gr\xfcn\n', 'latin1'),
      'text-not-utf-8',
      ', line 2: the bytes are not UTF-8',
    ],
    ['d.csv.gz', 'a,b\n1,2\n', 'table-unreadable', ': it is not gzip, as its name says'],
    ['e.jsonl', '{"a":1}\n{"a":}\n', 'table-unreadable', ', line 2: '],
    ['f.json', '{"a":1,"a":2}', 'table-unreadable', ': an object has the key "a" twice'],
    ['g.parquet', 'PAR1', 'table-unreadable', ': it is cut or damaged, or not Parquet'],
    ['h.arrow', 'ARROW1', 'table-unreadable', ': it is cut or damaged, or not Arrow'],
  ])('%s', async (name, content, code, message) => {
    const path = `${FOLDER}/${name}`;
    await expect(tableOf(path, content)).rejects.toMatchObject({
      code,
      path,
      message: expect.stringMatching(new RegExp(`^${escaped(path)}.*${escaped(message)}`)),
    });
  });

  test.each([
    'invalid unicode, 4, 5',
    'Maximum line size of 1 bytes exceeded,4,5',
    '"unterminated quote\nCSV Error on Line: 77\nInvalid unicode\n",4,5',
    'Error when converting column "a". Could not,4,5',
  ])('the line itself: %j', async (line) => {
    await expect(tableOf('a.csv', `a,b\n1,2\n${line}\n3,4\n`)).rejects.toMatchObject({
      code: 'line-ragged',
      message: 'a.csv, line 3: more fields than the 2 of the header',
    });
  });
});

function escaped(text: string): string {
  return text.replace(/[[\].^$*+?(){}|\\]/g, '\\$&');
}

test('a time and a date in one column of JSON Lines are text, also where no line end follows the last', async () => {
  for (const end of ['', '\n'])
    for (const rows of [
      ['12:30:00', '2024-01-31'],
      ['12:30:00', '12:31:00', '2024-01-31'],
    ]) {
      const lines = rows.map((q, p) => JSON.stringify({ p, q, d: '2024-01-31' }));
      const { features } = await tableOf('a.jsonl', lines.join('\n') + end);
      expect(features.slice(0, 2).map(({ type }) => type)).toEqual(['integer', 'string']);
    }
});
