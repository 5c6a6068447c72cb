import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GcResult } from '../../src/operations/backend/results.ts';
import { describeWithMinio } from '../support/minio.ts';
import {
  makeCertificates,
  type Served,
  serveNoting,
  serveProxy,
  serveTls,
} from '../support/reverse-proxy.ts';
import { Sandbox } from '../support/sandbox.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

describeWithMinio('AWS, as its command line has it', (server) => {
  let sandbox: Sandbox;
  let bucket: string;
  const served: Served[] = [];
  beforeEach(async () => {
    sandbox = new Sandbox().repository();
    bucket = await server.makeBucket();
    sandbox.write('repo/data.csv', 'a,b\n1,2\n');
    sandbox.ok(['add', 'data.csv']);
    sandbox.commit('data');
  });
  afterEach(() => {
    for (const one of served.splice(0)) one.close();
    sandbox.remove();
  });

  const keys = () => ({ AWS_ACCESS_KEY_ID: server.accessKey, AWS_SECRET_ACCESS_KEY: server.secretKey });
  const config = (text: string) => sandbox.write('.aws/config', text);
  const url = () => `s3://${bucket}/team`;
  async function serving(one: Promise<Served>): Promise<Served> {
    served.push(await one);
    return served.at(-1)!;
  }
  async function push(...remote: string[]) {
    sandbox.ok(['remote', 'add', 'origin', url(), ...remote]);
    const result = await sandbox.later(['push']);
    expect(result.code, result.err).toBe(0);
    return result;
  }

  test('a program of the profile gives the credentials, and is asked once', async () => {
    const program = sandbox.write(
      'credentials.sh',
      `#!/bin/sh\necho asked >> '${sandbox.path('asked')}'\necho '${JSON.stringify({
        Version: 1,
        AccessKeyId: server.accessKey,
        SecretAccessKey: server.secretKey,
      })}'\n`,
    );
    config(`[profile lab]\ncredential_process = sh ${program}\nendpoint_url = ${server.endpoint}\n`);
    await push('--profile', 'lab');
    expect(readFileSync(sandbox.path('asked'), 'utf8')).toBe('asked\n');
  });

  test('the endpoint is that of the profile, or of the services that it names', async () => {
    config(
      `[profile lab]\naws_access_key_id = ${server.accessKey}\naws_secret_access_key = ${server.secretKey}\nservices = there\nendpoint_url = http://127.0.0.1:9\n[services there]\ns3 =\n  endpoint_url = ${server.endpoint}\n`,
    );
    sandbox.env.AWS_PROFILE = 'lab';
    await push();
  });

  test('a profile that no file has is named', () => {
    sandbox.ok(['remote', 'add', 'origin', url(), '--profile', 'nowhere']);
    const failed = sandbox.json<{ error: { code: string; message: string } }>(['push'], 'repo', 2);
    expect(failed.error).toMatchObject({
      code: 'aws-profile-missing',
      message: expect.stringContaining('nowhere'),
    });
  });

  test('what the program for credentials says is shown by VARVE_DEBUG', () => {
    config(`[profile lab]\ncredential_process = sh -c 'echo no card in the reader >&2; exit 1'\n`);
    sandbox.ok(['remote', 'add', 'origin', url(), '--profile', 'lab', '--endpoint', server.endpoint]);
    expect(sandbox.varve(['push'])).toMatchObject({ code: 2, err: expect.not.stringContaining('no card') });
    sandbox.env.VARVE_DEBUG = '1';
    expect(sandbox.varve(['push'])).toMatchObject({ code: 2, err: expect.stringContaining('no card') });
  });

  test.skipIf(!hasOpenssl)(
    'certificates are trusted by AWS_CA_BUNDLE and by ca_bundle (skipped without openssl)',
    async () => {
      makeCertificates(sandbox.root);
      const tls = await serving(serveTls(server.endpoint, sandbox.root));
      Object.assign(sandbox.env, keys());
      const endpoint = `https://127.0.0.1:${tls.port}`;
      sandbox.ok(['remote', 'add', 'origin', url(), '--endpoint', endpoint, '--region', 'us-east-1']);
      expect(await sandbox.later(['push'])).toMatchObject({
        code: 2,
        err: expect.stringContaining('AWS_CA_BUNDLE'),
      });
      config(`[default]\nca_bundle = ${sandbox.path('ca.pem')}\n`);
      expect(await sandbox.later(['push'])).toMatchObject({ code: 0 });
      config('');
      sandbox.env.AWS_CA_BUNDLE = sandbox.path('ca.pem');
      sandbox.ok(['remote', 'add', 'again', `s3://${bucket}/again`, '--endpoint', endpoint]);
      expect(await sandbox.later(['push', '--remote', 'again'])).toMatchObject({ code: 0 });
      const proxy = await serving(serveProxy());
      sandbox.env.HTTPS_PROXY = `http://127.0.0.1:${proxy.port}`;
      const verified = await sandbox.later(['verify', '--remote', 'again']);
      expect(verified.code, verified.err).toBe(0);
      expect(proxy.asked.map(({ line }) => line)).toContain(`CONNECT 127.0.0.1:${tls.port}`);
      sandbox.env.AWS_CA_BUNDLE = sandbox.path('none.pem');
      const { code, err } = await sandbox.later(['push']);
      expect([code, err]).toEqual([2, expect.stringContaining('none.pem')]);
    },
  );

  test('requests go over the proxy of the machine, unless NO_PROXY names the server, by either client', async () => {
    const proxy = await serving(serveProxy());
    Object.assign(sandbox.env, keys(), { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` });
    await push('--endpoint', server.endpoint);
    expect(proxy.asked.some(({ line }) => line.startsWith(`PUT ${server.endpoint}/${bucket}/`))).toBe(true);
    const before = proxy.asked.length;
    sandbox.ok(['remote', 'add', 'lab', `minio://lab/${bucket}/lab`, '--endpoint', server.endpoint]);
    expect(await sandbox.later(['push', '--remote', 'lab'])).toMatchObject({ code: 0 });
    const after = proxy.asked.length;
    expect(after).toBeGreaterThan(before);
    sandbox.env.NO_PROXY = '127.0.0.1,localhost';
    expect(await sandbox.later(['verify', '--remote', 'origin'])).toMatchObject({ code: 0 });
    expect(proxy.asked.length).toBe(after);
  });

  test('a public bucket is read without credentials', async () => {
    Object.assign(sandbox.env, keys());
    await push('--endpoint', server.endpoint);
    const allowed = { Effect: 'Allow', Principal: '*' };
    const Statement = [
      { ...allowed, Action: 's3:ListBucket', Resource: `arn:aws:s3:::${bucket}` },
      { ...allowed, Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` },
    ];
    await server.client.setBucketPolicy(bucket, JSON.stringify({ Version: '2012-10-17', Statement }));
    for (const name of Object.keys(keys())) delete sandbox.env[name];
    sandbox.ok(['remote', 'add', 'public', url(), '--endpoint', server.endpoint, '--anonymous']);
    expect(await sandbox.later(['verify', '--remote', 'public'])).toMatchObject({ code: 0 });
  });

  test('encryption, ACL and who pays are said with what is written, and asked about once they come by Git', async () => {
    const noting = await serving(serveNoting(server.endpoint));
    Object.assign(sandbox.env, keys());
    sandbox.ok(
      ['remote', 'add', 'origin', url(), '--endpoint', `http://127.0.0.1:${noting.port}`].concat([
        '--acl',
        'bucket-owner-full-control',
        '--sse',
        'aws:kms',
        '--kms-key',
        'team',
        '--requester-pays',
      ]),
    );
    // This server has no keys of its own, and says so; what is asked of it is what counts.
    await sandbox.later(['push']);
    const written = noting.asked.filter(({ line }) => line.startsWith('PUT'));
    expect(written.length).toBeGreaterThan(0);
    for (const { headers } of written)
      expect(headers).toMatchObject({
        'x-amz-acl': 'bucket-owner-full-control',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'team',
        authorization: expect.stringContaining('x-amz-acl'),
      });
    expect(noting.asked.every(({ headers }) => headers['x-amz-request-payer'] === 'requester')).toBe(true);
    sandbox.write(
      'repo/.varve/config.yaml',
      `version: 1\nremotes:\n  aws:\n    url: ${url()}\n    acl: public-read\n`,
    );
    const refused = sandbox.json<{ error: { code: string } }>(['push', '--remote', 'aws'], 'repo', 2);
    expect(refused.error.code).toBe('settings-untrusted');
  });

  test('a bucket is named in the host where the settings say so', async () => {
    Object.assign(sandbox.env, keys(), { VARVE_DEBUG: '1' });
    const { port } = new URL(server.endpoint);
    const proxy = await serving(serveProxy());
    sandbox.env.HTTP_PROXY = `http://127.0.0.1:${proxy.port}`;
    sandbox.ok([
      'remote',
      'add',
      'origin',
      url(),
      '--endpoint',
      `http://localhost:${port}`,
      '--addressing',
      'virtual',
    ]);
    await sandbox.later(['push']);
    expect(proxy.asked[0]?.line).toContain(` http://${bucket}.localhost:${port}/team/`);
  });

  test('a gc says that a bucket which keeps versions keeps what it frees', async () => {
    bucket = await server.makeBucket({ versioned: true });
    Object.assign(sandbox.env, keys());
    await push('--endpoint', server.endpoint);
    const result = sandbox.json<GcResult>(['gc', '--remote', 'origin', '--dry-run']);
    expect(result.keepsVersions).toBe(true);
    expect(sandbox.ok(['gc', '--remote', 'origin', '--dry-run'])).toContain('keeps old versions');
  });

  test('what only S3 has is refused of a remote at minio://', () => {
    sandbox.ok([
      'remote',
      'add',
      'lab',
      `minio://lab/${bucket}`,
      '--endpoint',
      server.endpoint,
      '--sse',
      'AES256',
    ]);
    const failed = sandbox.json<{ error: { code: string } }>(['push'], 'repo', 2);
    expect(failed.error.code).toBe('setting-unsupported');
  });
});
