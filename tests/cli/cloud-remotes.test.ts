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

describeWithAzurite('a remote on Azure', (server) => {
  beforeEach(() => void Object.assign(box.env, server.env));

  test('is pushed to, checked, and pulled from by a clone that agreed to it', async () => {
    aDayWith(box, [`azure://${await server.makeContainer()}/store`, '--endpoint', server.endpoint]);
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
