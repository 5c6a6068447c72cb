import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { Storage } from '@google-cloud/storage';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWithAzurite } from '../support/azurite.ts';
import { describeWithGcs } from '../support/gcs.ts';
import { describeWithHadoop } from '../support/hadoop.ts';
import { RED } from '../support/page-repository.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithSshd } from '../support/sshd.ts';
import { usedInPlace } from '../support/used-in-place.ts';
import { describeWithWeb } from '../support/web-server.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  box.repository();
});
afterEach(() => box.remove());

/** What writes to a folder of this machine that a server shows. */
function folder(root: string) {
  return {
    put: (path: string, content: string | Buffer) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    },
    remove: (path: string) => rmSync(join(root, path)),
  };
}

describeWithGcs('data on Google Cloud Storage', (server) => {
  test('stays there, and is read while it is as it was', async () => {
    const name = await server.makeBucket();
    const bucket = new Storage({ apiEndpoint: server.endpoint, projectId: 'tests' }).bucket(name);
    await usedInPlace(box, {
      url: `gs://${name}`,
      options: ['--endpoint', server.endpoint],
      put: (path, content) => bucket.file(path).save(content, { resumable: false }),
      remove: async (path) => void (await bucket.file(path).delete()),
    });
  });
});

describeWithAzurite('data on Azure', (server) => {
  test('stays there, and is read while it is as it was', async () => {
    Object.assign(box.env, server.env);
    const name = await server.makeContainer();
    const { AZURE_STORAGE_ACCOUNT: account = '', AZURE_STORAGE_KEY: key = '' } = server.env;
    const service = new BlobServiceClient(server.endpoint, new StorageSharedKeyCredential(account, key));
    const container = service.getContainerClient(name);
    await usedInPlace(box, {
      url: `azure://${name}`,
      options: ['--endpoint', server.endpoint],
      put: async (path, content) =>
        void (await container.getBlockBlobClient(path).uploadData(Buffer.from(content))),
      remove: async (path) => void (await container.deleteBlob(path)),
    });
  });
});

describeWithSshd('data in a folder at an SSH server', (server) => {
  test('stays there, and is read while it is as it was', async () => {
    cpSync(join(server.home, '.ssh'), box.path('.ssh'), { recursive: true });
    const root = server.makeFolder();
    await usedInPlace(box, { url: server.url(root), ...folder(root) });
    refused(
      box,
      ['add', server.url(root), '--to', 'x', '--endpoint', 'http://x'],
      'setting-unsupported',
      'ssh',
    );
  });
});

describeWithHadoop('data on HDFS', (server) => {
  test('stays there, and is read while it is as it was', async () => {
    const root = await server.makeFolder();
    await usedInPlace(box, {
      url: server.url + root,
      put: (path, content) => server.put(`${root}/${path}`, content),
      remove: (path) => server.remove(`${root}/${path}`),
    });
  });
});

describeWithWeb('files that are no tables, where they lie', (server) => {
  test('are counted and compared as in a folder here, or not at all', () => {
    const { put } = folder(server.root);
    for (let number = 0; number < 6; number++) {
      put(`before/${number % 2}/${number}.png`, number % 2 === 0 ? RED : Buffer.from(`blue ${number}`));
      put(`after/${number % 3}/${number}.jpeg`, RED);
    }
    put('before/labels.csv', 'name,label\n0.png,red\n');
    put('before/notes.md', 'notes');
    cpSync(server.root, box.path('repo/here'), { recursive: true });
    for (const name of ['before', 'after']) box.ok(['add', `${server.url}/${name}/`, '--to', `data/${name}`]);
    // Nobody has read them: then nothing is said of them, and no gate passes.
    refused(box, ['profile', 'data/before'], 'object-missing', 'data/before');
    refused(box, ['drift', 'data/before', 'data/after'], 'object-missing', 'data/');
    const here = JSON.parse(box.ok(['profile', 'here/before', '--json']));
    expect(JSON.parse(box.ok(['profile', 'data/before', '--engine', 'local', '--json']))).toEqual(here);
    for (const part of ['1', '2'])
      box.ok(['profile', 'data/before', '--part', `${part}/2`, '--output', `part-${part}`]);
    expect(JSON.parse(box.ok(['profile', '--merge', 'part-1', 'part-2', '--json']))).toEqual(here);
    box.ok(['add', `${server.url}/before/`, '--to', 'data/full', '--statistics', 'full']);
    expect(JSON.parse(box.ok(['profile', 'data/full', '--json']))).toEqual(here);
    const drifted = box.varve(['drift', 'data/before', 'data/after', '--engine', 'local', '--json']);
    expect(drifted.code).toBe(1);
    const { features } = JSON.parse(box.varve(['drift', 'here/before', 'here/after', '--json']).out);
    expect(JSON.parse(drifted.out).features).toEqual(features);
  });
});

describeWithWeb('data at a web server', (server) => {
  test('stays there, and is read while it is as it was', async () => {
    await usedInPlace(box, { url: server.url, ...folder(server.root) });
  });
});

test('a pointer of a stranger asks for consent to the very place that it names, or to its bucket', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const [source, asked] of [
    ['http://169.254.169.254/latest', 'http://169.254.169.254/latest'],
    ['ssh://host/a', 'ssh://host/a'],
    ['gs://bucket/a', 'gs://bucket'],
    ['azure://container/a', 'azure://container'],
  ]) {
    const facts = `path: x\nkind: file\ndigest: ${digest}\nbytes: 1\nfiles: 1\nsource: "${source}"\n`;
    box.write('repo/x.varve', `varve: 5\n${facts}`);
    expect(box.json(['trust', '--show'])).toMatchObject({
      settings: [{ about: 'source', facts: [{ key: 'source', value: asked, file: 'x.varve' }] }],
    });
  }
});
