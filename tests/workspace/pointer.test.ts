import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { problemOfDataPath } from '../../src/base/files/data-path.ts';
import { VarveError } from '../../src/errors.ts';
import type { Digest } from '../../src/store/format/digest.ts';
import type { FileColumn } from '../../src/workspace/database-origin.ts';
import { metaInOrder, problemOfMeta } from '../../src/workspace/meta.ts';
import { formatPointer, type Pointer, parsePointer } from '../../src/workspace/pointer.ts';
import { formatOffsets, parseOffsets } from '../../src/workspace/topic-origin.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex): Digest => `sha256:${hex}`);
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !text.includes('/') && problemOfDataPath(text) === undefined);
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const ZEROS = `sha256:${'0'.repeat(64)}` as Digest;
const pointer: fc.Arbitrary<Pointer> = fc
  .record(
    {
      path: name,
      kind: fc.constantFrom('file', 'directory'),
      digest,
      bytes: count,
      files: count,
      executable: fc.constant(true),
      blocks: digest,
      rows: count,
      profile: digest,
      source: fc
        .tuple(
          fc.constantFrom('s3', 'minio', 'gs', 'azure', 'ssh', 'https', 'webhdfs'),
          fc.webSegment({ size: 'small' }),
          name,
        )
        .map(
          ([scheme, bucket, prefix]) =>
            `${scheme}://b${bucket.replaceAll(/[@:[\]]/g, '')}/${prefix.replaceAll(/[?#]/g, '')}`,
        ),
      meta: fc
        .dictionary(fc.stringMatching(/^[a-z][a-z-]{0,39}$/), fc.string({ unit: 'grapheme', minLength: 1 }), {
          minKeys: 1,
        })
        .map((meta) => metaInOrder(Object.entries(meta))!)
        .filter((meta) => problemOfMeta(meta) === undefined),
    },
    { requiredKeys: ['path', 'kind', 'digest', 'bytes', 'files'] },
  )
  .filter(({ blocks, source }) => blocks === undefined || source === undefined);

test('what is written is read back, with any line ends, and is YAML that says the same', () => {
  fc.assert(
    fc.property(pointer, (written) => {
      const text = formatPointer(written);
      const where = `data/${written.path}.varve`;
      expect(parsePointer(text, where)).toEqual(written);
      expect(parsePointer(`# a remark\n\n${text.replaceAll('\n', '\r\n')}`, where)).toEqual(written);
      const { meta = {}, ...facts } = written;
      const said = Object.entries(meta).map(([key, value]) => [`meta-${key}`, value]);
      const isElsewhere = !/^(s3|minio):|^$/.test(written.source ?? '');
      const version = isElsewhere ? 5 : said.length > 0 ? 4 : written.blocks === undefined ? 1 : 3;
      expect(parse(text)).toEqual({ varve: version, ...facts, ...Object.fromEntries(said) });
    }),
  );
});

test('text from anywhere is a pointer or an error that names the file', () => {
  const lines = fc.constantFrom(
    'varve: 1',
    'path: a',
    'kind: file',
    'digest: x',
    `digest: sha256:${'0'.repeat(64)}`,
    'bytes: 1',
    'files: 1',
    'rows: -1',
    'varve: 3',
    'varve: 4',
    'meta-license: MIT',
    'meta-: x',
    `blocks: sha256:${'0'.repeat(64)}`,
    '\0',
    'path: "\\u0000"',
    'path: "a',
    '<<<<<<< x',
    'source: "s3://b/p"',
    'source: s3://b/p',
    'varve: 5',
    'varve: 11',
    'table: iceberg',
    'table-version: "1"',
    'table-branch: dev',
    'table-at: "__proto__"',
    'source: "gs://b/p"',
    'source: "ssh://a@b/p"',
    'endpoint: http://evil',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(lines, { maxLength: 12 }).map((all) => all.join('\n')),
  );
  fc.assert(
    fc.property(text, (any) => {
      try {
        expect(parsePointer(any, 'a.varve').path).toBe('a');
      } catch (error) {
        if (!(error instanceof VarveError)) throw error;
        expect(error.message).toContain('a.varve');
      }
    }),
  );
});

test.each([
  'gs://b',
  'azure://b/a b',
  'ssh://ann@host:22/srv/a',
  'ssh://host/~/a',
  'sftp://host/a',
  'webhdfs://ann@host:9870/a',
  'https://host:8443/a',
  'http://[::1]:80/a',
])('a source of another server is a pointer of its own version: %j', (source) => {
  const facts = `path: a\nkind: file\ndigest: ${ZEROS}\nbytes: 1\nfiles: 1\nsource: "${source}"\n`;
  expect(parsePointer(`varve: 5\n${facts}`, 'a.varve').source).toBe(source);
  expect(parsePointer(`varve: 5\n${facts}meta-license: MIT\n`, 'a.varve').meta).toEqual({ license: 'MIT' });
  for (const version of [1, 2, 3, 4])
    expect(() => parsePointer(`varve: ${version}\n${facts}`, 'a.varve')).toThrow(/is not a pointer/);
  expect(() => parsePointer(`varve: 5\n${facts.replace(source, 's3://b')}`, 'a.varve')).toThrow(/`varve: 5`/);
});

test.each([
  'file:///etc',
  'kafka://b/x',
  'ssh://ann:hush@host/a',
  'ssh://host:x/a',
  'https://ann@host/a',
  'https://host/a?token=x',
  'gs://b:80/a',
  '/etc',
  's3://',
  's3:///etc',
  's3://b?endpoint=http://evil',
  's3://b#x',
  's3://@b/x',
  's3://key:secret@b/x',
  's3://key@b/x',
  's3://b/\u0000',
  's3://b/\n',
])('a source is a place on a server and nothing else: %j', (source) => {
  const text = `varve: 1\npath: a\nkind: directory\ndigest: sha256:${'0'.repeat(64)}\nbytes: 1\nfiles: 1\n`;
  expect(() => parsePointer(`${text}source: ${JSON.stringify(source)}\n`, 'a.varve')).toThrow(
    /`source` is not/,
  );
  expect(() => parsePointer(`${text}source: "s3://b"\nendpoint: http://evil\n`, 'a.varve')).toThrow(
    /no use for/,
  );
});

const plain: Pointer = { path: 'a', kind: 'file', digest: ZEROS, bytes: 1, files: 1 };

test('where a dataset was imported from is read back, in a version that varve without imports refuses', () => {
  const text = fc.stringMatching(/^[a-z0-9@{}~^][ -~]{0,30}$/);
  const imported = fc.record(
    {
      repository: fc.constantFrom(
        'https://example.org/x.git',
        'git@example.org:x',
        '../x',
        '/srv/x',
        'ssh://git@h/x',
      ),
      path: fc.constantFrom('a', 'data/a.csv', 'dä/a b'),
      revision: text,
      commit: fc.stringMatching(/^([0-9a-f]{40}|[0-9a-f]{64})$/),
    },
    { requiredKeys: ['repository', 'path', 'commit'] },
  );
  fc.assert(
    fc.property(imported, (from) => {
      const written = formatPointer({ ...plain, imported: from });
      expect(parsePointer(written, 'a.varve')).toEqual({ ...plain, imported: from });
      const { repository, path, revision, commit } = from;
      expect(parse(written)).toEqual({
        varve: 2,
        ...plain,
        'imported-from': repository,
        'imported-path': path,
        ...(revision === undefined ? {} : { 'imported-revision': revision }),
        'imported-commit': commit,
      });
    }),
  );
});

test('of which rows it is a copy is read back, with whatever else a pointer says', () => {
  const text = fc
    .string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
    .filter((one) => one.trim() !== '' && !one.includes('\0'));
  const url = fc.constantFrom(
    'mysql://h/shop',
    'postgresql://ann@db.example:5432/shop?sslmode=require',
    'mysql://h/shop?socket=/run/x.sock',
    'mysql://h/shop?ssl-ca=/etc/ca.pem&timeout=60',
  );
  const database = fc.oneof(fc.record({ url, table: text }), fc.record({ url, query: text }));
  const last = fc.string({ maxLength: 40, unit: 'grapheme' }).filter((one) => !one.includes('\0'));
  const names = fc.array(text, { minLength: 1, maxLength: 3 });
  const columns = fc.array(fc.tuple(text, fc.constantFrom('INTEGER', 'DECIMAL(5, 2)')), {
    minLength: 1,
    maxLength: 3,
  });
  const order = fc.constantFrom('number', 'text utf8mb4_bin');
  const taken = fc.record(
    { column: text, last, order, rows: fc.nat(), columns, text: names },
    { requiredKeys: ['column', 'rows'] },
  );
  const incremental = fc.option(taken, { nil: undefined });
  const meta = fc.constantFrom({}, { meta: { license: 'CC0-1.0' } }, { blocks: ZEROS });
  fc.assert(
    fc.property(database, incremental, meta, (asked, how, more) => {
      const copied = how === undefined ? asked : { ...asked, incremental: how };
      const kind = how === undefined ? 'file' : 'directory';
      const pointer: Pointer = { ...plain, ...more, kind, database: copied };
      const written = formatPointer(pointer);
      expect(parsePointer(written, 'a.varve')).toEqual(pointer);
      const varve = (how?.order ?? how?.columns) === undefined ? 6 : 13;
      expect(parse(written)).toMatchObject({ varve, database: copied.url });
    }),
  );
});

test.each([
  ['varve: 6', 'varve: 4'],
  ['mysql://h/shop', 'mysql://ann:hush@h/shop'],
  ['mysql://h/shop', 'mysql://h/shop?password=hush'],
  ['mysql://h/shop', 'file:///etc/passwd'],
  ['database-table: t\n', ''],
  ['database-table: t', 'database-table: t\ndatabase-query: "SELECT 1"'],
  ['database-table: t', 'database-table: " "'],
  ['database-table: t', 'database-table: t\nsource: "s3://b/p"'],
  // Messages would cut out what stands between, and somebody would agree to another query than runs.
  ['database-table: t', 'database-query: "select /*http://a:*/(select/**/pw/**/from/**/s)as/**/x,/*@h*/ 1"'],
  ['database-table: t', 'database-query: "select /*http://a:*/(select\\tpw\\nfrom\\ts)as\\tx,/*@h*/ 1"'],
  ['database-table: t', 'database-query: "select /*http://a?\\token=*/pw/**/from/**/s"'],
  ['database-table: t', 'database-table: "http://a:b@h"'],
])('a copy of rows that says %j as %j is refused', (fact, hostile) => {
  const text = formatPointer({ ...plain, database: { url: 'mysql://h/shop', table: 't' } });
  expect(text).toContain(fact);
  expect(() => parsePointer(text.replace(fact, hostile), 'a.varve')).toThrow(VarveError);
});

test.each([
  ['kind: directory', 'kind: file'],
  ['database-incremental: id\n', ''],
  ['database-incremental: id', 'database-incremental: ""'],
  ['database-last: "7"', 'database-last: "7\\u0000"'],
  ['database-rows: 7\n', ''],
  ['database-rows: 7', 'database-rows: -7'],
  ['varve: 13', 'varve: 6'],
  ['varve: 13', 'varve: 12'],
  ['database-order: number', 'database-order: ""'],
  ['database-order: number', `database-order: ${'n'.repeat(2000)}`],
  ['\\"id\\"', '\\"\\"'],
  [',\\"INTEGER\\"', ''],
  ['[[', '[['.repeat(40)],
  ['[[', `[[\\"${'x'.repeat(17_000)}\\",\\"DATE\\"],[`],
])('a copy to which rows are appended that says %j as %j is refused', (fact, hostile) => {
  const columns: FileColumn[] = [['id', 'INTEGER']];
  const incremental = { column: 'id', last: '7', order: 'number', rows: 7, columns };
  const database = { url: 'mysql://h/shop', table: 't', incremental };
  const text = formatPointer({ ...plain, kind: 'directory', database });
  expect(text).toContain(fact);
  expect(() => parsePointer(text.replace(fact, hostile), 'a.varve')).toThrow(VarveError);
});

const ENDED = { until: '0:5000,1:4980', complete: true } as const;

test('which messages of a topic it has is read back', () => {
  const ranges = fc.uniqueArray(fc.nat(1e9), { minLength: 2, maxLength: 12 }).map((ends) => {
    const sorted = ends.toSorted((a, b) => a - b).slice(0, ends.length - (ends.length % 2));
    return sorted.flatMap((from, at) => (at % 2 === 0 ? [{ from, until: sorted[at + 1]! }] : []));
  });
  const partitions = fc.uniqueArray(fc.tuple(fc.nat(999), ranges), {
    minLength: 1,
    maxLength: 9,
    selector: ([one]) => one,
  });
  fc.assert(
    fc.property(
      partitions,
      fc.constantFrom({}, { registry: 'https://registry:8081/api' }, { until: '2026-01-03' }, ENDED),
      (found, more) => {
        const sorted = found.toSorted(([a], [b]) => a - b);
        const offsets = formatOffsets(new Map(found))!;
        expect([...parseOffsets(offsets)]).toEqual(sorted);
        const topic = { url: 'kafka://a:9092,b:9092/events', ...more, offsets };
        const pointer: Pointer = { ...plain, kind: 'directory', topic };
        expect(parsePointer(formatPointer(pointer), 'a.varve')).toEqual(pointer);
      },
    ),
  );
});

test.each([
  ['varve: 6', 'varve: 4'],
  ['kind: directory', 'kind: file'],
  ['kafka://a:9092/t', 'kafka://ann:hush@a:9092/t'],
  ['kafka://a:9092/t', 'http://a:9092/t'],
  ['kafka://a:9092/t', 'kafka://a:9092/t?sasl.password=hush'],
  ['https://r', 'https://ann:hush@r'],
  ['https://r', 'file:///etc/passwd'],
  ['0:0-5', '0:0-5;1'],
  ['0:0-5', '0:5'],
  ['topic-registry', 'database-table: t\ndatabase: "mysql://h/shop"\ntopic-registry'],
  ['topic-registry', 'topic-until: "5"\ntopic-registry'],
  ['topic-registry', 'topic-complete: true\ntopic-registry'],
  ['varve: 6', 'varve: 12'],
])('messages of a topic that say %j as %j are refused', (fact, hostile) => {
  const topic = { url: 'kafka://a:9092/t', registry: 'https://r', offsets: '0:0-5' };
  const text = formatPointer({ ...plain, kind: 'directory', topic });
  expect(text).toContain(fact);
  expect(() => parsePointer(text.replace(fact, hostile), 'a.varve')).toThrow(VarveError);
});

test.each([
  ['varve: 12', 'varve: 6'],
  ['2026-01-03T06:00:00Z', 'latest'],
  ['2026-01-03T06:00:00Z', '5 $(id)'],
  ['2026-01-03T06:00:00Z', `5${'0'.repeat(20_000)}`],
  ['topic-complete: true', 'topic-complete: false'],
  ['topic-until: "2026-01-03T06:00:00Z"\n', ''],
  ['topic: "kafka://a:9092/t"\n', ''],
])('messages of a topic that end and say %j as %j are refused', (fact, hostile) => {
  const topic = { url: 'kafka://a:9092/t', until: '2026-01-03T06:00:00Z', complete: true } as const;
  const text = formatPointer({ ...plain, kind: 'directory', topic });
  expect(text).toContain(fact);
  expect(() => parsePointer(text.replace(fact, hostile), 'a.varve')).toThrow(VarveError);
});

test.each([
  ['varve: 2', 'varve: 1'],
  ['imported-from: "../x"', 'imported-from: "ext::sh -c id"'],
  ['imported-from: "../x"', 'imported-from: "--upload-pack=id"'],
  ['imported-from: "../x"', 'imported-from: "https://token@example.org/x"'],
  ['imported-from: "../x"', 'imported-from: "ssh://git:secret@example.org/x"'],
  ['imported-from: "../x"', 'imported-from: "https://example.org/x?token=secret"'],
  ['imported-path: a', 'imported-path: "../a"'],
  ['imported-path: a', 'imported-path: ".git/hooks"'],
  ['imported-revision: main', 'imported-revision: "--all"'],
  ['imported-commit: c', 'imported-commit: C'],
  ['imported-path: a\n', ''],
])('an import that says %j as %j is refused', (fact, hostile) => {
  const from = { repository: '../x', path: 'a', revision: 'main', commit: 'c'.repeat(40) };
  const text = formatPointer({ ...plain, imported: from });
  expect(text).toContain(fact);
  expect(() => parsePointer(text.replace(fact, hostile), 'a.varve')).toThrow(VarveError);
});

test('a version of a table in place is a pointer of its own version, wherever the table lies', () => {
  const facts = `path: a\nkind: directory\ndigest: ${ZEROS}\nbytes: 1\nfiles: 1\n`;
  const read = (text: string) => parsePointer(`${text}\n`, 'a.varve');
  for (const source of ['s3://b/t', 'gs://b/t', 'https://host/t']) {
    const text = `varve: 7\n${facts}source: "${source}"\ntable: iceberg\ntable-version: "6648632406484881557"\n`;
    const pointer = parsePointer(text, 'a.varve');
    expect(pointer).toMatchObject({ source, table: { format: 'iceberg', version: '6648632406484881557' } });
    expect(formatPointer(pointer)).toBe(text);
    expect(() => read(text.replace('varve: 7', 'varve: 5'))).toThrow(VarveError);
  }
  const table = 'table: delta\ntable-version: "1"';
  for (const wrong of [
    'source: "s3://b/t"',
    table,
    'source: "s3://b/t"\ntable: delta',
    'source: "s3://b/t"\ntable: hudi\ntable-version: "1"',
    'source: "s3://b/t"\ntable: delta\ntable-version: "-1"',
  ])
    expect(() => read(`varve: 7\n${facts}${wrong}`), wrong).toThrow(/is not a pointer/);
  expect(() => read(`varve: 1\n${facts}source: "s3://b/t"\n${table}`)).toThrow(/`varve: 7`/);
});

test('what a version of a table was named by is read back, with whatever else a pointer says', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter((one) => !/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(one));
  const named = fc.tuple(fc.constantFrom('branch', 'at'), name);
  const statistics = fc.constantFrom({}, { profile: ZEROS }, { footers: ZEROS, footersBy: 'table' as const });
  const listed = fc.constantFrom({}, { keys: 'listed' as const }, { columns: 'listed' as const });
  const meta = fc.constantFrom({}, { meta: { license: 'MIT' } });
  fc.assert(
    fc.property(named, statistics, listed, meta, ([by, text], ...more) => {
      const table = { format: 'iceberg', version: '6648632406484881557', [by]: text } as const;
      const place = { ...plain, kind: 'directory', source: 'https://h/t', table } as const;
      const pointer: Pointer = Object.assign(place, ...more);
      const written = formatPointer(pointer);
      expect(parsePointer(written, 'a.varve')).toEqual(pointer);
      expect(parse(written)).toMatchObject({ varve: 11, [`table-${by}`]: text });
    }),
  );
});
