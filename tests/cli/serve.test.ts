import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import {
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Client as MinioClient } from 'minio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { seededBytes } from '../support/stores.ts';

interface Key {
  readonly id: string;
  readonly secret: string;
}

/** Held as a whole object: its beginning is that of a PNG. */
const WHOLE = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(1, 24_000_000)]);
/** Cut into chunks. */
const CHUNKED = Buffer.from(
  Array.from({ length: 120_000 }, (_, at) => `${at},${at % 7},value ${at}\n`).join(''),
);

let box: Sandbox;
let server: ServeProcess;
let key: Key;
let first: string;
let second: string;

function clientOf({ id, secret }: Key, url = server.url): S3Client {
  return new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: id, secretAccessKey: secret },
  });
}

/** What S3 refuses a command with. */
async function refusalOf(command: Promise<unknown>): Promise<{ code: string; status: number | undefined }> {
  try {
    await command;
  } catch (error) {
    if (error instanceof S3ServiceException)
      return { code: error.name, status: error.$metadata.httpStatusCode };
    throw error;
  }
  throw new Error('it was not refused');
}

async function read(
  s3: S3Client,
  path: string,
  more: { Range?: string; IfMatch?: string } = {},
): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'repo', Key: path, ...more }));
  return Buffer.from(await Body!.transformToByteArray());
}

beforeAll(async () => {
  box = new Sandbox();
  box.repository().withRemote();
  box.write('repo/x.csv', 'a,b\n1,2\n');
  box.write('repo/d/a.png', WHOLE);
  box.write('repo/d/log.csv', CHUNKED);
  box.write('repo/d/sub/z & <é>.txt', 'odd');
  box.write('repo/d/empty', '');
  for (let at = 0; at < 1200; at++) box.write(`repo/many/${String(at).padStart(4, '0')}.txt`, `file ${at}`);
  box.ok(['add', 'x.csv', 'd', 'many']);
  first = box.commit('one');
  box.git(['tag', '-a', 'v1', '-m', 'first']);
  box.git(['branch', 'topic/first']);
  box.write('repo/x.csv', 'a,b\n1,2\n3,4\n');
  box.ok(['add', 'x.csv']);
  second = box.commit('two');
  box.ok(['push', '--all-commits']);
  key = JSON.parse(box.ok(['serve', 'key', 'add', '--name', 'tests', '--json'])) as Key;
  server = await startServe(box);
});
afterAll(async () => {
  await server?.stop();
  box.remove();
});

test('the server says where it listens and what it serves, and how it is', async () => {
  expect(server.said.repositories).toEqual([{ bucket: 'repo', root: box.path('repo') }]);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  for (const path of ['/healthz', '/readyz']) {
    const answer = await fetch(server.url + path);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  }
});

test('buckets are repositories, and revisions are their first folders', async () => {
  const s3 = clientOf(key);
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  expect(Buckets!.map(({ Name }) => Name)).toEqual(['repo']);
  await s3.send(new HeadBucketCommand({ Bucket: 'repo' }));
  expect(await refusalOf(s3.send(new HeadBucketCommand({ Bucket: 'other' })))).toMatchObject({ status: 404 });
  const top = await s3.send(new ListObjectsV2Command({ Bucket: 'repo', Delimiter: '/' }));
  expect(top.CommonPrefixes!.map(({ Prefix }) => Prefix)).toEqual(['main/', 'topic..first/', 'v1/']);
  const one = await s3.send(
    new ListObjectsV2Command({ Bucket: 'repo', Prefix: 'topic..first/d/', EncodingType: 'url' }),
  );
  expect(one.Contents!.map(({ Key, Size }) => [decodeURIComponent(Key!), Size])).toEqual([
    ['topic..first/d/a.png', WHOLE.length],
    ['topic..first/d/empty', 0],
    ['topic..first/d/log.csv', CHUNKED.length],
    ['topic..first/d/sub/z & <é>.txt', 3],
  ]);
  expect(one.Contents![0]!.ETag).toBe(`"${createHash('sha256').update(WHOLE).digest('hex')}"`);
});

test('each version is read under each of its names, and no other is', async () => {
  const s3 = clientOf(key);
  for (const name of ['main', second, second.slice(0, 10)])
    expect((await read(s3, `${name}/x.csv`)).toString()).toBe('a,b\n1,2\n3,4\n');
  for (const name of ['v1', 'topic..first', first])
    expect((await read(s3, `${name}/x.csv`)).toString()).toBe('a,b\n1,2\n');
  for (const path of [
    'main',
    'main/',
    'main/d',
    'main/d/',
    'main/d/a',
    'main/x.csv/y',
    'gone/x.csv',
    'main~1/x.csv',
    'HEAD^/x.csv',
    `${'0'.repeat(40)}/x.csv`,
    'main/../x.csv',
    'main/.git/config',
  ])
    expect(await refusalOf(read(s3, path))).toEqual({ code: 'NoSuchKey', status: 404 });
  const fixed = await s3.send(
    new HeadObjectCommand({ Bucket: 'repo', Key: `${first}/x.csv`, ChecksumMode: 'ENABLED' }),
  );
  expect(fixed.CacheControl).toContain('immutable');
  expect(fixed.ChecksumSHA256).toBe(createHash('sha256').update('a,b\n1,2\n').digest('base64'));
  const moving = await s3.send(new HeadObjectCommand({ Bucket: 'repo', Key: 'main/x.csv' }));
  expect([moving.CacheControl, moving.Metadata]).toEqual(['private, no-cache', { 'varve-commit': second }]);
  expect(Math.abs(moving.LastModified!.getTime() - Date.now())).toBeLessThan(3_600_000);
});

test('bytes in packs, in chunks and in files of their own come whole and in ranges', async () => {
  const s3 = clientOf(key);
  const files = {
    'd/a.png': WHOLE,
    'd/log.csv': CHUNKED,
    'd/sub/z & <é>.txt': Buffer.from('odd'),
    'd/empty': Buffer.alloc(0),
  };
  for (const [path, bytes] of Object.entries(files)) {
    // A range comes first: what it is cut from is verified before.
    const middle = Math.min(1_234_567, bytes.length - 1);
    if (bytes.length > 0) {
      expect(
        (await read(s3, `main/${path}`, { Range: `bytes=${middle}-${middle + 99_999}` })).equals(
          bytes.subarray(middle, middle + 100_000),
        ),
      ).toBe(true);
      expect((await read(s3, `main/${path}`, { Range: 'bytes=-2' })).equals(bytes.subarray(-2))).toBe(true);
    }
    expect((await read(s3, `main/${path}`)).equals(bytes)).toBe(true);
    expect((await read(s3, `main/${path}`)).equals(bytes)).toBe(true);
  }
  const range = await s3.send(
    new GetObjectCommand({ Bucket: 'repo', Key: 'main/d/a.png', Range: 'bytes=5-9' }),
  );
  expect([range.$metadata.httpStatusCode, range.ContentRange, range.ContentLength]).toEqual([
    206,
    `bytes 5-9/${WHOLE.length}`,
    5,
  ]);
  expect(await refusalOf(read(s3, 'main/d/empty', { Range: 'bytes=0-0' }))).toEqual({
    code: 'InvalidRange',
    status: 416,
  });
  expect(await refusalOf(read(s3, 'main/x.csv', { IfMatch: '"x"' }))).toEqual({
    code: 'PreconditionFailed',
    status: 412,
  });
  const { ETag } = await s3.send(new HeadObjectCommand({ Bucket: 'repo', Key: 'main/x.csv' }));
  const again = s3.send(new GetObjectCommand({ Bucket: 'repo', Key: 'main/x.csv', IfNoneMatch: ETag }));
  expect(await refusalOf(again)).toMatchObject({ status: 304 });
});

test('a listing stays with the version that it began with, and pages in either version of the call', async () => {
  box.git(['branch', 'moving', first]);
  await untilServed('moving/x.csv');
  const s3 = clientOf(key);
  const list = { Bucket: 'repo', Prefix: 'moving/' };
  const page = await s3.send(new ListObjectsV2Command({ ...list, MaxKeys: 5000 }));
  expect([page.KeyCount, page.MaxKeys, page.IsTruncated]).toEqual([1000, 1000, true]);
  rmSync(box.path('repo/many'), { recursive: true });
  box.ok(['rm', 'many']);
  box.git(['checkout', '-qb', 'emptied']);
  const emptied = box.commit('many is gone');
  box.git(['branch', '-f', 'moving', emptied]);
  await untilServed('moving/many/0000.txt', false);
  const rest = await s3.send(
    new ListObjectsV2Command({ ...list, ContinuationToken: page.NextContinuationToken }),
  );
  expect([...page.Contents!, ...rest.Contents!].length).toBe(1205);
  expect((await s3.send(new ListObjectsV2Command(list))).KeyCount).toBe(5);
  const behind = await s3.send(new ListObjectsV2Command({ ...list, StartAfter: 'moving/d/log.csv' }));
  expect(behind.Contents!.map(({ Key }) => Key)).toEqual(['moving/d/sub/z & <é>.txt', 'moving/x.csv']);
  const lost = s3.send(new ListObjectsV2Command({ ...list, ContinuationToken: 'nonsense' }));
  expect(await refusalOf(lost)).toEqual({ code: 'InvalidArgument', status: 400 });

  const v1 = { Bucket: 'repo', Prefix: 'v1/', Delimiter: '/', MaxKeys: 1 };
  const old = await s3.send(new ListObjectsCommand(v1));
  expect([old.CommonPrefixes, old.NextMarker]).toEqual([[{ Prefix: 'v1/d/' }], 'v1/d/']);
  const next = await s3.send(new ListObjectsCommand({ ...v1, Marker: old.NextMarker }));
  expect([next.CommonPrefixes, next.Contents, next.IsTruncated]).toEqual([
    [{ Prefix: 'v1/many/' }],
    undefined,
    true,
  ]);
  box.git(['checkout', '-q', 'main']);
});

async function untilServed(path: string, isServed = true): Promise<void> {
  const s3 = clientOf(key);
  await expect
    .poll(
      () =>
        s3.send(new HeadObjectCommand({ Bucket: 'repo', Key: path })).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(isServed);
}

test('nothing is answered without a key that holds, and nothing is written with one', async () => {
  const s3 = clientOf(key);
  expect(await refusalOf(read(clientOf({ ...key, secret: `${key.secret}x` }), 'main/x.csv'))).toEqual({
    code: 'SignatureDoesNotMatch',
    status: 403,
  });
  expect(await refusalOf(read(clientOf({ ...key, id: 'VARVEAAAAAAAAAAAAAAA' }), 'main/x.csv'))).toEqual({
    code: 'InvalidAccessKeyId',
    status: 403,
  });
  const plain = await fetch(`${server.url}/repo/main/x.csv`);
  expect([plain.status, await plain.text()]).toEqual([
    403,
    expect.stringContaining('<Code>AccessDenied</Code>'),
  ]);
  for (const Body of ['x', CHUNKED])
    expect(
      await refusalOf(s3.send(new PutObjectCommand({ Bucket: 'repo', Key: 'main/x.csv', Body }))),
    ).toEqual({ code: 'AccessDenied', status: 403 });
  for (const method of ['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) {
    const answer = await fetch(`${server.url}/repo/main/x.csv`, { method });
    expect([method, answer.status, await answer.text()]).toEqual([
      method,
      403,
      expect.stringContaining('AccessDenied'),
    ]);
  }
  expect((await read(s3, 'main/x.csv')).toString()).toBe('a,b\n1,2\n3,4\n');
});

test("MinIO's client reads, and its presigned address is read by anybody until it expires", async () => {
  const { hostname, port } = new URL(server.url);
  const minio = new MinioClient({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey: key.id,
    secretKey: key.secret,
  });
  expect((await minio.listBuckets()).map(({ name }) => name)).toEqual(['repo']);
  expect((await minio.statObject('repo', 'v1/d/log.csv')).size).toBe(CHUNKED.length);
  const address = await minio.presignedGetObject('repo', 'v1/d/sub/z & <é>.txt', 60, {
    'response-content-type': 'text/plain',
  });
  const answer = await fetch(address);
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    200,
    'text/plain',
    'odd',
  ]);
  expect(answer.headers.get('content-security-policy')).toContain('sandbox');
  expect((await fetch(address.replace('Expires=60', 'Expires=61'))).status).toBe(403);
  const names: string[] = [];
  for await (const { prefix, name } of minio.listObjectsV2('repo', 'v1/')) names.push(prefix ?? name);
  expect(names.sort()).toEqual(['v1/d/', 'v1/many/', 'v1/x.csv']);
});

test('a key is for its owner alone, and counts until it is removed', async () => {
  const file = box.path('.config/varve/serve-keys', `${key.id}.json`);
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  const other = box.json<{ id: string; secret: string; name?: string }>(['serve', 'key', 'add']);
  expect(box.ok(['serve', 'key', 'list'])).toContain('tests');
  expect(box.ok(['serve', 'key', 'list', '--json'])).not.toContain(other.secret);
  const s3 = clientOf(other);
  await expect.poll(() => read(s3, 'v1/x.csv').then(String, String), { timeout: 10_000 }).toBe('a,b\n1,2\n');
  const others = box.path('.config/varve/serve-keys', `${other.id}.json`);
  chmodSync(others, 0o644);
  const told = await startServe(box);
  expect(told.log()).toContain(`chmod 600 ${others}`);
  expect(told.log()).not.toContain(key.id);
  await told.stop();
  const open = await startServe(box, ['--anonymous', '--listen', '0.0.0.0:0']);
  expect(open.log()).toContain('whatever page on the web');
  await open.stop();
  box.ok(['serve', 'key', 'remove', other.id]);
  await expect
    .poll(() => read(s3, 'v1/x.csv').then(String, String), { timeout: 10_000 })
    .toContain('InvalidAccessKeyId');
  refused(box, ['serve', 'key', 'remove', other.id], 'access-key-unknown', other.id);
  refused(box, ['serve', 'key', 'add', '--name', 'a\nb'], 'access-key-invalid', '');
});

test('what cannot be served is refused before anything listens', () => {
  const serve = (...args: string[]): string[] => ['serve', '--listen', '127.0.0.1:0', ...args];
  refused(box, ['serve', '--listen', 'here'], 'listen-invalid', 'here');
  refused(box, ['serve', '--listen', server.url.replace('http://', '')], 'listen-failed', '127.0.0.1');
  refused(box, serve('--repo', 'A=.'), 'bucket-name-invalid', 'A');
  refused(box, serve('--repo', 'metrics=.'), 'bucket-name-invalid', 'metrics');
  refused(box, serve('--repo', '.', '../repo'), 'bucket-name-invalid', 'repo');
  refused(box, serve('--repo', '/'), 'repository-missing', '/');
  refused(box, serve('--tls-cert', 'x.csv'), 'tls-invalid', 'Only one');
  refused(box, serve('--tls-cert', 'x.csv', '--tls-key', 'x.csv'), 'tls-invalid', 'x.csv');
  refused(box, serve('--tls-cert', 'gone.pem', '--tls-key', 'x.csv'), 'path-missing', 'gone.pem');
  box.env.XDG_CONFIG_HOME = box.path('empty');
  refused(box, serve(), 'access-key-missing', 'serve-keys');
  box.env.XDG_CONFIG_HOME = box.path('repo/.config');
  refused(box, serve(), 'trust-unsafe', 'serve-keys');
  delete box.env.XDG_CONFIG_HOME;
});

test('a clone without data reads from its remote; damage and a lost remote are errors, never bytes', async () => {
  box.clone('repo', 'clone');
  const clone = await startServe(box, ['--anonymous'], 'clone');
  const get = (path: string): Promise<Response> => fetch(`${clone.url}/clone/main/${path}`);
  expect(await (await get('x.csv')).text()).toBe('a,b\n1,2\n3,4\n');
  expect(Buffer.from(await (await get('d/a.png')).arrayBuffer()).equals(WHOLE)).toBe(true);
  // Brought once, it lies in the cache, and is verified there again where its file was changed.
  const whole = createHash('sha256').update(WHOLE).digest('hex');
  const cached = box.path('clone/.git/varve/cache/objects', whole.slice(0, 2), whole.slice(2));
  box.run('chmod', ['u+w', cached]);
  const damaged = Buffer.from(WHOLE);
  damaged[2_000_000]! ^= 1;
  writeFileSync(cached, damaged);
  const range = await fetch(`${clone.url}/clone/main/d/a.png`, { headers: { Range: 'bytes=0-99' } });
  expect([range.status, await range.text()]).toEqual([
    500,
    expect.stringContaining('<Code>InternalError</Code>'),
  ]);
  await expect(get('d/a.png').then((answer) => answer.arrayBuffer())).rejects.toThrow();
  expect(clone.log()).toContain('digest-mismatch');

  box.run('mv', ['remote', 'remote.away'], '.');
  const lost = await get('d/log.csv');
  expect([lost.status, await lost.text()]).toEqual([
    expect.any(Number),
    expect.not.stringContaining(box.root),
  ]);
  expect(lost.status).toBeGreaterThanOrEqual(500);
  box.run('mv', ['remote.away', 'remote'], '.');
  await expect.poll(async () => (await get('d/log.csv')).status, { timeout: 10_000 }).toBe(200);
  expect(await clone.stop()).toBe(0);
});

test('a client may have so many requests at a time, and a stopped server gives what it began to give', async () => {
  const limited = await startServe(
    box,
    ['--anonymous', '--client-limit', '1', '--repo', `named=${box.path('repo')}`],
    '.',
  );
  expect(limited.said.repositories.map(({ bucket }) => bucket)).toEqual(['named']);
  const slow = await new Promise<import('node:http').IncomingMessage>((resolve) => {
    httpRequest(`${limited.url}/named/v1/d/a.png`, resolve).end();
  });
  const more = await fetch(`${limited.url}/named/v1/x.csv?X-Amz-Security-Token=secret`);
  expect([more.status, await more.text()]).toEqual([503, expect.stringContaining('SlowDown')]);
  const ended = limited.stop('SIGINT');
  const pieces: Buffer[] = [];
  for await (const piece of slow) pieces.push(piece as Buffer);
  expect(Buffer.concat(pieces).equals(WHOLE)).toBe(true);
  expect(await ended).toBe(0);
  const lines = limited
    .log()
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'info',
      msg: 'answered',
      status: 200,
      req: { method: 'GET', path: '/named/v1/d/a.png', client: '127.0.0.1' },
    }),
  );
  expect(limited.log()).not.toContain('secret');
});

test('with a certificate, TLS is spoken', async () => {
  const made = box.run(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ],
    '.',
  );
  expect(made.code).toBe(0);
  const tls = await startServe(box, ['--anonymous', '--tls-cert', '../cert.pem', '--tls-key', '../key.pem']);
  const { request } = await import('node:https');
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request(
      tls.url.replace('127.0.0.1', 'localhost'),
      { path: '/repo/v1/x.csv', ca: readFileSync(box.path('cert.pem')) },
      resolve,
    )
      .on('error', reject)
      .end();
  });
  expect(answer.statusCode).toBe(200);
  answer.resume();
  expect(await tls.stop()).toBe(0);
});
