import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openContext } from '../../src/operations/context/open.ts';
import { openCache } from '../../src/operations/varve/stores/stores.ts';
import { parseDigest } from '../../src/store/format/digest.ts';
import { encodeManifest, type ManifestEntry, readManifest } from '../../src/store/format/manifest.ts';
import { readSourceManifest } from '../../src/store/format/source-manifest.ts';
import { readConfig } from '../../src/workspace/config.ts';
import { parsePointer } from '../../src/workspace/pointer.ts';
import { Sandbox } from '../support/sandbox.ts';

/** The published JSON Schemas say of real files what varve's own readers say, and of damaged ones too. */
const sandbox = new Sandbox().repository();
afterAll(() => sandbox.remove());

function published(name: string): ValidateFunction {
  const text = readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8');
  return new Ajv({ strict: true, allowUnionTypes: true }).compile(JSON.parse(text));
}

function accepts(check: ValidateFunction, value: unknown, read: () => unknown): boolean {
  const [schema, reader] = [check(value), succeeds(read)];
  expect(schema, `${JSON.stringify(value)}: ${JSON.stringify(check.errors)}`).toBe(reader);
  return schema as boolean;
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

const digest = `sha256:${'a'.repeat(64)}`;

test('pointers', () => {
  sandbox.write('repo/table.csv', 'a\n1\n2\n');
  sandbox.write('repo/folder/a.bin', 'x');
  sandbox.write('repo/folder/b c.bin', 'x');
  sandbox.ok(['add', 'table.csv', 'folder']);
  const check = published('pointer');
  const text = (name: string) => readFileSync(sandbox.path('repo', `${name}.varve`), 'utf8');
  const accepted = (content: string) =>
    accepts(check, parse(content), () => parsePointer(content, 'table.csv.varve'));
  expect(accepted(text('table.csv'))).toBe(true);
  expect(check(parse(text('folder'))), JSON.stringify(check.errors)).toBe(true);
  for (const [fact, damaged] of [
    ['varve: 1', 'varve: 2'],
    ['kind: file', 'kind: link'],
    ['path: table.csv', 'path: ../table.csv'],
    ['bytes: 6', 'bytes: -6'],
    ['files: 1', 'file: 1'],
    ['rows: 2', 'rows: 2.5'],
    ['digest: sha256:', 'digest: md5:'],
    ['files: 1\n', ''],
    ['files: 1\n', 'files: 1\nsource: "https://bucket"\n'],
    ['files: 1\n', 'files: 1\nsource: "s3://bucket?x"\n'],
    ['varve: 1', 'varve: 5'],
    ['files: 1\n', 'files: 1\nendpoint: "http://bucket"\n'],
  ] as const) {
    expect(text('table.csv')).toContain(fact);
    expect(accepted(text('table.csv').replace(fact, damaged)), damaged).toBe(false);
  }
});

test('pointers to imported data', () => {
  const text = `varve: 2\npath: a\nkind: file\ndigest: ${digest}\nbytes: 1\nfiles: 1\nimported-from: "../data"\nimported-path: a\nimported-revision: main\nimported-commit: ${'c'.repeat(40)}\n`;
  const check = published('pointer');
  const accepted = (content: string) =>
    accepts(check, parse(content), () => parsePointer(content, 'a.varve'));
  expect(accepted(text), JSON.stringify(check.errors)).toBe(true);
  for (const [fact, damaged] of [
    ['varve: 2', 'varve: 1'],
    ['varve: 2', 'varve: 3'],
    ['imported-path: a\n', ''],
    ['imported-path: a', 'imported-path: "/a"'],
    ['"../data"', '"ext::sh"'],
    ['"../data"', '"https://user@example.org/x"'],
    ['"../data"', '"ssh://git:pw@example.org/x"'],
    ['imported-revision: main', 'imported-revision: "-x"'],
    ['imported-commit: c', 'imported-commit: g'],
  ] as const) {
    expect(text).toContain(fact);
    expect(accepted(text.replace(fact, damaged)), damaged).toBe(false);
  }
});

test('pointers to messages of a topic, and where these end', () => {
  const check = published('pointer');
  const facts = `path: a\nkind: directory\ndigest: ${digest}\nbytes: 1\nfiles: 1\ntopic: "kafka://b:9092/t"\n`;
  const accepted = (content: string) =>
    accepts(check, parse(content), () => parsePointer(content, 'a.varve'));
  for (const [good, version, more] of [
    [true, 6, ''],
    [true, 6, 'topic-offsets: "0:0-5"\n'],
    [true, 12, 'topic-until: "2026-01-03"\n'],
    [true, 12, `blocks: ${digest}\ntopic-until: "0:5,1:7"\ntopic-complete: true\nmeta-license: MIT\n`],
    [false, 6, 'topic-until: "2026-01-03"\n'],
    [false, 12, ''],
    [false, 12, 'topic-complete: true\n'],
    [false, 12, 'topic-until: "latest"\n'],
    [false, 12, 'topic-until: "5"\ntopic-complete: false\n'],
    [false, 12, 'topic-until: "5"\nsource: "s3://b"\n'],
  ] as const)
    expect(accepted(`varve: ${version}\n${facts}${more}`), more).toBe(good);
});

test('pointers to rows of a database that are appended, and in which order', () => {
  const check = published('pointer');
  const facts = `path: a\nkind: directory\ndigest: ${digest}\nbytes: 1\nfiles: 1\ndatabase: "mysql://h/d"\ndatabase-table: t\n`;
  const own = 'database-incremental: id\ndatabase-rows: 1\n';
  const accepted = (content: string) =>
    accepts(check, parse(content), () => parsePointer(content, 'a.varve'));
  const [order, columns] = ['database-order: number\n', 'database-columns: "[[\\"id\\",\\"DATE\\"]]"\n'];
  for (const [good, version, more] of [
    [true, 6, own],
    [true, 13, own + order],
    [true, 13, own + columns],
    [true, 13, `${own}${order}${columns}blocks: ${digest}\nmeta-license: MIT\n`],
    [false, 13, own],
    [false, 6, own + order],
    [false, 12, own + order],
    [false, 13, order],
    [false, 13, `${own}database-order: ""\n`],
    [false, 13, `${own}database-columns: id\n`],
  ] as const)
    expect(accepted(`varve: ${version}\n${facts}${more}`), `${version} ${more}`).toBe(good);
});

test('pointers that pin blocks, imported or not', () => {
  const text = `varve: 3\npath: a\nkind: file\ndigest: ${digest}\nbytes: 1\nfiles: 1\nblocks: ${digest}\n`;
  const imported = `imported-from: "../data"\nimported-path: a\nimported-commit: ${'c'.repeat(40)}\n`;
  const check = published('pointer');
  const accepted = (content: string) =>
    accepts(check, parse(content), () => parsePointer(content, 'a.varve'));
  expect(accepted(text), JSON.stringify(check.errors)).toBe(true);
  expect(accepted(text + imported), JSON.stringify(check.errors)).toBe(true);
  for (const [fact, damaged] of [
    ['varve: 3', 'varve: 1'],
    ['varve: 3', 'varve: 2'],
    ['varve: 3', 'varve: 4'],
    ['blocks: sha256:', 'blocks: md5:'],
    [`blocks: ${digest}\n`, ''],
    ['files: 1\n', 'files: 1\nsource: "s3://bucket/a"\n'],
    ['files: 1\n', 'files: 1\nimported-path: a\n'],
  ] as const) {
    expect(text).toContain(fact);
    expect(accepted(text.replace(fact, damaged)), damaged).toBe(false);
  }
});

test('pointers to data on another kind of server than S3, whatever else they have', () => {
  const check = published('pointer');
  const accepted = (content: string) =>
    accepts(check, parse(content), () => parsePointer(content, 'a.varve'));
  const text = `varve: 5\npath: a\nkind: file\ndigest: ${digest}\nbytes: 1\nfiles: 1\n`;
  const imported = `imported-from: "../data"\nimported-path: a\nimported-commit: ${'c'.repeat(40)}\n`;
  const places = ['gs://b/x', 'ssh://ann@host:22/~/x', 'https://host/ü x', 'webhdfs://[::1]:9870/x'];
  for (const place of places)
    for (const more of ['', 'meta-license: MIT\n', imported])
      expect(accepted(`${text}source: "${place}"\n${more}`), place + more).toBe(true);
  for (const damaged of [
    text,
    `${text}source: "s3://b/x"\n`,
    `${text}source: "gs://b/x"\nblocks: ${digest}\n`,
    `${text}source: "https://ann:hush@host/x"\n`,
    `${text}source: "ssh://host:port/x"\n`,
    `${text}source: "gs://b/x"\n`.replace('varve: 5', 'varve: 1'),
    `${text}source: "gs://b/x"\nmeta-license: MIT\n`.replace('varve: 5', 'varve: 4'),
  ])
    expect(accepted(damaged), damaged).toBe(false);
});

test('pointers whose statistics are from footers, or told by a table', () => {
  const check = published('pointer');
  const accepted = (content: string) =>
    accepts(check, parse(content), () => parsePointer(content, 'a.varve'));
  const rest = `path: a\nkind: directory\ndigest: ${digest}\nbytes: 1\nfiles: 1\n`;
  const footers = `footers: ${digest}\n`;
  const table = 'table: delta\ntable-version: "1"\n';
  const iceberg = 'table: iceberg\ntable-version: "12"\n';
  const source = 'source: "gs://b/x"\n';
  for (const right of [
    `varve: 8\n${rest}${footers}${source}`,
    `varve: 8\n${rest}${footers}${source}${table}`,
    `varve: 8\n${rest}${footers}${source}meta-license: MIT\n`,
    `varve: 9\n${rest}${footers}footers-by: table\n${source}${table}`,
    `varve: 10\n${rest}${source}${table}keys: listed\n`,
    `varve: 10\n${rest}profile: ${digest}\n${source}${table}keys: listed\nmeta-license: MIT\n`,
    `varve: 10\n${rest}${footers}${source}${table}keys: listed\n`,
    `varve: 10\n${rest}${footers}footers-by: table\n${source}${table}keys: listed\n`,
    `varve: 11\n${rest}${source}${table}columns: listed\n`,
    `varve: 11\n${rest}${source}${table}table-at: "1"\n`,
    `varve: 11\n${rest}${footers}footers-by: table\n${source}${table}table-at: "1"\nkeys: listed\ncolumns: listed\n`,
    `varve: 11\n${rest}profile: ${digest}\n${source}${iceberg}table-branch: "a b"\nmeta-license: MIT\n`,
    `varve: 11\n${rest}${source}${iceberg}table-at: v1\nkeys: listed\n`,
  ])
    expect(accepted(right), right).toBe(true);
  for (const damaged of [
    `varve: 8\n${rest}${source}`,
    `varve: 8\n${rest}${footers}`,
    `varve: 8\n${rest}profile: ${digest}\n${footers}${source}`,
    `varve: 5\n${rest}${footers}${source}`,
    `varve: 8\n${rest}${footers}footers-by: table\n${source}${table}`,
    `varve: 9\n${rest}${footers}${source}${table}`,
    `varve: 9\n${rest}${footers}footers-by: table\n${source}`,
    `varve: 9\n${rest}${footers}footers-by: "a stranger"\n${source}${table}`,
    `varve: 10\n${rest}${source}${table}`,
    `varve: 7\n${rest}${source}${table}keys: listed\n`,
    `varve: 10\n${rest}${source}keys: listed\n`,
    `varve: 10\n${rest}${source}${table}keys: "../"\n`,
    `varve: 10\n${rest}footers-by: table\n${source}${table}keys: listed\n`,
    `varve: 10\n${rest}profile: ${digest}\n${footers}${source}${table}keys: listed\n`,
    `varve: 11\n${rest}${source}${table}`,
    `varve: 11\n${rest}${source}${table}keys: listed\n`,
    `varve: 11\n${rest}${source}table-at: "1"\n`,
    `varve: 11\n${rest}${source}${table}table-branch: dev\n`,
    `varve: 11\n${rest}${source}${iceberg}table-branch: dev\ntable-at: dev\n`,
    `varve: 11\n${rest}${source}${iceberg}table-branch: ""\n`,
    `varve: 11\n${rest}${source}${iceberg}table-branch: "a\\nb"\n`,
    `varve: 11\n${rest}${source}${iceberg}table-at: "${'x'.repeat(1025)}"\n`,
    `varve: 10\n${rest}${source}${iceberg}table-at: v1\nkeys: listed\n`,
    `varve: 7\n${rest}${source}${iceberg}table-branch: dev\n`,
  ])
    expect(accepted(damaged), damaged).toBe(false);
});

test('pointers by which people say something of the data, whatever else they have', () => {
  const text = `varve: 4\npath: a\nkind: file\ndigest: ${digest}\nbytes: 1\nfiles: 1\nmeta-license: MIT\n`;
  const check = published('pointer');
  const accepted = (content: string) =>
    accepts(check, parse(content), () => parsePointer(content, 'a.varve'));
  const imported = `imported-from: "../data"\nimported-path: a\nimported-commit: ${'c'.repeat(40)}\n`;
  for (const more of [
    '',
    `blocks: ${digest}\n`,
    imported,
    `blocks: ${digest}\n${imported}`,
    'source: "s3://b/x"\n',
  ])
    expect(accepted(text + more), more).toBe(true);
  for (const damaged of [
    text.replace('varve: 4', 'varve: 1'),
    text.replace('varve: 4', 'varve: 3'),
    text.replace('meta-license: MIT\n', ''),
    text.replace('meta-license', 'meta-License'),
    text.replace('meta-license', 'meta-'),
    text.replace('MIT', '"a\\nb"'),
    text.replace('MIT', 'x'.repeat(1025)),
    text.replace('MIT', '""'),
    `${text}imported-from: "../data"\n`,
    `${text}source: "s3://b/x"\nblocks: ${digest}\n`,
  ])
    expect(accepted(damaged), damaged).toBe(false);
});

test('pointers to data in place, and their manifests line by line', async () => {
  const pointer = `varve: 1\npath: table.csv\nkind: file\ndigest: ${digest}\nbytes: 1\nfiles: 1\nsource: "s3://b/ü x"\n`;
  expect(accepts(published('pointer'), parse(pointer), () => parsePointer(pointer, 'table.csv.varve'))).toBe(
    true,
  );
  const check = published('source-manifest-entry');
  const entries: readonly [boolean, unknown][] = [
    [true, { path: 'a/b.csv', size: 3, etag: 'e' }],
    [true, { path: 'a/d-1-b.csv', key: 'a/d=1/b.csv', size: 3, etag: 'e' }],
    [false, { path: 'a', key: '../b', size: 3, etag: 'e' }],
    [false, { path: 'a', key: '/b', size: 3, etag: 'e' }],
    [false, { path: 'a', key: 'b/', size: 3, etag: 'e' }],
    [false, { path: 'a', key: '.git/b', size: 3, etag: 'e' }],
    [false, { path: 'a', key: '', size: 3, etag: 'e' }],
    [false, { path: 'a', key: 7, size: 3, etag: 'e' }],
    [true, { path: 'a', size: 3, etag: 'e-2', version: 'v', digest }],
    [true, { path: '', size: 3, etag: 'e' }],
    [false, { path: 'a/', size: 0, etag: 'e' }],
    [false, { path: '../a', size: 3, etag: 'e' }],
    [false, { path: '/a', size: 3, etag: 'e' }],
    [false, { path: 'a', size: 3 }],
    [false, { path: 'a', size: 3, etag: '"e"' }],
    [false, { path: 'a', size: 3, etag: 'e', version: 7 }],
    [false, { path: 'a', size: 3, etag: 'e', digest: 'x' }],
    [false, { path: 'a', size: 3, etag: 'e', region: 'x' }],
    [true, { column: { name: 'price', type: 'DOUBLE', names: ['fare'] } }],
    [true, { column: { name: 'a', type: 'VARCHAR', id: 4, default: 'x', isInPaths: true } }],
    [false, { column: 7 }],
    [false, { column: null }],
  ];
  for (const [good, entry] of entries) {
    const read = async () => {
      for await (const _ of readSourceManifest([Buffer.from(`${JSON.stringify(entry)}\n`)], 'manifest'));
    };
    const isRead = await read().then(
      () => true,
      () => false,
    );
    expect(isRead, JSON.stringify(entry)).toBe(good);
    expect(check(entry), JSON.stringify(entry)).toBe(good);
  }
});

test('manifests, line by line', async () => {
  const check = published('manifest-entry');
  const cache = await openCache(await openContext(sandbox.path('repo')));
  const { digest: stored } = parse(readFileSync(sandbox.path('repo/folder.varve'), 'utf8')) as {
    digest: string;
  };
  const lines = Buffer.from(await cache.readBytes(parseDigest(stored, 'folder'), 1 << 20))
    .toString()
    .trimEnd()
    .split('\n');
  await cache.close();
  expect(lines.map((line) => check(JSON.parse(line)))).toEqual([true, true]);
  const entries: readonly [boolean, unknown][] = [
    [true, { path: 'a/b.csv', size: 3, digest }],
    [true, { path: 'a...b', size: 3, digest, executable: true }],
    [false, { path: '...', size: 3, digest }],
    [true, { path: 'a/empty/', size: 0 }],
    [false, { path: '/a', size: 3, digest }],
    [false, { path: 'a/../b', size: 3, digest }],
    [false, { path: '..', size: 3, digest }],
    [false, { path: 'a//b', size: 3, digest }],
    [false, { path: 'a/./b', size: 3, digest }],
    [false, { path: 'a\\b', size: 3, digest }],
    [false, { path: 'x/.Git/hooks', size: 3, digest }],
    [false, { path: 'a', size: 3 }],
    [false, { path: 'a', size: -1, digest }],
    [false, { path: 'a/', size: 3, digest }],
    [false, { path: 'a', size: 3, digest: 'sha256:1' }],
    [false, { path: 'a', size: 3, digest, mode: 7 }],
    [false, { size: 3, digest }],
  ];
  for (const [good, entry] of entries) {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    const read = async () => {
      for await (const _ of readManifest([line], 'manifest'));
    };
    expect(
      await read().then(
        () => true,
        () => false,
      ),
      JSON.stringify(entry),
    ).toBe(good);
    expect(check(entry), JSON.stringify(entry)).toBe(good);
    if (good) expect(Buffer.concat([...encodeManifest([entry as ManifestEntry])])).toEqual(line);
  }
});

test('settings', async () => {
  const check = published('config');
  const { repository } = await openContext(sandbox.path('repo'));
  const accepted = (content: string) => {
    sandbox.write('repo/.varve/config.yaml', content);
    return accepts(check, parse(content), () => readConfig(repository));
  };
  sandbox.ok([
    'remote',
    'add',
    'origin',
    's3://bucket/prefix',
    '--endpoint',
    'https://minio.example.org:9000',
  ]);
  expect(accepted(readFileSync(sandbox.path('repo/.varve/config.yaml'), 'utf8'))).toBe(true);
  const page = readFileSync(new URL('../../docs/reference/file-formats.md', import.meta.url), 'utf8');
  expect(accepted(/```yaml\n(version: 1[\s\S]*?)```/.exec(page)?.[1] as string)).toBe(true);
  expect(accepted('')).toBe(true);
  expect(accepted('version: 1\nlater: [1]\n')).toBe(true);
  for (const damaged of [
    'version: "1"',
    'version: 2',
    'checkout: move',
    'cache: 7',
    'cache: ""',
    'default: []',
    'remotes: [s3]',
    'remotes: { origin: s3 }',
    'remotes: { origin: { url: 7 } }',
    '- a',
  ])
    expect(accepted(`${damaged}\n`), damaged).toBe(false);
  const local = 'version: 1\nsources:\n  s3://bucket: { endpoint: "https://minio.example.org:9000" }\n';
  sandbox.write('repo/.varve/config.yaml', 'version: 1\n');
  sandbox.write('repo/.varve/config.local.yaml', local);
  expect(accepts(check, parse(local), () => readConfig(repository))).toBe(true);
  const damaged = 'sources: { s3://bucket: [] }\n';
  sandbox.write('repo/.varve/config.local.yaml', damaged);
  expect(accepts(check, parse(damaged), () => readConfig(repository))).toBe(false);
});
