import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWithAzurite } from '../support/azurite.ts';
import { aDayWith } from '../support/day-with-remote.ts';
import { describeWithGcs } from '../support/gcs.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  box.repository();
  box.write('repo/data.csv', `id\n${'1\n'.repeat(50)}`);
});
afterEach(() => box.remove());

describeWithGcs('a remote on Google Cloud Storage', (server) => {
  test('is pushed to, checked, and pulled from by a clone that agreed to it', async () => {
    aDayWith(box, [`gs://${await server.makeBucket()}/store`, '--endpoint', server.endpoint]);
  });

  test('gives Vertex AI the addresses of its images, and SageMaker none', async () => {
    const url = `gs://${await server.makeBucket()}/store`;
    box.ok(['remote', 'add', 'origin', url, '--endpoint', server.endpoint]);
    const head = Buffer.from([0x89, 0x50, 0x4e, 0x47]);
    for (const name of ['a', 'b'])
      box.write(`repo/images/${name}.png`, Buffer.concat([head, randomBytes(2 << 20)]));
    box.ok(['add', 'images']);
    box.ok(['push']);
    const lines = box.ok(['url', 'images', '--format', 'vertex']).trimEnd().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line)))).toEqual([['imageGcsUri'], ['imageGcsUri']]);
    expect(lines.every((line) => JSON.parse(line).imageGcsUri.startsWith(`${url}/`))).toBe(true);
    refused(box, ['url', 'images', '--format', 'sagemaker'], 'table-place-unsupported', 'a.png');
    box.write('repo/images/small.png', 'small');
    box.ok(['add', 'images']);
    box.ok(['push']);
    refused(box, ['url', 'images', '--format', 'vertex'], 'url-missing', 'small.png');
  });

  test('that is not there is named', () => {
    box.ok(['remote', 'add', 'origin', 'gs://no-such-bucket/x', '--endpoint', server.endpoint]);
    box.ok(['add', 'data.csv']);
    const { out } = box.varve(['push', '--json']);
    expect(JSON.parse(out).error).toMatchObject({ code: 'bucket-missing' });
  });
});

const ACCOUNT_FILE = { type: 'service_account', client_email: 'a@example.org', private_key: 'hush' };

test.each([
  [undefined, 'is not there'],
  ['{"type": "hush', 'is no JSON document'],
  ['[]', 'is no JSON document'],
  [JSON.stringify(ACCOUNT_FILE), 'has a private_key that is none'],
  [JSON.stringify({ ...ACCOUNT_FILE, client_email: '' }), 'has no client_email'],
  [JSON.stringify({ type: 'authorized_user', client_id: 'hush' }), 'has no client_secret'],
])('a file of Google with %s is named as the cause, with the variable that names it', (content, what) => {
  const file = box.path('keys.json');
  if (content !== undefined) box.write('keys.json', content);
  box.env.GOOGLE_APPLICATION_CREDENTIALS = file;
  box.ok(['remote', 'add', 'g', 'gs://bucket/x']);
  box.ok(['add', 'data.csv']);
  for (const words of [
    ['push', '--remote', 'g'],
    ['verify', '--remote', 'g'],
    ['add', 'gs://bucket/data', '--to', 'there'],
  ]) {
    const { code, out, err } = box.varve([...words, '--json']);
    const { error } = JSON.parse(out);
    expect([code, error.code, error.path]).toEqual([2, 'credentials-invalid', file]);
    expect(error.message).toContain(`GOOGLE_APPLICATION_CREDENTIALS names ${file}, which ${what}`);
    expect(out + err).not.toContain('hush');
  }
});

test('a broken file that gcloud wrote is named', () => {
  box.write('.config/gcloud/application_default_credentials.json', '{');
  box.ok(['remote', 'add', 'g', 'gs://bucket/x']);
  refused(
    box,
    ['verify', '--remote', 'g'],
    'credentials-invalid',
    'application_default_credentials.json is no JSON',
  );
});

/** What nothing answers at, so that only what is found before asking is told. */
const NOBODY = 'http://127.0.0.1:9/devstoreaccount1';
const KEY = Buffer.alloc(64, 'hush').toString('base64');

test.each([
  ['AZURE_STORAGE_CONNECTION_STRING', 'hushgarbage', /is not a connection string of Azure$/],
  [
    'AZURE_STORAGE_CONNECTION_STRING',
    'AccountName=hush;AccountKey=y',
    /its DefaultEndpointsProtocol is missing/,
  ],
  [
    'AZURE_STORAGE_CONNECTION_STRING',
    'DefaultEndpointsProtocol=https;AccountName=hush;AccountKey=%%;EndpointSuffix=core.windows.net',
    /its AccountKey is missing, or is none/,
  ],
  ['AZURE_STORAGE_CONNECTION_STRING', `BlobEndpoint=hush;SharedAccessSignature=sig=a`, /its BlobEndpoint/],
  [
    'AZURE_STORAGE_CONNECTION_STRING',
    `DefaultEndpointsProtocol=https;BlobEndpoint=ftp://hush;AccountName=a;AccountKey=${KEY}`,
    /its BlobEndpoint/,
  ],
  ['AZURE_STORAGE_KEY', '%%hush', /is not a key of an account/],
  ['AZURE_STORAGE_SAS_TOKEN', 'https://hush/?sig=a', /is not a token/],
])('%s that holds %s is named as the cause, and never written', (variable, value, what) => {
  const isKey = variable !== 'AZURE_STORAGE_CONNECTION_STRING';
  box.env[variable] = value;
  box.ok(['remote', 'add', 'az', 'azure://container/x', ...(isKey ? ['--endpoint', NOBODY] : [])]);
  box.ok(['add', 'data.csv']);
  for (const words of [
    ['verify', '--remote', 'az'],
    ['push', '--remote', 'az'],
  ]) {
    const { code, out, err } = box.varve([...words, '--json']);
    const { error } = JSON.parse(out);
    expect([code, error.code, error.path]).toEqual([2, 'credentials-invalid', variable]);
    expect(error.message).toMatch(what);
    expect(out + err).not.toContain('hush');
  }
});

test('an account that Azure cannot have is named as the cause', () => {
  box.env.AZURE_STORAGE_ACCOUNT = 'My Account';
  box.ok(['remote', 'add', 'az', 'azure://container/x']);
  const { out } = box.varve(['verify', '--remote', 'az', '--json']);
  expect(JSON.parse(out).error).toMatchObject({ code: 'endpoint-invalid', path: 'AZURE_STORAGE_ACCOUNT' });
});

test('without credentials, or with those of another server, an endpoint of plain HTTP names the variables', () => {
  box.ok(['remote', 'add', 'az', 'azure://container/x', '--endpoint', NOBODY]);
  const refusal = () => JSON.parse(box.varve(['verify', '--remote', 'az', '--json']).out).error;
  expect(refusal()).toMatchObject({
    code: 'credentials-missing',
    remedy: expect.stringMatching(
      /AZURE_STORAGE_KEY.*AZURE_STORAGE_SAS_TOKEN.*AZURE_STORAGE_CONNECTION_STRING/,
    ),
  });
  box.env.AZURE_STORAGE_CONNECTION_STRING = `DefaultEndpointsProtocol=http;AccountName=other;AccountKey=${KEY};BlobEndpoint=http://127.0.0.1:10/other;`;
  expect(refusal()).toMatchObject({
    code: 'credentials-missing',
    message: expect.stringContaining('AZURE_STORAGE_CONNECTION_STRING names another server'),
  });
});

describeWithAzurite('a remote on Azure', (server) => {
  beforeEach(() => void Object.assign(box.env, server.env));

  test('is pushed to, checked, and pulled from by a clone that agreed to it', async () => {
    aDayWith(box, [`azure://${await server.makeContainer()}/store`, '--endpoint', server.endpoint]);
  });

  test('takes the credentials of a connection string where its endpoint is the same', async () => {
    for (const name of Object.keys(server.env)) delete box.env[name];
    box.env.AZURE_STORAGE_CONNECTION_STRING = server.connection;
    box.ok([
      'remote',
      'add',
      'same',
      `azure://${await server.makeContainer()}/x`,
      '--endpoint',
      `${server.endpoint}/`,
    ]);
    box.ok(['add', 'data.csv']);
    box.ok(['push', '--remote', 'same']);
    box.ok(['remote', 'add', 'alone', 'azure://no-such-container/x']);
    for (const words of [
      ['push', '--remote', 'alone'],
      ['verify', '--remote', 'alone'],
    ])
      expect(JSON.parse(box.varve([...words, '--json']).out).error.code).toBe('bucket-missing');
  });

  test('whose container is not there is said to lack it, whatever is asked of it', () => {
    box.ok(['remote', 'add', 'origin', 'azure://no-such-container/x', '--endpoint', server.endpoint]);
    box.ok(['add', 'data.csv']);
    const asked = [
      ['push'],
      ['verify', '--remote', 'origin'],
      ['add', 'azure://no-such-container/data.csv', '--to', 'there.csv', '--endpoint', server.endpoint],
      ['gc', '--remote', 'origin'],
    ];
    for (const words of asked) {
      const { error } = JSON.parse(box.varve([...words, '--json']).out);
      expect([words, error?.code]).toEqual([words, 'bucket-missing']);
    }
  });

  test('whose endpoint has no such account is not said to be damaged', () => {
    box.ok(['add', 'data.csv']);
    for (const [name, endpoint] of [
      ['without', new URL(server.endpoint).origin],
      ['other', server.endpoint.replace(/[^/]+$/, 'other')],
    ] as const) {
      box.ok(['remote', 'add', name, 'azure://container/x', '--endpoint', endpoint]);
      for (const words of [['push'], ['verify'], ['pull']]) {
        const { error } = JSON.parse(box.varve([...words, '--remote', name, '--json']).out);
        expect([words, error?.code, error?.remedy]).toEqual([
          words,
          'bucket-missing',
          expect.stringContaining('Check the account in the endpoint'),
        ]);
        expect(error.message).toContain(`${endpoint} has no account`);
      }
    }
  });

  test('with a wrong key, or a container that is not there, is refused in words', async () => {
    box.ok(['remote', 'add', 'origin', 'azure://no-such-container/x', '--endpoint', server.endpoint]);
    box.ok(['add', 'data.csv']);
    const codeOfPush = () => JSON.parse(box.varve(['push', '--json']).out).error.code;
    expect(codeOfPush()).toBe('bucket-missing');
    const wrong = Buffer.alloc(64, 'wrong').toString('base64');
    box.env.AZURE_STORAGE_KEY = wrong;
    const { out, err } = box.varve(['push', '--json']);
    expect(JSON.parse(out).error).toMatchObject({
      // Azure itself says that the key is wrong.
      code: expect.stringMatching(/^(credentials-refused|access-denied)$/),
    });
    expect(JSON.parse(out).error.remedy).toContain('Correct AZURE_STORAGE_KEY');
    expect(out + err).not.toContain(wrong);
    for (const name of Object.keys(server.env)) delete box.env[name];
    box.ok(['remote', 'add', 'unnamed', 'azure://container/x']);
    expect(box.varve(['push', '--remote', 'unnamed']).err).toContain('AZURE_STORAGE_ACCOUNT');
  });
});

test('URLs of clouds hold no credentials, and settings that they do not have are refused', () => {
  const add = (url: string, ...more: string[]): string[] => ['remote', 'add', 'x', url, ...more];
  refused(box, add('gs://key:hush@bucket/x'), 'remote-url-invalid', 'credentials');
  refused(box, add('azure://container/x?sig=hush'), 'remote-url-invalid', 'credentials');
  expect(box.varve(add('azure://container/x?sig=hush')).err).not.toContain('hush');
  refused(box, add('gs://bucket/x', '--region', 'eu'), 'setting-unsupported', 'region');
  refused(box, add('azure://container/x', '--profile', 'p'), 'setting-unsupported', 'profile');
});
