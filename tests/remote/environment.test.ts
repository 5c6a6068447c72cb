import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openBucket } from '../../src/remote/open.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-aws-'));
  for (const name of [
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_S3',
    'AWS_PROFILE',
  ])
    vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const place = { kind: 's3', bucket: 'bucket', prefix: '' } as const;
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test('files that are named are read, and nothing in the environment of the process changes', async () => {
  const config = write(
    'config',
    '[default]\nendpoint_url = http://127.0.0.1:9\n[profile lab]\nendpoint_url = http://127.0.0.1:8\n',
  );
  const before = { ...process.env };
  const warned = vi.spyOn(process, 'emitWarning');
  for (const [options, server] of [
    [{ files: { config } }, 'http://127.0.0.1:9'],
    [{ files: { config }, profile: 'lab' }, 'http://127.0.0.1:8'],
    [{ files: { config }, endpoint: 'http://127.0.0.1:7' }, 'http://127.0.0.1:7'],
  ] as const) {
    const client = await openBucket(place, options);
    expect(client.server).toBe(server);
    client.close();
  }
  vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:6');
  const client = await openBucket(place, { files: { config } });
  expect(client.server).toBe('http://127.0.0.1:6');
  client.close();
  vi.stubEnv('AWS_ENDPOINT_URL_S3', undefined);
  expect({ ...process.env }).toEqual(before);
  expect(warned).not.toHaveBeenCalled();
});

test('plain http is told of, unless nothing leaves this machine', async () => {
  for (const [endpoint, isTold] of [
    ['http://192.0.2.1:9', true],
    ['http://minio.example.org', true],
    ['http://127.0.0.1.example.org', true],
    ['http://127.0.0.1:9', false],
    ['http://localhost:9', false],
    ['http://[::1]:9', false],
    ['https://minio.example.org', false],
  ] as const) {
    // The client of MinIO knows no address of IPv6.
    const places = [place, { ...place, kind: 'minio', alias: 'lab' } as const];
    for (const where of endpoint.includes('[') ? [place] : places) {
      const told: string[] = [];
      (await openBucket(where, { endpoint, region: 'any', onWarning: (text) => told.push(text) })).close();
      expect(told.length, endpoint).toBe(isTold ? 1 : 0);
    }
  }
});
