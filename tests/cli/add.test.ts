import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AddedInPlace, CSV, DataInBucket, LARGE } from '../support/data-in-bucket.ts';
import { type FaultyS3, startFaultyS3 } from '../support/faulty-s3.ts';
import { manyFiles } from '../support/many-files.ts';
import { describeWithMinio } from '../support/minio.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('paths that cannot become datasets', () => {
  box.repository();
  box.write('outside.txt', 'x');
  box.write('repo/tracked.txt', 'x');
  box.git(['add', 'tracked.txt']);
  box.write('repo/.gitignore', '/build/\n');
  box.write('repo/build/out.csv', 'a\n1\n');
  mkdirSync(box.path('repo/data'));
  symlinkSync('../tracked.txt', box.path('repo/data/link.txt'));
  symlinkSync('../..', box.path('repo/out'));
  refused(box, ['add', 'data/none.csv'], 'path-missing', 'data/none.csv');
  refused(box, ['add', '../outside.txt'], 'path-outside', '../outside.txt');
  refused(box, ['add', 'out/outside.txt'], 'path-outside', 'out/outside.txt');
  refused(box, ['add', 'data/link.txt'], 'symlink-refused', 'data/link.txt');
  refused(box, ['add', 'data'], 'symlink-refused', 'data/link.txt');
  refused(box, ['add', 'tracked.txt'], 'path-tracked', 'tracked.txt');
  refused(box, ['add', 'build/out.csv'], 'pointer-ignored', 'build/out.csv.varve');
  refused(box, ['add', '.'], 'path-unsupported', '.');
  refused(box, ['add', '.varve'], 'path-unsupported', '.varve');
  refused(box, ['add', '.git/config'], 'path-unsupported', '.git/config');
});

test('folders whose contents no snapshot can hold', () => {
  box.repository();
  const cases: [folder: string, make: (path: string) => void, code: string][] = [
    ['pipe', (path) => box.run('mkfifo', [join(path, 'fifo')]), 'special-file-refused'],
    ['nested', (path) => box.run('git', ['init', '-q', join(path, 'inner')]), 'nested-repository'],
    ['slash', (path) => writeFileSync(join(path, 'a\\b'), ''), 'name-unsupported'],
    ['newline', (path) => writeFileSync(join(path, 'a\nb'), ''), 'name-unsupported'],
    [
      'latin',
      (path) => writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xe9])]), ''),
      'name-unsupported',
    ],
    ['pointer', (path) => writeFileSync(join(path, 'x.varve'), ''), 'dataset-nested'],
  ];
  for (const [folder, make, code] of cases) {
    const path = box.path('repo', folder);
    mkdirSync(path);
    make(path);
    refused(box, ['add', folder], code, folder);
    rmSync(path, { recursive: true });
  }
});

test('data that changes while it is being added', async () => {
  box.repository();
  const log = box.write('repo/log.jsonl', '{"a": 1}\n'.repeat(2_000_000));
  const grow = `setInterval(() => require('fs').appendFileSync(${JSON.stringify(log)}, '{"a": 2}\\n'), 1)`;
  const writer = spawn(process.execPath, ['-e', grow], { stdio: 'ignore' });
  try {
    while (statSync(log).size === 18_000_000) await sleep(10);
    const { code, out, err } = box.varve(['add', 'log.jsonl', '--json']);
    expect(code, out + err).toBe(2);
    expect(JSON.parse(out).error).toMatchObject({ code: 'source-changed', path: log });
    expect(existsSync(box.path('repo', 'log.jsonl.varve'))).toBe(false);
    expect(existsSync(box.path('repo', '.gitignore'))).toBe(false);
  } finally {
    writer.kill();
  }
});

test('datasets within datasets', () => {
  box.repository();
  box.write('repo/data/f.txt', 'x');
  box.ok(['add', 'data']);
  box.ok(['add', 'data/f.txt']);
  expect(existsSync(box.path('repo/data/f.txt.varve'))).toBe(false);
  box.write('repo/more/g.txt', 'x');
  refused(box, ['add', 'more', 'more/g.txt'], 'dataset-nested', 'more/g.txt');
});

test('one bad path among good ones: neither is added', () => {
  box.repository();
  box.write('repo/good.csv', 'a\n1\n');
  refused(box, ['add', 'good.csv', 'none.csv'], 'path-missing', 'none.csv');
  box.write('repo/folder/f', '');
  symlinkSync('f', box.path('repo/folder/link'));
  refused(box, ['add', 'good.csv', 'folder'], 'symlink-refused', 'folder/link');
  expect(existsSync(box.path('repo/good.csv.varve'))).toBe(false);
});

test('configuration that cannot be read', () => {
  box.repository();
  box.write('repo/f.txt', 'x');
  for (const [text, code] of [
    ['remotes: [', 'config-damaged'],
    ['version: 2\n', 'config-too-new'],
    ['remotes: {origin: {url: 7}}\n', 'config-damaged'],
    ['a: &a [x, x]\nb: *a\n', 'config-damaged'],
    // Whom this machine shows its credentials to, nobody else may say.
    ['sources: {s3://bucket: {endpoint: http://evil}}\n', 'config-damaged'],
  ] as const) {
    writeFileSync(box.path('repo/.varve/config.yaml'), text);
    refused(box, ['add', 'f.txt'], code, '.varve/config.yaml');
  }
});

test('a pointer states facts that other tools can check', () => {
  box.repository();
  box.write('repo/table.csv', 'a,b\n1,2\n');
  box.ok(['add', 'table.csv']);
  const digest = box.run('sha256sum', ['table.csv']).out.slice(0, 64);
  const lines = readFileSync(box.path('repo/table.csv.varve'), 'utf8').split('\n');
  expect(lines.slice(0, 7)).toEqual([
    'varve: 1',
    'path: table.csv',
    'kind: file',
    `digest: sha256:${digest}`,
    'bytes: 8',
    'files: 1',
    'rows: 1',
  ]);
  expect(lines[7]).toMatch(/^profile: sha256:[0-9a-f]{64}$/);
});

test('.varveignore keeps files out, by the rules of Git, in any folder', () => {
  box.repository();
  manyFiles(box);
  box.write('repo/.varveignore', '*.tmp\n');
  box.write('repo/data/many/.varveignore', '/a/\n!keep.tmp\n');
  box.write('repo/data/many/x.tmp', '');
  box.write('repo/data/many/deep/keep.tmp', '');
  symlinkSync('/etc/passwd', box.path('repo/data/many/a/link'));
  box.ok(['add', 'data/many']);
  box.write('repo/data/many/y.tmp', '');
  expect(box.ok(['status'])).toContain('nothing changed');
  box.run('mv', ['data/many', 'moved']);
  box.ok(['checkout']);
  expect(readdirSync(box.path('repo/data/many')).sort()).toEqual(
    [
      '.varveignore',
      'a-b.txt',
      'deep',
      'empty.txt',
      'hollow',
      'run.sh',
      'ü',
      '\uffee.txt',
      '\u{1F600}.txt',
    ].sort(),
  );
  expect(readdirSync(box.path('repo/data/many/deep'))).toEqual(['keep.tmp']);
});

test('adding again what has not changed changes nothing', () => {
  box.repository();
  manyFiles(box);
  box.write('repo/data/table.csv', 'a,b\n1,2\n');
  box.ok(['add', 'data/many', 'data/table.csv']);
  box.commit('v1');
  const result = box.json<{ datasets: { change: string }[] }>(['add', 'data/many', 'data/table.csv']);
  expect(result.datasets.map(({ change }) => change)).toEqual(['unchanged', 'unchanged']);
  expect(box.git(['status', '--short'])).toBe('');
});

test('add --all adds what changed, and neither what is gone nor what is no dataset', () => {
  box.repository();
  for (const name of ['a', 'b', 'gone']) box.write(`repo/data/${name}.txt`, 'one');
  box.ok(['add', 'data/a.txt', 'data/b.txt', 'data/gone.txt']);
  expect(box.ok(['add', '-u'])).toBe('No dataset has changed.\n');
  box.write('repo/data/a.txt', 'two!');
  box.write('repo/data/b.txt', 'two!');
  box.write('repo/data/other.txt', 'none');
  rmSync(box.path('repo/data/gone.txt'));
  type Added = { datasets: { path: string; change: string }[] };
  expect(box.json<Added>(['add', '-u', 'data/a.txt']).datasets.map(({ path }) => path)).toEqual([
    'data/a.txt',
  ]);
  expect(box.json<Added>(['add', '--all'], 'repo/data').datasets).toMatchObject([
    { path: 'data/b.txt', change: 'changed' },
  ]);
  expect(box.varve(['add']).code).toBe(2);
});

/** A clone into which nothing was pulled, of a repository whose folder `d` has three files. */
function emptyClone(): void {
  box.repository();
  for (const name of ['1.txt', '2.txt', 'sub/3.txt']) box.write(`repo/d/${name}`, name);
  box.ok(['add', 'd']);
  box.ok(['remote', 'add', 'origin', '../remote']);
  box.commit('base');
  box.ok(['push']);
  box.run('git', ['clone', '-q', 'repo', 'clone'], '.');
  box.ok(['trust'], 'clone');
}

/** The files of `d` as whoever pulls all of it has them. */
function pulledElsewhere(): Record<string, string> {
  box.commit('changed', 'clone');
  box.ok(['push'], 'clone');
  box.git(['pull', '-q', '../clone', 'HEAD']);
  box.ok(['pull']);
  const paths = readdirSync(box.path('repo/d'), { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    paths
      .filter((path) => statSync(box.path('repo/d', path)).isFile())
      .map((path) => [path, readFileSync(box.path('repo/d', path), 'utf8')]),
  );
}

const BASE = { '1.txt': '1.txt', '2.txt': '2.txt', 'sub/3.txt': 'sub/3.txt' };

test.each([[['add', 'd/4.txt']], [['add', 'd']], [['add', 'd/4.txt', 'd/2.txt']]])(
  'where nothing was pulled, `varve %j` adds and drops nothing',
  (args) => {
    emptyClone();
    box.write('clone/d/4.txt', 'four');
    box.write('clone/d/2.txt', 'two');
    box.ok(args, 'clone');
    const two = args.includes('d/4.txt') && args.length === 2 ? '2.txt' : 'two';
    expect(pulledElsewhere()).toEqual({ ...BASE, '2.txt': two, '4.txt': 'four' });
  },
);

test('what was here and is gone is removed, as a whole or by name; what never was here stays', () => {
  emptyClone();
  box.ok(['pull', 'd/sub', 'd/1.txt'], 'clone');
  rmSync(box.path('clone/d/sub'), { recursive: true });
  rmSync(box.path('clone/d/1.txt'));
  box.ok(['add', 'd/sub'], 'clone');
  expect(box.json(['add', 'd'], 'clone').datasets).toMatchObject([{ files: 1, notHere: 1 }]);
  expect(pulledElsewhere()).toEqual({ '2.txt': '2.txt' });
});

test('a file in the place of a folder that never was here, and the other way round', () => {
  emptyClone();
  box.write('clone/d/sub', 'a file');
  box.write('clone/d/1.txt/x', 'in a folder');
  box.ok(['add', 'd'], 'clone');
  expect(pulledElsewhere()).toEqual({ '1.txt/x': 'in a folder', '2.txt': '2.txt', sub: 'a file' });
});

test('--replace makes what lies here all of the dataset', () => {
  emptyClone();
  box.write('clone/d/4.txt', 'four');
  box.ok(['add', '--replace', 'd'], 'clone');
  expect(pulledElsewhere()).toEqual({ '4.txt': 'four' });
});

test('one file of a folder leaves other edits to be added later', () => {
  box.repository();
  for (const name of ['1.txt', '2.txt', '3.txt']) box.write(`repo/d/${name}`, name);
  box.ok(['add', 'd']);
  for (const name of ['1.txt', '2.txt']) box.write(`repo/d/${name}`, 'edited');
  rmSync(box.path('repo/d/3.txt'));
  box.ok(['add', 'd/1.txt']);
  expect(box.json(['status']).datasets).toMatchObject([
    {
      state: 'modified',
      changes: [
        { path: '2.txt', change: 'modified' },
        { path: '3.txt', change: 'removed' },
      ],
    },
  ]);
  expect(box.json(['add', 'd']).datasets).toMatchObject([{ files: 2 }]);
  expect(box.json(['status']).datasets).toMatchObject([{ state: 'unchanged' }]);
});

test('adding during a merge that Git could not finish drops neither side', () => {
  box.repository();
  box.write('repo/f.csv', 'a\n1\n');
  box.ok(['add', 'f.csv']);
  box.commit('base');
  box.git(['switch', '-qc', 'theirs']);
  box.write('repo/f.csv', 'a\n2\n');
  box.ok(['add', 'f.csv']);
  box.commit('theirs');
  box.git(['switch', '-q', '-']);
  box.ok(['checkout']);
  box.write('repo/f.csv', 'a\n3\n');
  box.ok(['add', 'f.csv']);
  box.commit('ours');
  expect(box.run('git', ['merge', '-q', 'theirs']).code).toBe(1);
  refused(box, ['add', 'f.csv'], 'pointer-conflict', 'f.csv.varve');
  box.ok(['add', '--replace', 'f.csv']);
  expect(box.json(['status']).datasets).toMatchObject([{ state: 'unchanged' }]);
});

describe('data that Git tracks', () => {
  /** Does what the message says. */
  function follow(remedy: string): void {
    const [, command] = /`(git rm [^`]+)`/.exec(remedy)!;
    expect(box.run('sh', ['-c', command!]).code).toBe(0);
  }

  test('a file comes out of Git by the command that the message names', () => {
    box.repository();
    box.write("repo/my data's.csv", 'a\n1\n');
    box.git(['add', '-A']);
    follow(refused(box, ['add', "my data's.csv"], 'path-tracked', "my data's.csv"));
    box.ok(['add', "my data's.csv"]);
    expect(box.git(['ls-files'])).not.toContain("my data's.csv\n");
  });

  test('a README stays in Git where .varveignore names it', () => {
    box.repository();
    for (const name of ['README.md', '1.csv', '2.csv', '3.csv', '4.csv']) box.write(`repo/d/${name}`, name);
    box.git(['add', '-A']);
    const remedy = refused(box, ['add', 'd'], 'path-tracked', 'd/1.csv');
    expect(remedy).toContain('.varveignore');
    expect(remedy).toContain('5 files');
    box.write('repo/.varveignore', 'README.md\n');
    follow(refused(box, ['add', 'd'], 'path-tracked', 'd/1.csv'));
    box.ok(['add', 'd']);
    expect(box.git(['ls-files', 'd'])).toBe('d/README.md\n');
    expect(box.json(['status']).datasets).toMatchObject([{ state: 'unchanged' }]);
    for (const name of ['1.csv', '4.csv']) rmSync(box.path('repo/d', name));
    box.ok(['checkout', '--force']);
    expect(readdirSync(box.path('repo/d'))).toHaveLength(5);
    box.write('repo/d/run.py', 'print()');
    box.write('repo/.varveignore', 'README.md\n*.py\n');
    box.git(['add', '-f', 'd/run.py']);
    box.ok(['add', 'd']);
    rmSync(box.path('repo/d/1.csv'));
    refused(box, ['checkout', '--force'], 'settings-untrusted', 'd');
  });

  test('any file stays in Git that .varveignore names; data comes beside it once this machine agreed', () => {
    box.repository().withRemote();
    for (const name of ['load.py', 'conf/a.json', '1.csv', 'sub/2.csv']) box.write(`repo/d/${name}`, name);
    box.write('repo/.varveignore', '*.py\nconf/\n');
    box.git(['add', 'd/load.py', 'd/conf']);
    box.ok(['add', 'd']);
    box.ok(['push']);
    box.commit('v1');
    expect(box.git(['ls-files', 'd'])).toBe('d/conf/a.json\nd/load.py\n');
    // Whoever makes a dataset agrees by that.
    rmSync(box.path('repo/d/1.csv'));
    box.ok(['checkout', 'd']);
    box.write('repo/d/load.py', 'changed');
    expect(box.git(['status', '--porcelain'])).toBe(' M d/load.py\n');
    box.git(['add', 'd/load.py']);
    box.git(['commit', '-qm', 'v2']);
    box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
    expect(box.json(['status'], 'clone')).toMatchObject({ datasets: [{ path: 'd', state: 'missing' }] });
    const { settings } = box.json<{ settings: Record<string, string>[] }>(['trust', '--show'], 'clone');
    const code = settings.find(({ about }) => about === 'code')!;
    expect(code).toMatchObject({ name: 'd', trusted: false });
    const remote = settings.find(({ about }) => about === 'remote')!.fingerprint!;
    box.ok(['trust', remote], 'clone');
    expect(refused(box, ['pull'], 'settings-untrusted', 'd', 'clone')).toContain(code.fingerprint);
    box.ok(['trust', code.fingerprint!], 'clone');
    box.ok(['pull'], 'clone');
    expect(box.ok(['status'], 'clone')).toContain('nothing changed');
    expect(readFileSync(box.path('clone/d/sub/2.csv'), 'utf8')).toBe('sub/2.csv');
    box.ok(['checkout', '--force'], 'clone');
    expect(readFileSync(box.path('clone/d/load.py'), 'utf8')).toBe('changed');
    expect(box.git(['status', '--porcelain'], 'clone')).toBe('');
    box.write('clone/d/3.csv', '3');
    expect(box.json(['add', 'd'], 'clone')).toMatchObject({ datasets: [{ files: 3 }] });
    rmSync(box.path('clone/d/3.csv'));
    box.ok(['checkout', '--force'], 'clone');
  });

  test('the data of a pointer never takes the place of what .varveignore leaves out', () => {
    box.repository();
    for (const name of ['load.py', '1.csv']) box.write(`repo/d/${name}`, name);
    box.ok(['add', 'd']);
    box.commit('all is data');
    box.write('repo/.varveignore', '*.py\n');
    box.git(['add', '-f', 'd/load.py']);
    box.write('repo/d/load.py', 'in Git');
    box.ok(['trust']);
    refused(box, ['checkout', '--force'], 'path-tracked', 'd/load.py');
  });

  test('pointers and repositories within are named, and no command that would untrack them', () => {
    box.repository();
    box.write('repo/d/a.csv', 'a\n1\n');
    box.write('repo/d/b.csv', 'a\n1\n');
    box.ok(['add', 'd/a.csv']);
    box.git(['add', '-A', '--', 'd/a.csv.varve']);
    expect(refused(box, ['add', 'd'], 'dataset-nested', 'd/a.csv.varve')).not.toContain('git rm');
    box.repository('other');
    box.write('other/x', 'x');
    box.commit('x', 'other');
    box.git(['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', box.path('other'), 'e/sub']);
    box.write('repo/e/c.csv', 'a\n1\n');
    expect(refused(box, ['add', 'e'], 'nested-repository', 'e/sub')).not.toContain('git rm');
  });
});

test('what is no path is not advised to be added', () => {
  box.repository();
  expect(box.varve(['status', 'v1']).err).not.toContain('varve add v1');
  box.write('repo/it is here', 'x');
  expect(box.varve(['status', 'it is here']).err).toContain("varve add 'it is here'");
});

test('names that another system cannot keep are warned about, once, and added', () => {
  box.repository();
  for (const name of ['a:b', 'c:d', 'x']) box.write(`repo/d/${name}`, name);
  const { code, err, out } = box.varve(['add', 'd']);
  expect(code, err).toBe(0);
  expect(err.match(/which no name on Windows has/g)).toHaveLength(1);
  expect(err).toContain('"d/a:b"');
  expect(out).toContain('3 files');
});

describeWithMinio('data that stays in a bucket', (server) => {
  let raw: DataInBucket;
  beforeEach(() => {
    raw = new DataInBucket(server, box);
  });

  test('add refuses what it cannot make sense of', async () => {
    await raw.fill({ versioned: false });
    expect(raw.refused(['add', raw.url()])).toMatchObject({ code: 'usage' });
    expect(raw.refused(['add', 'x', '--to', 'data/raw'])).toMatchObject({ code: 'usage' });
    expect(raw.refused(['add', raw.url(), raw.url(), '--to', 'data/raw'])).toMatchObject({ code: 'usage' });
    expect(raw.refused(['add', `s3://${raw.bucket}/nothing`, '--to', 'data/raw'])).toMatchObject({
      code: 'path-missing',
    });
    expect(raw.refused(['add', 's3://varve-no-such-bucket/x', '--to', 'data/raw'])).toMatchObject({
      code: 'bucket-missing',
    });
    expect(raw.refused(['add', raw.url(), '--to', '../out'])).toMatchObject({ code: 'path-outside' });
    box.write('repo/data/raw/mine', 'mine');
    expect(raw.refused(['add', raw.url(), '--to', 'data/raw'])).toMatchObject({ code: 'path-taken' });
    rmSync(box.path('repo/data/raw'), { recursive: true });
    box.write('repo/.varveignore', 'sub/\n');
    expect(raw.add()).toMatchObject({ files: 1 });
  });

  test('is profiled in parts, and nothing of it is kept', async () => {
    await raw.fill({ versioned: false });
    raw.add();
    const part = (number: number) => [
      'profile',
      'data/raw',
      '--part',
      `${number}/2`,
      '--output',
      `${number}`,
    ];
    for (const number of [1, 2]) box.ok(part(number));
    const merged = box.ok(['profile', '--merge', '2', '1', '--json']);
    expect(raw.bytesIn('repo/.git/varve')).not.toContain('jack a dull boy');
    box.ok(['add', `${raw.url()}/sub/large.csv`, '--to', 'data/one.csv']);
    box.ok(['profile', 'data/one.csv', '--part', '1/1', '--output', 'one']);
    const lone = box.ok(['profile', '--merge', 'one', '--json']);
    expect(raw.bytesIn('repo/.git/varve')).not.toContain('jack a dull boy');
    await raw.put('raw/a.csv', CSV.replace('1,a', '9,a'));
    const refused = [1, 2].map((number) => box.varve(part(number)));
    expect(refused.map(({ code }) => code).sort()).toEqual([0, 2]);
    expect(refused.map(({ err }) => err).join('')).toContain('was replaced since it was added');
    await raw.put('raw/a.csv', CSV);
    box.ok(['pull']);
    const tables = (json: string) => JSON.stringify(JSON.parse(json).tables);
    expect(tables(merged)).toBe(tables(box.ok(['profile', 'data/raw', '--json'])));
    expect(tables(lone)).toBe(tables(box.ok(['profile', 'data/one.csv', '--json'])));
  });

  test('keys that no checkout could make are refused by name', async () => {
    for (const [key, what] of [
      ['raw/a\\b', 'backslash'],
      ['raw/.git/config', '.git'],
      ['raw/new\nline', 'control character'],
      ['raw/nested.varve', 'pointer'],
      ['raw/.varveignore', 'belongs'],
      ['raw/bytes/', 'slash'],
    ] as const) {
      raw.bucket = await server.makeBucket();
      await raw.put('raw/ok', 'ok');
      try {
        await raw.put(key, 'x');
      } catch {
        continue;
      }
      expect(raw.refused(['add', raw.url(), '--to', 'data/raw']), key).toMatchObject({
        code: 'key-unsupported',
        message: expect.stringContaining(what),
      });
    }
    expect(existsSync(box.path('repo/data'))).toBe(false);
  });

  test('where versions are kept, an old snapshot is still there after its objects were replaced and removed', async () => {
    await raw.fill({ versioned: true });
    raw.add();
    box.commit('v1');
    await raw.put('raw/a.csv', 'id,name\n3,c\n');
    await raw.remove('raw/sub/large.csv');
    await raw.put('raw/new.csv', CSV);
    expect(raw.add()).toMatchObject({ change: 'changed', files: 3 });
    expect(box.json<{ datasets: object[] }>(['diff']).datasets).toMatchObject([
      {
        path: 'data/raw',
        change: 'modified',
        files: [
          { path: 'a.csv', change: 'modified' },
          { path: 'new.csv', change: 'added' },
          { path: 'sub/large.csv', change: 'removed' },
        ],
      },
    ]);
    box.commit('v2');
    box.ok(['pull']);
    expect(raw.data('a.csv')).toBe('id,name\n3,c\n');
    box.git(['checkout', '-q', 'HEAD~1', '--', 'data/raw.varve']);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'outdated' }] });
    box.ok(['pull']);
    expect(raw.data('a.csv')).toBe(CSV);
    expect(raw.data('sub/large.csv')).toBe(LARGE);
    expect(existsSync(box.path('repo/data/raw/new.csv'))).toBe(false);
    // What both snapshots have was read once.
    box.git(['checkout', '-q', 'HEAD', '--', 'data/raw.varve']);
    box.ok(['checkout']);
    expect(raw.data('a.csv')).toBe('id,name\n3,c\n');
    const { datasets } = box.json<{ datasets: object[] }>(['diff', 'HEAD~1', 'HEAD']);
    expect(datasets).toMatchObject([
      { files: [{ path: 'a.csv' }, { path: 'new.csv' }, { path: 'sub/large.csv' }] },
    ]);
  });

  test('adding the data itself gives it statistics, and a change makes it a copy', async () => {
    await raw.fill({ versioned: false });
    box.withRemote();
    raw.add();
    expect(box.json(['describe', 'data/raw'])).toMatchObject({ source: raw.url(), files: 3, tables: null });
    box.ok(['pull']);
    expect(box.json(['add', 'data/raw'])).toMatchObject({
      datasets: [{ change: 'changed', source: raw.url(), rows: expect.any(Number) }],
    });
    expect(raw.pointer()).toContain('profile: sha256:');
    box.commit('profiled');
    const described = (format: string) => JSON.parse(box.ok(['describe', 'data/raw', '--format', format]));
    expect(described('openlineage').dataset).toMatchObject({
      namespace: `s3://${raw.bucket}`,
      name: 'raw',
      facets: { schema: { fields: expect.arrayContaining([expect.objectContaining({ name: './name' })]) } },
    });
    expect(described('croissant').distribution).toContainEqual(
      expect.objectContaining({
        contentUrl: `s3://${raw.bucket}/raw/a.csv`,
        sha256: createHash('sha256').update(CSV).digest('hex'),
      }),
    );
    box.ok(['push']);
    box.clone('repo', 'ci');
    box.ok(['fetch', '--profiles-only'], 'ci');
    expect(box.ok(['profile', 'data/raw'], 'ci')).toContain('name');
    expect(existsSync(box.path('ci/data/raw'))).toBe(false);
    box.write('repo/data/raw/a.csv', 'id,name\n9,z\n');
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'modified' }] });
    expect(box.json<AddedInPlace>(['add', 'data/raw']).datasets[0]).not.toHaveProperty('source');
    expect(raw.pointer()).not.toContain('source');
    box.ok(['push']);
    expect(raw.bytesIn('remote')).toContain('jack');
  });

  test('a single object, by either client; without a remote', async () => {
    await raw.fill({ versioned: true });
    const source = `minio://lab/${raw.bucket}/raw/a.csv`;
    const { AWS_ENDPOINT_URL_S3: _, ...keys } = box.env;
    for (const name of Object.keys(box.env)) delete box.env[name];
    Object.assign(box.env, keys);
    box.ok(['add', source, '--to', 'data/one.csv', '--endpoint', server.endpoint]);
    const text = readFileSync(box.path('repo/data/one.csv.varve'), 'utf8');
    expect(text).toContain('kind: file');
    expect(text).not.toContain('127.0.0.1');
    expect(readFileSync(box.path('repo/.varve/config.local.yaml'), 'utf8')).toContain(server.endpoint);
    expect(box.ok(['describe', 'data/one.csv', '--format', 'mltable'])).toContain(
      `- file: s3://${raw.bucket}/raw/a.csv\n`,
    );
    box.ok(['pull']);
    expect(readFileSync(box.path('repo/data/one.csv'), 'utf8')).toBe(CSV);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged', kind: 'file' }] });
    expect(box.ok(['profile', 'data/one.csv'])).toContain('name');
    await raw.put('raw/a.csv', 'changed');
    rmSync(box.path('repo/.git/varve/cache'), { recursive: true });
    rmSync(box.path('repo/data/one.csv'));
    expect(raw.refused(['pull'])).toMatchObject({ code: 'remote-unset' });
    expect(box.json<AddedInPlace>(['add', source, '--to', 'data/one.csv']).datasets[0]).toMatchObject({
      bytes: 7,
    });
  });

  describe('through a faulty network', () => {
    let faulty: FaultyS3;
    beforeEach(async () => {
      raw.bucket = await server.makeBucket();
      faulty = await startFaultyS3(server.endpoint, () => undefined);
    });
    afterEach(() => faulty.close());

    test('each object is asked about once: adding again costs a listing and what changed', {
      timeout: 60_000,
    }, async () => {
      for (let at = 0; at < 20; at++) await raw.put(`raw/${at % 3}/${at}`, 'first');
      raw.reachAt(faulty.endpoint);
      const asked = async () => {
        const before = faulty.seen.length;
        expect(await box.later(['add', `s3://${raw.bucket}/raw`, '--to', 'data/raw'])).toMatchObject({
          code: 0,
        });
        const methods = faulty.seen.slice(before).map(({ method }) => method);
        return { heads: methods.filter((method) => method === 'HEAD').length, all: methods.length };
      };
      const first = await asked();
      expect(first.heads).toBeGreaterThanOrEqual(20);
      const again = await asked();
      expect(again.heads).toBe(first.heads - 20);
      await raw.put('raw/0/0', 'another');
      expect((await asked()).heads).toBe(again.heads + 1);
      expect(again.all).toBeLessThan(5);
    });
  });
});
