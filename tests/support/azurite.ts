import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe } from 'vitest';
import { freePort, program, ServerProcess } from './server-process.ts';

/** The account and key that every Azurite has: https://learn.microsoft.com/azure/storage/common/storage-use-azurite */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Microsoft's emulator of Azure Blob Storage. Its properties are there in tests and hooks. */
export interface Azurite {
  readonly endpoint: string;
  /** For a child process: the account and its key. */
  readonly env: Readonly<Record<string, string>>;
  makeContainer(): Promise<string>;
}

/** Tests that need one: the `azurite-blob` that VARVE_AZURITE names, or on PATH. */
export function describeWithAzurite(name: string, tests: (server: Azurite) => void): void {
  const binary = program('VARVE_AZURITE', 'azurite-blob');
  const server = {
    endpoint: '',
    env: { AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY },
    makeContainer: () => makeContainer(server.endpoint),
  };
  if (binary === undefined) {
    describe.skip(`${name} (skipped: no Azurite; \`npm install --global azurite\`, or name \`azurite-blob\` in VARVE_AZURITE)`, () =>
      tests(server));
    return;
  }
  describe(name, () => {
    let running: ServerProcess | undefined;
    let folder: string;
    beforeAll(async () => {
      const port = await freePort();
      folder = mkdtempSync(join(tmpdir(), 'varve-azurite-'));
      server.endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
      const words = [
        '--silent',
        '--skipApiVersionCheck',
        '--blobHost',
        '127.0.0.1',
        '--blobPort',
        String(port),
      ];
      running = new ServerProcess([binary, ...words, '--location', folder]);
      await running.listening(port);
    });
    afterAll(() => {
      running?.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    });
    tests(server);
  });
}

async function makeContainer(endpoint: string): Promise<string> {
  const name = `varve-test-${randomBytes(8).toString('hex')}`;
  const connection = `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint};`;
  await BlobServiceClient.fromConnectionString(connection).createContainer(name);
  return name;
}
