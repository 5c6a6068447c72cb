import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Client } from 'minio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { seededBytes } from '../support/stores.ts';

const WHOLE = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(1, 3_000_000)]);

describeWithMinio('--redirect', (minio) => {
  let box: Sandbox;
  let server: ServeProcess;
  let key: { id: string; secret: string };

  beforeAll(async () => {
    box = new Sandbox().repository();
    Object.assign(box.env, minio.env);
    box.write('repo/d/a b.png', WHOLE);
    box.write('repo/d/small.txt', 'small');
    box.ok(['add', 'd']);
    const bucket = await minio.makeBucket();
    box.ok(['remote', 'add', 'origin', `s3://${bucket}/team`]);
    box.commit('one');
    expect(await box.later(['push'])).toMatchObject({ code: 0 });
    key = box.json(['serve', 'key', 'add']);
    box.clone('repo', 'clone');
    server = await startServe(box, ['--redirect'], 'clone');
  });
  afterAll(async () => {
    await server?.stop();
    box?.remove();
  });

  const client = (url: string): S3Client =>
    new S3Client({
      endpoint: url,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
    });

  function curl(path: string, ...more: string[]): Buffer {
    const sign = ['--aws-sigv4', 'aws:amz:us-east-1:s3', '--user', `${key.id}:${key.secret}`];
    const sha = ['-H', `x-amz-content-sha256: ${createHash('sha256').digest('hex')}`];
    return spawnSync('curl', ['-sS', ...sign, ...sha, ...more, server.url + path], { maxBuffer: 1 << 24 })
      .stdout;
  }

  test('what the remote holds whole is read there, by who may read and no longer than said', async () => {
    const head = curl('/clone/main/d/a%20b.png', '-i').toString('latin1');
    expect(head).toMatch(/^HTTP\/1\.1 307 /);
    expect(head).toContain('<Code>TemporaryRedirect</Code>');
    expect(head.toLowerCase()).toContain('cache-control: no-store');
    const address = new URL(/location: (\S+)/i.exec(head)![1]!);
    expect(address.origin).toBe(new URL(minio.endpoint).origin);
    expect(address.searchParams.get('X-Amz-Expires')).toBe('300');
    expect(head).not.toContain(minio.secretKey);
    expect(server.log()).not.toContain('X-Amz-Signature');
    const read = await fetch(address);
    expect(Buffer.from(await read.arrayBuffer()).equals(WHOLE)).toBe(true);
    const part = await fetch(address, { headers: { Range: 'bytes=5-9' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, WHOLE.subarray(5, 10)]);
    const plain = await fetch(`${server.url}/clone/main/d/a%20b.png`, { redirect: 'manual' });
    expect([plain.status, plain.headers.get('location')]).toEqual([403, null]);
  });

  test('what else is asked for is answered here', async () => {
    const s3 = client(server.url);
    const get = (path: string, more = {}) =>
      s3.send(new GetObjectCommand({ Bucket: 'clone', Key: path, ...more }));
    expect(await (await get('main/d/small.txt')).Body!.transformToString()).toBe('small');
    // The conditions speak of ETags of this server.
    const whole = await get('main/d/a b.png', { IfMatch: '*' });
    expect(Buffer.from(await whole.Body!.transformToByteArray()).equals(WHOLE)).toBe(true);
    const named = await get('main/d/a b.png', { ResponseContentType: 'image/png' });
    expect(named.ContentType).toBe('image/png');
    named.Body!.transformToByteArray().catch(() => undefined);
    expect(curl('/clone/main/d/a%20b.png', '-I').toString()).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('clients that follow read it, by an address that is signed, or without a key', async () => {
    const { hostname, port } = new URL(server.url);
    const keys = { accessKey: key.id, secretKey: key.secret };
    const own = new Client({
      endPoint: hostname,
      port: Number(port),
      useSSL: false,
      region: 'us-east-1',
      ...keys,
    });
    const address = await own.presignedGetObject('clone', 'main/d/a b.png', 60);
    expect(spawnSync('curl', ['-sSL', address], { maxBuffer: 1 << 24 }).stdout.equals(WHOLE)).toBe(true);
    expect(Buffer.from(await (await fetch(address)).arrayBuffer()).equals(WHOLE)).toBe(true);
    const everybody = await startServe(box, ['--redirect', '--anonymous'], 'clone');
    const answer = await fetch(`${everybody.url}/clone/main/d/a%20b.png`);
    expect([answer.redirected, Buffer.from(await answer.arrayBuffer()).equals(WHOLE)]).toEqual([true, true]);
    await everybody.stop();
  });

  test('a remote of MinIO is read as one of S3, and one that is a folder leads nowhere', async () => {
    const bucket = await minio.makeBucket();
    const alias = new URL(minio.endpoint);
    alias.username = minio.accessKey;
    alias.password = minio.secretKey;
    box.env.MC_HOST_lab = alias.href;
    box.ok(['remote', 'add', 'lab', `minio://lab/${bucket}`]);
    box.ok(['remote', 'default', 'lab']);
    expect(await box.later(['push'])).toMatchObject({ code: 0 });
    const lab = await startServe(box, ['--redirect', '--anonymous']);
    const answer = await fetch(`${lab.url}/repo/main/d/a%20b.png`);
    expect([answer.redirected, Buffer.from(await answer.arrayBuffer()).equals(WHOLE)]).toEqual([true, true]);
    await lab.stop();
    box.ok(['remote', 'add', 'folder', box.path('remote')]);
    box.ok(['remote', 'default', 'folder']);
    box.ok(['push']);
    const folder = await startServe(box, ['--redirect', '--anonymous']);
    const here = await fetch(`${folder.url}/repo/main/d/a%20b.png`);
    expect([here.redirected, here.status]).toEqual([false, 200]);
    await here.arrayBuffer();
    await folder.stop();
  });
});
