import { expect, test } from 'vitest';
import { describeWithMinio } from '../support/minio.ts';

describeWithMinio('the shared MinIO server', (server) => {
  test('gives every caller a bucket of its own', async () => {
    const buckets = [await server.makeBucket(), await server.makeBucket({ versioned: true })];
    expect(new Set(buckets).size).toBe(2);
    for (const bucket of buckets) expect(await server.client.bucketExists(bucket)).toBe(true);
  });
});
