import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { VarveError } from '../../src/errors.ts';
import { openRemote } from '../../src/remote/open.ts';
import type { Remote } from '../../src/remote/remote.ts';
import { describeWithMinio } from '../support/minio.ts';
import { collected, sha256 } from './contract.ts';

const SECRET = 'this-is-the-wrong-secret-key';
const TOKEN = 'this-is-a-session-token';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-errors-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^(AWS|MC|MINIO)_/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'aws-config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'aws-credentials'));
  vi.stubEnv('MC_CONFIG_DIR', join(folder, 'mc'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

function give(accessKey: string, secretKey: string): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKey);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretKey);
}

async function failure(work: () => Promise<unknown>): Promise<VarveError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof VarveError) return error;
    throw error;
  }
  throw new Error('It did not fail');
}

/** Every method fails in the same words, which name the place and the next step and hold no secret. */
async function expectFailure(remote: Remote, ...codes: string[]): Promise<void> {
  const bytes = Buffer.from('hello');
  const tries = [
    () => remote.head('a'),
    () => remote.read('a'),
    () => collected(remote.stream('a', { offset: 0, length: 1 })),
    () => remote.write('a', bytes, { sha256: sha256(bytes) }),
    () => remote.write('a', bytes, { sha256: sha256(bytes), overwrite: true }),
    () => listed(remote),
    () => remote.remove(['a']),
  ];
  for (const attempt of tries) {
    const error = await failure(attempt);
    expect(codes, error.message).toContain(error.code);
    expect(error.message).toContain(remote.url);
    expect(error.remedy).toMatch(/^[A-Z].*\.$/s);
    const everything = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error);
    expect(everything).not.toContain(SECRET);
    expect(everything).not.toContain(TOKEN);
    expect(everything).not.toContain('Signature=');
  }
  await remote.close();
}

async function listed(remote: Remote): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of remote.list('')) keys.push(key);
  return keys;
}

function unusedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

describeWithMinio('what goes wrong with a bucket', (server) => {
  let bucket: string;
  beforeAll(async () => {
    bucket = await server.makeBucket();
  });
  const remotes = {
    s3: (name = bucket, endpoint = server.endpoint) => openRemote(`s3://${name}/p`, { endpoint }),
    minio: (name = bucket, endpoint = server.endpoint) => openRemote(`minio://any/${name}/p`, { endpoint }),
  };

  describe.each(['s3', 'minio'] as const)('by %s', (kind) => {
    const open = remotes[kind];

    test('an unknown access key', async () => {
      give('nobody', SECRET);
      await expectFailure(await open(), 'credentials-refused');
    });

    test('a wrong secret', async () => {
      give(server.accessKey, SECRET);
      await expectFailure(await open(), 'credentials-refused');
    });

    test('an invalid session token', async () => {
      give(server.accessKey, server.secretKey);
      vi.stubEnv('AWS_SESSION_TOKEN', TOKEN);
      // MinIO says AccessDenied to most requests and InvalidTokenId to some; AWS says InvalidToken.
      await expectFailure(await open(), 'access-denied', 'credentials-refused');
    });

    test('a bucket that is not there', async () => {
      give(server.accessKey, server.secretKey);
      await expectFailure(await open('varve-no-such-bucket'), 'bucket-missing');
    });

    test('an endpoint where nobody listens', { timeout: 60_000 }, async () => {
      give(server.accessKey, server.secretKey);
      await expectFailure(
        await open(bucket, `http://127.0.0.1:${await unusedPort()}`),
        'endpoint-unreachable',
      );
    });

    test('an endpoint that speaks plain HTTP, asked by TLS', async () => {
      give(server.accessKey, server.secretKey);
      const error = await failure(async () =>
        (await open(bucket, server.endpoint.replace('http:', 'https:'))).read('a'),
      );
      expect(error).toMatchObject({ code: 'tls-refused', remedy: expect.stringContaining('http://') });
    });

    test.each(['', 'localhost:9000', 'ftp://host', 'http://user:password@host', 'http://host/?x=1'])(
      'the endpoint %j',
      async (endpoint) => {
        const error = await failure(() => open(bucket, endpoint));
        expect(error.code).toBe('endpoint-invalid');
        expect(error.message).not.toContain('password');
      },
    );
  });

  test('no credentials anywhere', async () => {
    await expectFailure(await remotes.s3(), 'credentials-missing');
  });

  test('a profile that is not there', async () => {
    const opening = openRemote(`s3://${bucket}`, { endpoint: server.endpoint, profile: 'nowhere' });
    await expect(opening).rejects.toMatchObject({ code: 'aws-profile-missing', path: 'nowhere' });
  });

  test('a profile that is there is used', async () => {
    const config = `[profile good]\nregion = us-east-1\naws_access_key_id = ${server.accessKey}\naws_secret_access_key = ${server.secretKey}\n`;
    // The SDK reads each file once a process.
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'aws-config-with-profile'));
    writeFileSync(join(folder, 'aws-config-with-profile'), config);
    const remote = await openRemote(`s3://${bucket}`, { endpoint: server.endpoint, profile: 'good' });
    expect(await remote.head('a')).toBeUndefined();
  });

  test('keys without rights', async () => {
    give('', '');
    const anonymous = await remotes.minio();
    await expectFailure(anonymous, 'access-denied');
  });

  test('a clock that is wrong: the SDK corrects itself, the minio client says so', async () => {
    give(server.accessKey, server.secretKey);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3 * 3_600_000 });
    const bytes = Buffer.from('hello');
    const corrected = await remotes.s3();
    expect(await corrected.write('clock', bytes, { sha256: sha256(bytes) })).toBe('written');
    await expectFailure(await remotes.minio(), 'clock-skew');
  });

  describe('an alias of mc', () => {
    const url = () => `minio://mine/${bucket}/p`;
    const write = (content: string) => {
      mkdirSync(join(folder, 'mc'), { recursive: true });
      writeFileSync(join(folder, 'mc', 'config.json'), content);
    };
    const alias = (fields: Record<string, unknown>) =>
      write(JSON.stringify({ version: '10', aliases: { mine: { api: 'S3v4', path: 'auto', ...fields } } }));
    const good = () => ({ url: server.endpoint, accessKey: server.accessKey, secretKey: server.secretKey });

    test('in its file', async () => {
      alias(good());
      expect(await (await openRemote(url())).head('a')).toBeUndefined();
    });

    test('in the environment, before the file', async () => {
      alias({ ...good(), secretKey: SECRET });
      const { endpoint, accessKey, secretKey } = server;
      vi.stubEnv('MC_HOST_mine', endpoint.replace('http://', `http://${accessKey}:${secretKey}@`));
      expect(await (await openRemote(url())).head('a')).toBeUndefined();
    });

    test('with a wrong secret', async () => {
      alias({ ...good(), secretKey: SECRET });
      await expectFailure(await openRemote(url()), 'credentials-refused');
    });

    test('that is not there', async () => {
      alias(good());
      const error = await failure(() => openRemote(`minio://other/${bucket}`));
      expect(error).toMatchObject({
        code: 'alias-missing',
        remedy: expect.stringContaining('mc alias set other'),
      });
      rmSync(join(folder, 'mc'), { recursive: true });
      expect(await failure(() => openRemote(url()))).toMatchObject({ code: 'alias-missing' });
    });

    test.each(['', '{', '[]', 'null', '{"aliases": 1}', '{"aliases": {"mine": {"url": 5}}}'])(
      'in a damaged file: %s',
      async (content) => {
        write(content);
        expect(await failure(() => openRemote(url()))).toMatchObject({
          code: 'mc-config-damaged',
          path: join(folder, 'mc', 'config.json'),
        });
      },
    );

    test.each(['', 'host', `ftp://a:${SECRET}@host`, `http://a:${SECRET}@`])(
      'in a damaged variable: %s',
      async (value) => {
        vi.stubEnv('MC_HOST_mine', value);
        const error = await failure(() => openRemote(url()));
        expect(error.code).toBe('alias-invalid');
        expect(inspect(error)).not.toContain(SECRET);
      },
    );
  });

  test('the warning of the SDK about Node 20 is silenced, and no other', () => {
    give(server.accessKey, server.secretKey);
    const bundle = join(folder, 'open.mjs');
    buildSync({
      entryPoints: ['src/remote/open.ts'],
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      outfile: bundle,
    });
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    const script = `
      import { openRemote } from ${JSON.stringify(bundle)};
      console.log(await (await openRemote('s3://${bucket}', { endpoint: '${server.endpoint}' })).head('a'));
      console.log(process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED);
      process.emitWarning('of somebody else');`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(run.stdout).toBe('undefined\nundefined\n');
    expect(run.stderr).toMatch(
      /^\(node:\d+\) Warning: of somebody else\n\(Use `node --trace-warnings[^\n]*\n$/,
    );
  });
});

describe('remote URLs', () => {
  test.each([
    ['ftp://host/x', 'remote-scheme-unknown'],
    ['s3://', 'remote-url-invalid'],
    ['s3://b', 'remote-url-invalid'],
    ['s3:///x', 'remote-url-invalid'],
    ['s3://bucket/../x', 'remote-url-invalid'],
    ['s3://bucket//x', 'remote-url-invalid'],
    ['s3://bucket/x\ny', 'remote-url-invalid'],
    [`s3://key:${SECRET}@bucket/x`, 'remote-url-invalid'],
    [`s3://bucket/x?secret=${SECRET}`, 'remote-url-invalid'],
    ['minio://alias', 'remote-url-invalid'],
    ['minio://al ias/bucket', 'remote-url-invalid'],
    ['file://host/x', 'remote-url-invalid'],
    ['', 'remote-url-invalid'],
    ['a\0b', 'remote-url-invalid'],
  ])('%j', async (url, code) => {
    const error = await failure(() => openRemote(url));
    expect(error.code).toBe(code);
    expect(inspect(error)).not.toContain(SECRET);
  });
});
