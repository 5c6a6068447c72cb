import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { openRemote } from '../../src/remote/open.ts';
import { Store } from '../../src/store/store.ts';
import { sha256 } from '../remote/contract.ts';
import { CSV, DataInBucket, LARGE } from '../support/data-in-bucket.ts';
import { Sandbox as DvcSandbox, describeWithDvc } from '../support/dvc-sandbox.ts';
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

/** Puts a manifest of the attacker's making into a remote, and its pointer into a repository. */
async function hostileSnapshot(lines: readonly object[]): Promise<void> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const store = await Store.open(new FolderRemote(box.path('remote')));
  const batch = store.batch();
  await batch.addBytes(Buffer.from('evil'), 'data');
  const { digest } = await batch.addBytes(Buffer.from(text), 'meta');
  await batch.commit();
  await store.close();
  box.write(
    'repo/data.varve',
    `varve: 1\npath: data\nkind: directory\ndigest: ${digest}\nbytes: 4\nfiles: 1\n`,
  );
}

const same = (a: string, b: string) => expect(box.run('diff', ['-r', a, b], '.').out).toBe('');

const pointerTo = (digest: string, extra = '') =>
  `varve: 1\npath: raw\nkind: directory\ndigest: ${digest}\nbytes: 1\nfiles: 1\nsource: "s3://bucket/raw"\n${extra}`;

/** Puts a list of data in place into the cache, as one that came from a hostile remote would lie there. */
async function listInCache(text: string): Promise<string> {
  const cache = await Store.open(await openRemote(box.path('repo/.git/varve/cache')));
  const batch = cache.batch();
  const { digest } = await batch.addBytes(Buffer.from(text), 'meta');
  await batch.commit();
  await cache.close();
  return digest;
}

describe('a hostile remote', () => {
  const digest = `sha256:${createHash('sha256').update('evil').digest('hex')}`;
  const names = [
    '../evil',
    '/tmp/evil',
    'a/../../evil',
    'a//b',
    './a',
    'a\\b',
    '.git/hooks/pre-commit',
    'a/.GIT/config',
    'a\0b',
    '',
  ];
  test('cannot name paths outside of the dataset, or inside of Git', async () => {
    box.repository().withRemote();
    for (const path of names) {
      await hostileSnapshot([{ path, size: 4, digest }]);
      refused(box, ['pull'], 'manifest-damaged', 'data');
    }
    expect(existsSync(box.path('evil'))).toBe(false);
  });

  test('cannot list a file twice, out of order, or below a file', async () => {
    box.repository().withRemote();
    for (const paths of [
      ['a', 'a'],
      ['b', 'a'],
      ['a', 'a/b'],
    ]) {
      await hostileSnapshot(paths.map((path) => ({ path, size: 4, digest })));
      refused(box, ['pull'], 'manifest-damaged', 'data');
    }
  });

  test('cannot give other bytes than the digest names', () => {
    box.repository().withRemote();
    box.write('repo/f.bin', 'precious bytes');
    box.ok(['add', 'f.bin']);
    box.commit('v1');
    box.ok(['push']);
    box.clone('repo', 'clone');
    for (const name of readdirSync(box.path('remote/packs'))) {
      const file = box.path('remote/packs', name);
      const bytes = readFileSync(file);
      bytes[bytes.indexOf('precious')]! ^= 1;
      writeFileSync(file, bytes);
    }
    refused(box, ['pull'], 'digest-mismatch', 'f.bin', 'clone');
    expect(existsSync(box.path('clone/f.bin'))).toBe(false);
  });

  test('has lost an object', () => {
    box.repository().withRemote();
    box.write('repo/f.bin', 'x');
    box.ok(['add', 'f.bin']);
    box.commit('v1');
    box.clone('repo', 'clone');
    refused(box, ['pull'], 'object-missing', 'f.bin', 'clone');
    refused(box, ['checkout'], 'object-missing', 'f.bin', 'clone');
  });
});

test('a clone gets the same bytes, modes and empty folders', () => {
  box.repository();
  manyFiles(box);
  box.write('repo/data/table.csv', 'a,b\n1,2\n');
  box.ok(['add', 'data/many', 'data/table.csv']);
  box.withRemote().commit('v1');
  expect(box.git(['ls-files']).split('\n')).toEqual(
    expect.arrayContaining(['data/many.varve', 'data/table.csv.varve', 'data/.gitignore']),
  );
  expect(box.git(['status', '--short', '--ignored'])).not.toContain('??');
  box.ok(['push']);
  box.clone('repo', 'clone');
  expect(
    box.json<{ datasets: { state: string }[] }>(['status'], 'clone').datasets.map(({ state }) => state),
  ).toEqual(['missing', 'missing']);
  box.ok(['pull'], 'clone');
  same('repo/data', 'clone/data');
  expect(statSync(box.path('clone/data/many/run.sh')).mode & 0o111).not.toBe(0);
  expect(statSync(box.path('clone/data/many/empty.txt')).mode & 0o111).toBe(0);
  expect(readdirSync(box.path('clone/data/many/hollow/inner'))).toEqual([]);
  expect(box.ok(['status'], 'clone')).toContain('nothing changed');
  expect(box.git(['status', '--short'], 'clone')).toBe('');
});

test('a part of a dataset can be pulled, worked on and added again; the rest stays in the snapshot', () => {
  box.repository();
  manyFiles(box);
  box.ok(['add', 'data/many']);
  box.withRemote().commit('v1');
  box.ok(['push']);
  box.clone('repo', 'clone');
  box.ok(['pull', 'data/many/a', 'data/many/run.sh'], 'clone');
  expect(readdirSync(box.path('clone/data/many')).sort()).toEqual(['a', 'run.sh']);
  expect(box.ok(['status'], 'clone')).toContain('partial    data/many');
  box.ok(['pull'], 'clone');
  expect(readdirSync(box.path('clone/data/many')).sort()).toEqual(['a', 'run.sh']);

  box.write('clone/data/many/a/two.txt', 'two');
  rmSync(box.path('clone/data/many/run.sh'));
  box.ok(['add', 'data/many'], 'clone');
  box.commit('v2', 'clone');
  box.ok(['push'], 'clone');
  box.git(['pull', '-q', box.path('clone'), 'main']);
  box.ok(['pull']);
  expect(readFileSync(box.path('repo/data/many/a/two.txt'), 'utf8')).toBe('two');
  expect(existsSync(box.path('repo/data/many/run.sh'))).toBe(false);
  expect(readFileSync(box.path('repo/data/many/ü/Größe 1.txt'), 'utf8')).toBe('umlaut');
  box.ok(['pull', 'data/many'], 'clone');
  same('repo/data/many', 'clone/data/many');
});

test('what the remote has comes, what it lacks is named by commit and author, and the exit code is 1', () => {
  box.repository();
  for (const name of ['there.csv', 'not.csv']) box.write(`repo/${name}`, `${name}\n1\n`);
  box.ok(['add', 'there.csv', 'not.csv']);
  box.ok(['remote', 'add', 'origin', '../remote']);
  box.commit('both, of which one is pushed');
  box.ok(['push', 'there.csv']);
  box.clone('repo', 'clone');
  box.ok(['trust'], 'clone');
  const { code, out, err } = box.varve(['pull'], 'clone');
  expect(code, err).toBe(1);
  expect(readFileSync(box.path('clone/there.csv'), 'utf8')).toBe('there.csv\n1\n');
  expect(existsSync(box.path('clone/not.csv'))).toBe(false);
  expect(out).toMatch(
    /not\.csv {2}sha256:[0-9a-f]{12} {2}commit [0-9a-f]{12}, Ann, .*: both, of which one is pushed/,
  );
  expect(box.json(['fetch', '--all-commits'], 'clone', 1)).toMatchObject({
    lacking: [{ path: 'not.csv', author: 'Ann' }],
  });
  // Alone, it is an error, which says whom to ask.
  const alone = box.varve(['pull', 'not.csv'], 'clone');
  expect(alone.code).toBe(2);
  box.git(['clone', '-q', box.path('repo'), box.path('deeper/clone')], '.');
  box.ok(['trust'], 'deeper/clone');
  expect(box.varve(['pull'], 'deeper/clone').err).toContain('Nothing was ever pushed to origin');
  expect(alone.err).toMatch(/commit [0-9a-f]{12} of Ann on .*`varve push --all-commits`/);
});

describeWithDvc('a repository of DVC', () => {
  test('what the remote has comes, what it lacks is named by commit and author, and the exit code is 1', () => {
    const dvc = new DvcSandbox();
    try {
      dvc.repository();
      Object.assign(box.env, dvc.env);
      dvc.write('repo/there.txt', 'there');
      for (const name of ['one', 'two']) dvc.write(`repo/not/${name}.txt`, name);
      dvc.dvc('repo', 'add', '-q', 'there.txt', 'not');
      dvc.commit('repo', 'both, of which one is pushed');
      dvc.dvc('repo', 'push', '-q', 'there.txt');
      dvc.git('.', 'clone', '-q', 'repo', 'clone');
      const folder = `../${basename(dvc.folder)}/clone`;
      box.ok(['trust'], folder);
      const { code, out, err } = box.varve(['pull'], folder);
      expect(code, err).toBe(1);
      expect(dvc.read('clone/there.txt')).toBe('there');
      expect(existsSync(dvc.path('clone/not'))).toBe(false);
      expect(out).toMatch(
        / not {2}md5:[0-9a-f]{12} {2}commit [0-9a-f]{12}, .*: both, of which one is pushed/,
      );
      // A folder of which a single file is gone is named too.
      dvc.dvc('repo', 'push', '-q');
      rmSync(
        dvc.path('remote/files/md5', createHash('md5').update('two').digest('hex').replace(/^../, '$&/')),
      );
      expect(box.json(['fetch', '--all-commits'], folder, 1)).toMatchObject({
        snapshots: 1,
        lacking: [{ path: 'not', subject: 'both, of which one is pushed' }],
      });
      // Alone, it is an error that says who can send it.
      const alone = box.varve(['pull', 'not'], folder);
      expect(alone.code).toBe(2);
      expect(alone.err).toContain('not/two.txt');
      const shell = /`(varve push [^`]*)`/.exec(alone.err)![1]!;
      box.ok(['trust'], `../${basename(dvc.folder)}/repo`);
      box.ok(shell.split(' ').slice(1), `../${basename(dvc.folder)}/repo`);
      box.ok(['pull'], folder);
      expect(dvc.read('clone/not/two.txt')).toBe('two');
    } finally {
      dvc.remove();
    }
  });
});

test('a list from a stranger leads out of nothing, and no bucket is asked', async () => {
  box.repository();
  for (const path of ['../../out', '/tmp/out', 'a\\u0000b', '.git/hooks/x', 'folder/', '']) {
    const digest = await listInCache(`{"path":"${path}","size":1,"etag":"e"}\n`);
    box.write('repo/data/raw.varve', pointerTo(digest));
    for (const command of [['pull'], ['checkout', '--force']]) {
      const { code, err } = box.varve([...command, 'data/raw']);
      expect(err, path).toMatch(/manifest/);
      expect(code, path).toBe(2);
    }
  }
  // Nor do the keys of a table, by which its files are asked for.
  for (const key of ['../../out', 'a/../../out', '/out', 'a/..', '.git/config']) {
    const digest = await listInCache(`{"path":"a","key":"${key}","size":1,"etag":"e"}\n`);
    const table = pointerTo(digest, 'table: delta\ntable-version: "1"\nkeys: listed\n');
    box.write('repo/data/raw.varve', table.replace('varve: 1\n', 'varve: 10\n'));
    for (const command of [['pull'], ['checkout', '--force'], ['url'], ['ls', '-R']]) {
      const { code, err } = box.varve([...command, 'data/raw']);
      expect(err, key).toMatch(/manifest/);
      expect(code, key).toBe(2);
    }
  }
  expect(readdirSync(box.path('repo/data'))).toEqual(['raw.varve']);
});

test('a pointer cannot say whom the credentials of this machine are shown to', async () => {
  box.repository();
  let asked = 0;
  const evil = createServer((_, response) => {
    asked += 1;
    response.end();
  });
  const endpoint = await listening(evil);
  try {
    Object.assign(box.env, {
      AWS_ACCESS_KEY_ID: 'k',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_SESSION_TOKEN: 'secret',
      // Nobody listens there.
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
    });
    const digest = await listInCache('{"path":"a","size":1,"etag":"e"}\n');
    const pull = async () => (await box.later(['pull', 'data/raw', '--json'])).out;
    for (const extra of [`endpoint: ${endpoint}\n`, `region: x\n`]) {
      box.write('repo/data/raw.varve', pointerTo(digest, extra));
      expect(await pull()).toContain('pointer-damaged');
    }
    box.write('repo/data/raw.varve', pointerTo(digest).replace('s3://', `s3://x@127.0.0.1/`));
    expect(await pull()).toContain('error');
    box.write('repo/data/raw.varve', pointerTo(digest));
    const shared = readFileSync(box.path('repo/.varve/config.yaml'), 'utf8');
    box.write('repo/.varve/config.yaml', `${shared}sources: {"s3://bucket": {endpoint: "${endpoint}"}}\n`);
    expect(await pull()).toContain('config-damaged');
    box.write(
      'repo/.varve/config.yaml',
      `${shared}remotes: {"s3://bucket/raw": {url: "s3://bucket/raw", endpoint: "${endpoint}"}}\n`,
    );
    expect(await pull()).toContain('endpoint-unreachable');
    expect(asked).toBe(0);
  } finally {
    evil.close();
  }
});

function listening(server: Server): Promise<string> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ),
  );
}

describeWithMinio('data that stays in a bucket', (server) => {
  let raw: DataInBucket;
  beforeEach(() => {
    raw = new DataInBucket(server, box);
  });

  test('add lists, push sends the list alone, pull reads from the bucket', async () => {
    await raw.fill({ versioned: false });
    box.withRemote();
    expect(raw.add()).toMatchObject({ change: 'new', files: 3, bytes: CSV.length + LARGE.length + 5 });
    expect(raw.pointer()).toContain(`source: "s3://${raw.bucket}/raw"\n`);
    expect(raw.pointer()).not.toContain(server.endpoint);
    expect(raw.bytesIn('repo/.varve')).not.toContain('jack');
    expect(raw.add().change).toBe('unchanged');
    expect(box.json(['status'])).toMatchObject({ datasets: [{ path: 'data/raw', state: 'missing' }] });
    const commit = box.commit('in place');
    expect(box.json<{ versions: object[] }>(['log', 'data/raw']).versions).toMatchObject([
      { commit, snapshot: { files: 3 } },
    ]);

    const pushed = box.ok(['push']);
    expect(pushed).toContain(`data/raw lies in s3://${raw.bucket}/raw`);
    expect(raw.bytesIn('remote')).toContain('large.csv');
    expect(raw.bytesIn('remote')).not.toContain('jack');

    box.clone('repo', 'clone');
    expect(raw.refused(['checkout'], 'clone')).toMatchObject({ code: 'object-missing' });
    expect(box.ok(['pull'], 'clone')).toContain(`data/raw: 3 objects`);
    expect(raw.data('a.csv', 'clone')).toBe(CSV);
    expect(raw.data('sub/large.csv', 'clone')).toBe(LARGE);
    expect(raw.data('sub/ü b.txt', 'clone')).toBe('known');
    expect(existsSync(box.path('clone/data/raw/no.csv'))).toBe(false);
    expect(box.json(['status'], 'clone')).toMatchObject({ datasets: [{ state: 'unchanged' }] });
    expect(box.git(['status', '--porcelain'], 'clone')).toBe('');

    // From now on neither remote nor bucket is asked.
    rmSync(box.path('remote'), { recursive: true });
    rmSync(box.path('clone/data/raw'), { recursive: true });
    box.ok(['gc', '--grace', '0'], 'clone');
    expect(box.ok(['pull'], 'clone')).toContain('nothing had to be read');
    expect(raw.data('sub/large.csv', 'clone')).toBe(LARGE);
    expect(box.ok(['verify'], 'clone')).toContain('is whole');
    expect(box.ok(['profile', 'data/raw'], 'clone')).toContain('name');
  });

  test('a changed and a removed object fail by name where no versions are kept; what is right is kept', async () => {
    await raw.fill({ versioned: false });
    raw.add();
    await raw.put('raw/a.csv', CSV.replace('a', 'z'));
    expect(raw.refused(['pull', 'data/raw/a.csv'])).toMatchObject({
      code: 'source-changed',
      path: `s3://${raw.bucket}/raw/a.csv`,
      remedy: expect.stringContaining('add the data again'),
    });
    await raw.remove('raw/sub/large.csv');
    expect(raw.refused(['pull', 'data/raw/sub/large.csv'])).toMatchObject({
      code: 'source-changed',
      message: expect.stringContaining('was removed'),
    });
    expect(raw.refused(['pull'])).toMatchObject({ code: 'source-changed' });
    expect(existsSync(box.path('repo/data/raw'))).toBe(false);
    expect(box.ok(['pull', 'data/raw/sub/ü b.txt'])).toContain('nothing had to be read');
    expect(raw.data('sub/ü b.txt')).toBe('known');
    expect(readdirSync(box.path('repo/.varve')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('what was read is known by its SHA-256 from then on, here and, once added again, in every clone', async () => {
    await raw.fill({ versioned: false });
    box.withRemote();
    raw.add();
    box.ok(['pull']);
    box.commit('not read');
    const [before] = [raw.pointer()];
    expect(raw.add()).toMatchObject({ change: 'changed', files: 3 });
    expect(raw.pointer()).not.toBe(before);
    expect(raw.add().change).toBe('unchanged');
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged' }] });
    expect(box.json<{ datasets: { files: object[] }[] }>(['diff']).datasets[0]?.files).toEqual([]);
    box.commit('read');
    box.ok(['push']);
    // The same ETag and size, and other bytes: only the SHA-256 tells.
    const other = createServer((request, response) => {
      const content = Buffer.from(CSV.replace('a', 'z'));
      response.setHeader('ETag', `"${request.headers['if-match']?.replaceAll('"', '')}"`);
      response.end(content);
    });
    try {
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      box.clone('repo', 'clone');
      const endpoint = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      box.ok(['remote', 'source', `s3://${raw.bucket}`, '--endpoint', endpoint], 'clone');
      const { code, out } = await box.later(['pull', 'data/raw/a.csv', '--json'], 'clone');
      expect(code).toBe(2);
      expect(JSON.parse(out)).toMatchObject({
        error: { code: 'source-damaged', path: `s3://${raw.bucket}/raw/a.csv` },
      });
      expect(existsSync(box.path('clone/data/raw'))).toBe(false);
    } finally {
      other.close();
    }
  });

  test('a checksum that the server keeps is believed of nothing: bytes that do not have it are refused', async () => {
    await raw.fill({ versioned: false });
    await expect(raw.putWithChecksum('raw/lie', 'lie', sha256('truth'))).rejects.toThrow();
    raw.add();
    box.ok(['pull', 'data/raw/sub']);
    expect(readdirSync(box.path('repo/data/raw'))).toEqual(['sub']);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged', only: ['sub'] }] });
    expect(raw.refused(['add', 'data/raw'])).toMatchObject({ code: 'data-not-read' });
    box.ok(['pull', 'data/raw']);
    expect(raw.data('a.csv')).toBe(CSV);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged' }] });
  });

  describe('through a faulty network', () => {
    let faulty: FaultyS3;
    beforeEach(async () => {
      raw.bucket = await server.makeBucket();
      faulty = await startFaultyS3(server.endpoint, () => undefined);
    });
    afterEach(() => faulty.close());

    test('what comes is read again where it was damaged, cut off or refused on its way', {
      timeout: 60_000,
    }, async () => {
      const large = 'abcdefgh'.repeat(100_000);
      await raw.put('raw/large', large);
      await raw.put('raw/small', 'small');
      raw.add();
      raw.reachAt(faulty.endpoint);
      let asked = 0;
      faulty.choose = ({ url }) =>
        url.includes('GetObject') ? (['corrupt-download', 'truncate', '503'] as const)[asked++] : undefined;
      expect(await box.later(['pull'])).toMatchObject({ code: 0 });
      expect(asked).toBeGreaterThan(3);
      expect(raw.data('large')).toBe(large);
      expect(raw.data('small')).toBe('small');
    });

    test('what comes is not kept where two readings differ; it is kept where only its ETag is no MD5', async () => {
      await raw.put('raw/differs', '0000');
      await raw.put('raw/encrypted', '0000');
      await raw.put('raw/fine', 'fine');
      raw.add();
      let readings = 0;
      const other = createServer((request, response) => {
        response.setHeader('ETag', request.headers['if-match'] ?? '');
        const path = request.url?.split('?')[0] ?? '';
        if (path.endsWith('differs'))
          response.end(String(readings++).padStart(4, '0').replace('0000', 'zero'));
        else response.end(path.endsWith('fine') ? 'fine' : 'code');
      });
      raw.reachAt(await listening(other));
      const pulled = await box.later(['pull', '--json']);
      expect(JSON.parse(pulled.out)).toMatchObject({
        error: { code: 'source-damaged', path: `s3://${raw.bucket}/raw/differs` },
      });
      expect(existsSync(box.path('repo/data/raw'))).toBe(false);
      other.close();
      other.closeAllConnections();
      // Of the others, what had arrived is kept.
      expect(await box.later(['pull', 'data/raw/encrypted', 'data/raw/fine'])).toMatchObject({
        code: 0,
        out: expect.stringContaining('nothing had to be read'),
      });
      expect(raw.data('encrypted')).toBe('code');
      rmSync(box.path('repo/.varve/config.local.yaml'));
      box.ok(['pull', 'data/raw']);
      expect(raw.data('differs')).toBe('0000');
    });
  });
});
