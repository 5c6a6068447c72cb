import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { loadDriver } from '../../src/kafka/driver.ts';

test('where the package is not installed, it is named, with commands that install it when they are typed', async () => {
  const missing = 'a-package-that-nobody-has-installed';
  const error = await loadDriver(() => import(missing)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'driver-missing', path: 'kafkajs' });
  const commands = [...(error as { remedy: string }).remedy.matchAll(/`([^`]*)`/g)].map(
    ([, command]) => command,
  );
  expect(commands).toEqual(['npm install kafkajs', 'npm install --global kafkajs']);
});

test('what the package itself fails with is no missing package', async () => {
  await expect(loadDriver(() => Promise.reject(new TypeError('broken')))).rejects.toThrow('broken');
});

test('a record that says to have a milliard headers is read at once, and none of them', async () => {
  await loadDriver();
  const require = createRequire(import.meta.url);
  const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => unknown;
  const decode = require('kafkajs/src/protocol/recordBatch/record/v0/decoder.js') as (
    decoder: unknown,
    batch: object,
  ) => { readonly value: Buffer; readonly headers: object };
  // Attributes, two deltas, no key, a value of one byte, and 2^30 headers, in the zigzag of varints.
  const record = Buffer.from([0, 0, 0, 1, 2, 0x61, 0x80, 0x80, 0x80, 0x80, 0x08]);
  const { value, headers } = decode(new Decoder(record), { firstTimestamp: '0', firstOffset: '0' });
  expect([String(value), headers]).toEqual(['a', {}]);
});
