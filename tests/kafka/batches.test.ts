import { createRequire } from 'node:module';
import { beforeAll, expect, test } from 'vitest';
import { loadDriver } from '../../src/kafka/driver.ts';

const require = createRequire(import.meta.url);

beforeAll(async () => {
  await loadDriver();
});

/** As the driver reads an answer of brokers of today. */
async function valuesIn(...batches: Buffer[]): Promise<string[]> {
  const { decode } = require('kafkajs/src/protocol/requests/fetch/v11/response.js') as {
    decode(bytes: Buffer): Promise<{
      responses: { partitions: { messages: { offset: string; value: Buffer }[] }[] }[];
    }>;
  };
  const { responses } = await decode(answer(Buffer.concat(batches)));
  return responses[0]!.partitions[0]!.messages.map(({ offset, value }) => `${offset} ${value}`);
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

function answer(batches: Buffer): Buffer {
  const topic = Buffer.from([0, 1, 0x74]);
  const partition = [
    int32(0),
    Buffer.alloc(2),
    Buffer.alloc(24),
    int32(0),
    int32(-1),
    int32(batches.length),
    batches,
  ];
  return Buffer.concat([int32(0), Buffer.alloc(2), int32(0), int32(1), topic, int32(1), ...partition]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value * 2;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return [...bytes, left];
}

/** Messages of one byte each, without a key. @param count what the batch says to have */
function batch(first: number, values: string, count = values.length): Buffer {
  const messages: number[] = [];
  for (let at = 0; at < values.length; at++) {
    const message = [0, 0, ...varint(at), 1, 2, values.charCodeAt(at), 0];
    for (const byte of [...varint(message.length), ...message]) messages.push(byte);
  }
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(first), 0);
  head.writeInt32BE(49 + messages.length, 8);
  head[16] = 2;
  head.writeInt32BE(count - 1, 23);
  head.writeInt32BE(count, 57);
  return Buffer.concat([head, Buffer.from(messages)]);
}

test('batches are read in their order, and one that the answer ends in is left for the next', async () => {
  const cut = batch(4, 'de').subarray(0, -3);
  expect(await valuesIn(batch(0, 'ab'), batch(2, 'c'), cut)).toEqual(['0 a', '1 b', '2 c']);
});

test('a batch of very many small messages is read whole', async () => {
  const found = await valuesIn(batch(0, 'x'.repeat(300_000)));
  expect([found.length, found.at(-1)]).toEqual([300_000, '299999 x']);
});

test('a batch that says to have more messages than there is memory for is refused before they are made', async () => {
  await expect(valuesIn(batch(0, 'a', 2 ** 31 - 1))).rejects.toMatchObject({
    code: 'stream-error',
    message: expect.stringContaining('1048576'),
    remedy: expect.stringContaining('--from'),
  });
});

test('a partition without messages has none', async () => {
  expect(await valuesIn()).toEqual([]);
});
