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
export class Azurite {
  endpoint = '';
  /** For a child process: the account and its key. */
  readonly env = { AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY };
  #folder: string | undefined;
  #process: ServerProcess | undefined;

  async start(binary: string): Promise<void> {
    const port = await freePort();
    this.#folder = mkdtempSync(join(tmpdir(), 'varve-azurite-'));
    this.endpoint = `http://127.0.0.1:${port}/${ACCOUNT}`;
    const where = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', this.#folder];
    this.#process = new ServerProcess([binary, '--silent', '--skipApiVersionCheck', ...where]);
    await this.#process.listening(port);
  }

  stop(): void {
    this.#process?.stop();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** What tools of others want to be told. */
  get connection(): string {
    return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${this.endpoint};`;
  }

  async makeContainer(): Promise<string> {
    const name = `varve-test-${randomBytes(8).toString('hex')}`;
    await BlobServiceClient.fromConnectionString(this.connection).createContainer(name);
    return name;
  }
}

/** Tests that need one: the `azurite-blob` that VARVE_AZURITE names, or on PATH. */
export function describeWithAzurite(name: string, tests: (server: Azurite) => void): void {
  const binary = program('VARVE_AZURITE', 'azurite-blob');
  const server = new Azurite();
  if (binary === undefined) {
    describe.skip(`${name} (skipped: no Azurite; \`npm install --global azurite\`, or name \`azurite-blob\` in VARVE_AZURITE)`, () =>
      tests(server));
    return;
  }
  describe(name, () => {
    beforeAll(() => server.start(binary));
    afterAll(() => server.stop());
    tests(server);
  });
}
