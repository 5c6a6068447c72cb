import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeAnswer, startFakeBroker } from '../support/fake-broker.ts';
import { describeWithKafka, type KafkaBroker, startKafka } from '../support/kafka.ts';
import { Sandbox } from '../support/sandbox.ts';

const MIB = 1024 * 1024;
const box = new Sandbox();
beforeAll(() => {
  box.repository();
});
afterAll(() => box.remove());

async function failure(words: readonly string[]): Promise<Record<'code' | 'message' | 'remedy', string>> {
  const { code, out, err } = await box.later([...words, '--json']);
  expect(code, err).toBe(2);
  return JSON.parse(out).error;
}

const add = (address: string) => ['add', `kafka://${address}/rides`, '--to', 'data/rides'];

test.each<[FakeAnswer, string, RegExp, RegExp]>([
  ['huge', 'stream-error', /announces an answer of 2147483647 bytes, and at most 64 MiB/, /host and port/],
  ['short', 'stream-error', /announces an answer of 0 bytes, which is too short for any/, /host and port/],
  ['web', 'stream-error', /is a server of HTTP, and no broker of Kafka/, /port of the broker: 9092/],
  ['tls', 'stream-error', /speaks TLS/, /KAFKA_SECURITY_PROTOCOL to SSL/],
  [
    'silent',
    'stream-unreachable',
    /connections are taken, and nothing comes back/,
    /has TLS: Set KAFKA_SECURITY_PROTOCOL to SSL/,
  ],
  [
    'closing',
    'stream-unreachable',
    /ends the connection at the first word/,
    /has TLS: Set KAFKA_SECURITY_PROTOCOL to SSL/,
  ],
])(
  'a port whose answers are %s is no broker, and the message leads on',
  async (answer, code, message, remedy) => {
    const broker = await startFakeBroker(answer);
    try {
      const error = await failure(add(broker.address));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.remedy).toMatch(remedy);
      expect(broker.sent).toBeLessThan(64 * MIB);
    } finally {
      await broker.stop();
    }
  },
  60_000,
);

test('of a NameNode whose list never ends, no more is held than any list has', async () => {
  const piece = Buffer.alloc(MIB, ' ');
  let sent = 0;
  const server = createServer((_, response) => {
    const flood = (): void => {
      while (!response.destroyed && sent < 2048 * MIB) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once('drain', flood);
      }
    };
    flood();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    const error = await failure(['add', `webhdfs://127.0.0.1:${port}/data`, '--to', 'data/there']);
    expect(error.message).toMatch(/is longer than 128 MiB, which no list of files is/);
    expect(sent).toBeLessThan(512 * MIB);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

describeWithKafka(() => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafka();
  }, 120_000);
  afterAll(() => broker.stop());

  test('a batch that expands beyond all bounds ends the command, and is not asked for again', async () => {
    await broker.create('bomb', 1, { 'compression.type': 'producer' });
    const value = Buffer.alloc(90 * MIB, ' ');
    const messages = [{ value }, { value }, { value }];
    await broker.producer.send({ topic: 'bomb', messages, compression: 1 });
    const error = await failure(['add', `kafka://${broker.address}/bomb`, '--to', 'data/bomb']);
    expect(error).toMatchObject({
      code: 'stream-error',
      message: 'A batch of messages expands to more than 256 MiB',
    });
  }, 120_000);

  test('sound batches that expand to more than is held at a time are read bit by bit, each once', async () => {
    await broker.create('wide', 3, { 'compression.type': 'producer' });
    const pad = 'x'.repeat(MIB / 16);
    let n = 0;
    for (const partition of [0, 1, 2, 0, 1, 2, 0]) {
      const messages = Array.from({ length: 2560 }, () => ({
        value: `{"n":${n++},"pad":"${pad}"}`,
        partition,
      }));
      await broker.producer.send({ topic: 'wide', messages, compression: 1 });
    }
    const { code, out, err } = await box.later([
      ...['add', `kafka://${broker.address}/wide`, '--to', 'data/wide', '--json'],
    ]);
    expect([code, err], out).toEqual([0, expect.not.stringContaining('batch')]);
    expect(JSON.parse(out).datasets[0].rows).toBe(n);
  }, 300_000);

  test('headers of any number do not hold a command up', async () => {
    await broker.create('headers');
    const headers = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`h${at}`, String(at)]));
    await broker.producer.send({ topic: 'headers', messages: [{ value: '{"a":1}', headers }] });
    expect(box.ok(['add', `kafka://${broker.address}/headers`, '--to', 'data/headers'])).toContain('1 row');
  }, 180_000);
});
