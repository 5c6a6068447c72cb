import { rmSync } from 'node:fs';
import { AssumeRoleProvider } from 'minio/dist/esm/AssumeRoleProvider.mjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { add } from '../../src/operations/add.ts';
import { pull } from '../../src/operations/pull.ts';
import { push } from '../../src/operations/push.ts';
import { verify } from '../../src/operations/verify.ts';
import { contents, Sandbox } from '../support/dvc-sandbox.ts';
import { type FaultyS3, seededFaults, startFaultyS3 } from '../support/faulty-s3.ts';
import { describeWithMinio } from '../support/minio.ts';
import { openTrusted } from '../support/trust.ts';

const SMALL = 40;
let box: Sandbox;
let proxy: FaultyS3;
afterEach(() => box.remove());

const at = (name: string) => openTrusted(box.path(name));

/** A repository with small files and a large one, and the remote `origin` in its configuration. */
async function repository(
  settings: Readonly<Record<string, string>>,
  local: Readonly<Record<string, string>>,
) {
  const section = (values: Readonly<Record<string, string>>) =>
    `['remote "origin"']\n${Object.entries(values)
      .map(([key, value]) => `${key} = '${value}'\n`)
      .join('')}`;
  box.write('repo/.dvc/config', `[core]\nremote = origin\n${section(settings)}`);
  box.write('repo/.dvc/config.local', section(local));
  box.write('repo/.dvc/.gitignore', '/config.local\n/tmp\n/cache\n');
  box.git('repo', 'init', '-q');
  for (let index = 0; index < SMALL; index++) box.write(`repo/data/f${index}`, `content ${index}`);
  box.write('repo/data/large', Buffer.alloc(300 * 1024, 'large'));
  box.write('repo/data/empty', '');
  await add(await at('repo'), ['data']);
}

/** Brings everything anew from the remote, and looks at every byte. */
async function expectWhole(): Promise<void> {
  const before = contents(box.path('repo/data'));
  rmSync(box.path('repo/data'), { recursive: true });
  rmSync(box.path('repo/.dvc/cache'), { recursive: true });
  await pull(await at('repo'));
  expect(contents(box.path('repo/data'))).toEqual(before);
  expect((await verify(await at('repo'), { remote: 'origin' })).damage).toEqual([]);
}

describeWithMinio('S3 remotes of DVC, request by request', (server) => {
  let keys: { access_key_id: string; secret_access_key: string };
  beforeEach(async () => {
    box = new Sandbox();
    keys = { access_key_id: server.accessKey, secret_access_key: server.secretKey };
    proxy = await startFaultyS3(server.endpoint, () => undefined);
  });
  afterEach(() => proxy.close());

  const writes = () =>
    proxy.seen.filter(({ method }) => method === 'PUT').map(({ url }) => url.replace(/\?.*/, ''));
  const names = async (bucket: string) => {
    const found: string[] = [];
    for await (const { name } of server.client.listObjectsV2(bucket, '', true)) found.push(name as string);
    return found.sort();
  };

  test('objects and profiles that come damaged once are asked for again', async () => {
    const bucket = await server.makeBucket();
    await repository({ url: `s3://${bucket}/p`, endpointurl: proxy.endpoint }, keys);
    await push(await at('repo'));
    const seen = new Set<string>();
    proxy.choose = ({ method, url }) => {
      const object = url.split('?')[0]!;
      if (method !== 'GET' || seen.has(object)) return undefined;
      seen.add(object);
      return 'corrupt-download';
    };
    await expectWhole();
    expect(seen.size).toBeGreaterThan(SMALL);
    seen.clear();
    const { damage, absent } = await verify(await at('repo'), { remote: 'origin' });
    expect({ damage, absent }).toEqual({ damage: [], absent: [] });
  });

  test.each(['', '/a/b-c_d.e', '/with(odd)+&=@,;:chars'])(
    'small objects go as archives to the prefix "%s"',
    async (prefix) => {
      const bucket = await server.makeBucket();
      await repository({ url: `s3://${bucket}${prefix}`, endpointurl: proxy.endpoint }, keys);
      expect(await push(await at('repo'))).toMatchObject({ objects: SMALL + 3 });
      // The first archive, by which the server is known, the other, the large object, and the list of the files behind them.
      expect(writes()).toHaveLength(4);
      expect(await push(await at('repo'))).toMatchObject({ objects: 0 });
      const under = prefix === '' ? '' : `${prefix.slice(1)}/`;
      const expected = Object.keys(contents(box.path('repo/.dvc/cache'))).filter((key) =>
        key.startsWith('files/'),
      );
      expect(await names(bucket)).toEqual(expected.map((key) => under + key).sort());
      await expectWhole();
    },
  );

  test.each(['/été', '/two  spaces', '/%20'])(
    'and one by one to the prefix "%s", which no header could carry',
    async (prefix) => {
      const bucket = await server.makeBucket();
      await repository({ url: `s3://${bucket}${prefix}`, endpointurl: proxy.endpoint }, keys);
      expect(await push(await at('repo'))).toMatchObject({ objects: SMALL + 3 });
      await expectWhole();
    },
  );

  test('a network that loses, cuts off and damages requests changes nothing of that', async () => {
    const bucket = await server.makeBucket();
    await repository({ url: `s3://${bucket}/p`, endpointurl: proxy.endpoint }, keys);
    proxy.choose = seededFaults(7, 0.2, ['drop', 'drop-answer', '503', 'truncate', 'corrupt-upload']);
    expect(await push(await at('repo'))).toMatchObject({ objects: SMALL + 3 });
    await expectWhole();
  });

  test('keys for a session work with their token, and not without', async () => {
    const bucket = await server.makeBucket();
    const provider = new AssumeRoleProvider({
      stsEndpoint: server.endpoint,
      accessKey: server.accessKey,
      secretKey: server.secretKey,
    });
    const credentials = await provider.getCredentials();
    const session = {
      access_key_id: credentials.getAccessKey(),
      secret_access_key: credentials.getSecretKey(),
    };
    await repository({ url: `s3://${bucket}/p`, endpointurl: proxy.endpoint }, session);
    await expect(push(await at('repo'))).rejects.toMatchObject({ code: 'credentials-refused' });
    await repository(
      { url: `s3://${bucket}/p`, endpointurl: proxy.endpoint },
      { ...session, session_token: credentials.getSessionToken() ?? '' },
    );
    expect(await push(await at('repo'))).toMatchObject({ objects: SMALL + 3 });
    await expectWhole();
  });

  test('a wrong key and a wrong region are told as such, without the secret', async () => {
    const bucket = await server.makeBucket();
    await repository(
      { url: `s3://${bucket}/p`, endpointurl: proxy.endpoint },
      { ...keys, secret_access_key: 'not-the-secret' },
    );
    const failure = await push(await at('repo')).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'credentials-refused' });
    expect(JSON.stringify(failure)).not.toContain('not-the-secret');
    await repository({ url: `s3://${bucket}/p`, endpointurl: proxy.endpoint, region: 'eu-central-1' }, keys);
    expect(await push(await at('repo'))).toMatchObject({ objects: SMALL + 3 });
  });
});
