import { AsyncResource } from 'node:async_hooks';
import * as zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { DECOMPRESSORS } from '../../src/kafka/compression.ts';
import { FetchBudget, takeMessages } from '../../src/kafka/fetch-budget.ts';

const MIB = 1024 * 1024;
/** The driver reads an answer up to a batch that fails by this name, and asks for the rest with its next fetch. */
const ASKED_AGAIN = { name: 'KafkaJSPartialMessageError' };

/** A block of snappy that says how long it is, which is all that is looked at before memory is taken. */
function snappyOf(length: number): Buffer {
  const bytes: number[] = [];
  for (let left = length; ; left = Math.floor(left / 128)) {
    bytes.push(left < 128 ? left : (left % 128) | 128);
    if (left < 128) return Buffer.from(bytes);
  }
}

/** Do something in an answer of its own, as the driver does with each. */
function within<T>(budget: FetchBudget, broker: number, read: () => Promise<T>): Promise<T> {
  return new AsyncResource('answer').runInAsyncScope(() => {
    budget.beginFetch(broker);
    return read();
  });
}

test('batches that are too much together are asked for again, and the first of each fetch never is', async () => {
  const budget = new FetchBudget({ bytes: 10 * MIB, messages: 100 });
  const four = zlib.gzipSync(Buffer.alloc(4 * MIB));
  const twelve = zlib.gzipSync(Buffer.alloc(12 * MIB));
  const { gzip, snappy } = DECOMPRESSORS;
  await within(budget, 1, async () => {
    expect(await gzip.decompress(four)).toHaveLength(4 * MIB);
    expect(await gzip.decompress(four)).toHaveLength(4 * MIB);
    await expect(gzip.decompress(four)).rejects.toMatchObject(ASKED_AGAIN);
    await expect(snappy.decompress(snappyOf(3 * MIB))).rejects.toMatchObject(ASKED_AGAIN);
  });
  await within(budget, 1, async () => {
    expect(await gzip.decompress(twelve)).toHaveLength(12 * MIB);
    await expect(gzip.decompress(four)).rejects.toMatchObject(ASKED_AGAIN);
  });
  // Another broker has its share of the same.
  await within(budget, 2, async () => {
    expect(await gzip.decompress(four)).toHaveLength(4 * MIB);
    await expect(gzip.decompress(four)).rejects.toMatchObject(ASKED_AGAIN);
  });
});

test('one batch beyond its own bound is refused, with a way past it', async () => {
  const refused = { code: 'stream-error', retriable: false, remedy: expect.stringContaining('--from') };
  for (const [codec, bytes] of [
    ['snappy', snappyOf(257 * MIB)],
    ['gzip', zlib.gzipSync(Buffer.alloc(257 * MIB))],
  ] as const) {
    await expect(DECOMPRESSORS[codec].decompress(bytes)).rejects.toMatchObject(refused);
    await within(new FetchBudget(), 1, async () => {
      await expect(DECOMPRESSORS[codec].decompress(bytes)).rejects.toMatchObject(refused);
    });
  }
});

test('messages that are too many together are asked for again, and a batch of more than any fetch may have is refused', async () => {
  const budget = new FetchBudget({ bytes: MIB, messages: 100 });
  await within(budget, 1, async () => {
    takeMessages(60);
    takeMessages(40);
    expect(() => takeMessages(1)).toThrow(expect.objectContaining(ASKED_AGAIN));
  });
  await within(budget, 1, async () => {
    takeMessages(5000);
    expect(() => takeMessages(1)).toThrow(expect.objectContaining(ASKED_AGAIN));
  });
  expect(() => takeMessages(2 ** 20 + 1)).toThrow(
    expect.objectContaining({ code: 'stream-error', retriable: false }),
  );
});
