import { randomBytes } from 'node:crypto';
import { Storage } from '@google-cloud/storage';
import { afterAll, beforeAll, describe } from 'vitest';
import { freePort, program, ServerProcess } from './server-process.ts';

/** A server that speaks the protocol of Google Cloud Storage. Its properties are there in tests and hooks. */
export class GcsServer {
  endpoint = '';
  #process: ServerProcess | undefined;

  async start(binary: string): Promise<void> {
    const port = await freePort();
    this.endpoint = `http://127.0.0.1:${port}`;
    const words = ['-backend', 'memory', '-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)];
    this.#process = new ServerProcess([binary, ...words, '-external-url', this.endpoint]);
    await this.#process.listening(port);
  }

  stop(): void {
    this.#process?.stop();
  }

  async makeBucket(): Promise<string> {
    const bucket = `varve-test-${randomBytes(8).toString('hex')}`;
    await new Storage({ apiEndpoint: this.endpoint, projectId: 'tests' }).createBucket(bucket);
    return bucket;
  }
}

/** Tests that need one: the `fake-gcs-server` that VARVE_FAKE_GCS names, or on PATH. */
export function describeWithGcs(name: string, tests: (server: GcsServer) => void): void {
  const binary = program('VARVE_FAKE_GCS', 'fake-gcs-server');
  const server = new GcsServer();
  if (binary === undefined) {
    describe.skip(`${name} (skipped: no fake-gcs-server; \`go install github.com/fsouza/fake-gcs-server@latest\`, or name it in VARVE_FAKE_GCS)`, () =>
      tests(server));
    return;
  }
  describe(name, () => {
    beforeAll(() => server.start(binary));
    afterAll(() => server.stop());
    tests(server);
  });
}
