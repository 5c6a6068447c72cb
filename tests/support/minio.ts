import { randomBytes } from 'node:crypto';
import { Client } from 'minio';
import { beforeAll, describe } from 'vitest';
import { type Access, canBuild, installedBinary, sharedServer } from './minio-process.ts';

/** A real MinIO server. Its properties are there in tests and hooks, not while tests are being described. */
export interface MinioServer extends Access {
  /** For a child process: the endpoint, region and keys by the variables that AWS tools read. */
  readonly env: Readonly<Record<string, string>>;
  /** For administration and for looking behind what is tested. */
  readonly client: Client;
  /** Makes an empty bucket of its own and returns its name. */
  makeBucket(options?: { versioned?: boolean }): Promise<string>;
}

/**
 * Tests that need a real S3 server. In this order: the one at VARVE_TEST_S3_ENDPOINT, with the keys in AWS_ACCESS_KEY_ID and
 * AWS_SECRET_ACCESS_KEY; a `minio` on PATH or in the cache; a build of it, where VARVE_BUILD_MINIO=1. Where none can be had,
 * the tests are skipped, and their title says so.
 */
export function describeWithMinio(name: string, tests: (server: MinioServer) => void): void {
  if (!isAvailable()) {
    describe.skip(`${name} (skipped: no MinIO server; put \`minio\` on PATH, or set VARVE_TEST_S3_ENDPOINT, or VARVE_BUILD_MINIO=1 with Go)`, () =>
      tests(new LazyServer()));
    return;
  }
  describe(name, () => {
    const server = new LazyServer();
    beforeAll(() => server.start(), 20 * 60_000);
    tests(server);
  });
}

function isAvailable(): boolean {
  return process.env.VARVE_TEST_S3_ENDPOINT !== undefined || installedBinary() !== undefined || canBuild();
}

class LazyServer implements MinioServer {
  #access: Access | undefined;

  async start(): Promise<void> {
    this.#access = givenAccess() ?? (await sharedServer(runFolder()));
  }

  get endpoint(): string {
    return this.#started.endpoint;
  }

  get accessKey(): string {
    return this.#started.accessKey;
  }

  get secretKey(): string {
    return this.#started.secretKey;
  }

  get env(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL_S3: this.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: this.accessKey,
      AWS_SECRET_ACCESS_KEY: this.secretKey,
    };
  }

  get client(): Client {
    const { hostname, port, protocol } = new URL(this.endpoint);
    return new Client({
      endPoint: hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      useSSL: protocol === 'https:',
      accessKey: this.accessKey,
      secretKey: this.secretKey,
    });
  }

  async makeBucket(options: { versioned?: boolean } = {}): Promise<string> {
    const bucket = `varve-test-${randomBytes(8).toString('hex')}`;
    await this.client.makeBucket(bucket);
    if (options.versioned) await this.client.setBucketVersioning(bucket, { Status: 'Enabled' });
    return bucket;
  }

  get #started(): Access {
    if (this.#access === undefined) throw new Error('The server is there only in tests and hooks');
    return this.#access;
  }
}

function givenAccess(): Access | undefined {
  const endpoint = process.env.VARVE_TEST_S3_ENDPOINT;
  if (endpoint === undefined) return undefined;
  const { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey } = process.env;
  if (accessKey === undefined || secretKey === undefined) {
    throw new Error('VARVE_TEST_S3_ENDPOINT needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
  }
  return { endpoint, accessKey, secretKey };
}

function runFolder(): string {
  const run = process.env.VARVE_TEST_RUN;
  if (run === undefined) throw new Error('tests/support/global.ts did not run');
  return run;
}
