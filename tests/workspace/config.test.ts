import { expect, test } from 'vitest';
import { accessTo, type Config } from '../../src/workspace/config.ts';

test('the nearest word on a source counts, and none of one that only begins alike', () => {
  const config: Config = {
    remotes: new Map(),
    sources: new Map([
      ['s3://bucket', { region: 'all' }],
      ['s3://bucket/raw', { region: 'raw' }],
    ]),
    tables: new Map(),
    files: new Map(),
  };
  expect(accessTo(config, 's3://bucket/raw/2026')).toEqual({ region: 'raw' });
  expect(accessTo(config, 's3://bucket/raw')).toEqual({ region: 'raw' });
  expect(accessTo(config, 's3://bucket/rawer')).toEqual({ region: 'all' });
  expect(accessTo(config, 's3://bucket-too/raw')).toEqual({});
  expect(accessTo(config, 'minio://bucket/raw')).toEqual({});
});
