import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../../src/engine/duckdb.ts';
import { encodingOf } from '../../../src/engine/formats/text/encoding.ts';
import { recordKindOf } from '../../../src/engine/formats/tfrecord/record-kind.ts';
import { assertWhole } from '../../../src/engine/formats/whole.ts';
import { openTableSource } from '../../../src/engine/source.ts';
import type { SourceFile } from '../../../src/engine/source-file.ts';
import { readImageHeader } from '../../../src/profile/dataset/image-header.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import { writeTfRecord } from '../../../src/schema/tfdv/tfrecord.ts';
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

const TFRECORD_WORDS = [
  '\x0a\x05\x0a\x03\x0a\x01a',
  '\x12\x03\x0a\x01x',
  '\x12\x04\x1a\x02\x0a\0',
  '\x12\x06\x12\x04\x0d',
  '\x32\x08',
  '\x22\x04',
  '\x2a\x02',
  '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01',
];

/** The input is one record, whose checksums hold. */
function framed({ read, ...rest }: FuzzTarget): FuzzTarget {
  return { ...rest, read: (input) => read(writeTfRecord(input)) };
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
  tfrecord: framed(table('a.tfrecord', TFRECORD_WORDS)),
  'tfrecord-frames': table('b.tfrecord', [
    '\x1f\x8b\x08',
    '\x78\x9c',
    '\x10\0\0\0\0\0\0\0',
    '\xff\xff\xff\xff',
  ]),
  'tfrecord-kind': {
    words: TFRECORD_WORDS,
    read: (input) => {
      const kind = recordKindOf(input, 0, input.length);
      law(
        kind === undefined || recordKindOf(input.subarray(0, 20), 0, input.length) !== undefined,
        'a beginning tells no less',
      );
    },
  },
  avro: table('a.avro', [
    'Obj\x01',
    'avro.schema',
    'avro.codec',
    'deflate',
    'snappy',
    'zstandard',
    '"type":"record"',
    '"type":"array","items":',
    '"type":"map","values":',
    '"type":"enum","symbols":',
    '"type":"fixed","size":',
    '"logicalType":"decimal","precision":',
    '["null",',
    '"name":"a"',
    '"fields":[',
    '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01',
  ]),
  arrow: table('a.arrow', ['ARROW1', '\xff\xff\xff\xff']),
  parquet: table('a.parquet', ['PAR1', 'PARE']),
};
