import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { openRemote } from '../../src/remote/open.ts';
import { describeWithAzurite } from '../support/azurite.ts';
import { describeWithGcs } from '../support/gcs.ts';
import { describeWithMinio } from '../support/minio.ts';
import { describeWithSshd } from '../support/sshd.ts';
import { describeRemote } from './contract.ts';

describe('a folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'varve-remote-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  describeRemote(async () => new FolderRemote(join(root, 'remote')));
});

describeWithMinio('a bucket', (server) => {
  beforeAll(() => {
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  });
  afterAll(() => vi.unstubAllEnvs());

  describe('by the AWS SDK', () => {
    describeRemote(async () => openRemote(`s3://${await server.makeBucket()}/some/prefix`));
  });
  describe('by the AWS SDK, without a prefix', () => {
    describeRemote(async () => openRemote(`s3://${await server.makeBucket()}`));
  });
  describe('by the minio client', () => {
    describeRemote(async () =>
      openRemote(`minio://tests/${await server.makeBucket()}/some/prefix`, { endpoint: server.endpoint }),
    );
  });
});

describeWithSshd('a folder at an SSH server', (server) => {
  beforeAll(() => {
    vi.stubEnv('HOME', server.home);
    vi.stubEnv('SSH_AUTH_SOCK', undefined);
  });
  afterAll(() => vi.unstubAllEnvs());

  describe('by SFTP', () => {
    describeRemote(async () => openRemote(server.url(`${server.makeFolder()}/some/folder`)));
  });
});

describeWithGcs('a bucket of Google Cloud Storage', (server) => {
  describe('by its library', () => {
    describeRemote(async () =>
      openRemote(`gs://${await server.makeBucket()}/some/prefix`, { endpoint: server.endpoint }),
    );
  });
});

describeWithAzurite('a container of Azure', (server) => {
  beforeAll(() => {
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  });
  afterAll(() => vi.unstubAllEnvs());

  describe('by its library', () => {
    describeRemote(async () =>
      openRemote(`azure://${await server.makeContainer()}/some/prefix`, { endpoint: server.endpoint }),
    );
  });
});
