import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../../src/engine/duckdb.ts';
import { encodingOf } from '../../../src/engine/formats/encoding.ts';
import { assertWhole } from '../../../src/engine/formats/whole.ts';
import { openTableSource } from '../../../src/engine/source.ts';
import type { SourceFile } from '../../../src/engine/source-file.ts';
import { readImageHeader } from '../../../src/profile/dataset/image-header.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import { digestOf } from '../../../src/store/format/digest.ts';
import { type FuzzTarget, law } from '../target.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'varve-fuzz-engine-')));

function file(name: string, input: Buffer): SourceFile & DataFile {
  const absolutePath = join(folder, name);
  writeFileSync(absolutePath, input);
  return { path: name, absolutePath, size: input.length, digest: digestOf(input) };
}

/** As a command opens a table; the engine itself is native, so that no coverage guides what is tried here. */
function table(name: string, words: readonly string[]): FuzzTarget {
  return {
    words,
    slow: true,
    async read(input) {
      const source = file(name, input);
      const engine = await openEngine([source.absolutePath], { threads: 1 });
      try {
        const { relation } = await openTableSource(engine, [source]);
        await engine.query(`SELECT count(*) FROM ${relation}`);
      } finally {
        engine.close();
      }
    },
  };
}

/** Of data files. */
export const engineTargets: Record<string, FuzzTarget> = {
  encoding: {
    read: (input) => law(encodingOf(file('a.csv', input)).startsWith('utf-'), 'an encoding has a name'),
  },
  gzip: { read: (input) => assertWhole(file('a.csv.gz', input)) },
  zstd: { read: (input) => assertWhole(file('a.csv.zst', input)) },
  image: {
    words: [
      '\x89PNG\r\n\x1a\n',
      'IHDR',
      '\xff\xd8\xff\xe0',
      'JFIF',
      'Exif\0\0',
      'II*\0',
      'MM\0*',
      'RIFF',
      'WEBPVP8 ',
      'GIF89a',
      'ftypavif',
      'meta',
      '<svg width="1"',
      'jP  ',
      'icns',
      '8BPS',
    ],
    read: (input) => readImageHeader(file('a.png', input)),
  },
  csv: table('a.csv', [
    ',',
    ';',
    '\t',
    '"',
    '""',
    '\r\n',
    '\n',
    'NULL',
    '1e5',
    '2020-01-01',
    '#',
    '\\',
    'a,b\n',
  ]),
  json: table('a.json', [
    '{',
    '}',
    '[',
    ']',
    '":',
    '"a"',
    'null',
    '1e999',
    '\\u0000',
    '\\ud800',
    ',',
    '[[[[[[',
  ]),
  jsonl: table('a.jsonl', ['{', '}', '[', ']', '":', '"a"', 'null', '1e999', '\\u0000', '\n', ',', '{"a":']),
  arrow: table('a.arrow', ['ARROW1', '\xff\xff\xff\xff']),
  parquet: table('a.parquet', ['PAR1', 'PARE']),
};
