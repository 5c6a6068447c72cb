import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { example, message, tfRecords } from '../support/proto.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(() => {
  box = new Sandbox().repository();
  const rows = Array.from({ length: 400 }, (_, at) => `${at % 40},${at % 2 ? 'a' : 'b'}\n`);
  box.write('repo/train.csv', `age,group\n${rows.join('')}`);
  box.ok(['add', 'train.csv']);
});
afterAll(() => box.remove());

/** A classification as TensorFlow Serving logs it: its Examples are rows. */
function asked(age: bigint, group: string): Uint8Array {
  const model = { 1: 'model' };
  const input = { 1: { 1: [example({ age: [age], group: [group] })] } };
  return message({ 1: { 1: model }, 2: { 1: { 1: model, 2: input } } });
}

test("a TFRecord of TensorFlow Serving's PredictionLogs is compared, window by window", () => {
  const like = Array.from({ length: 400 }, (_, at) => asked(BigInt(at % 40), at % 2 ? 'a' : 'b'));
  const unlike = Array.from({ length: 400 }, () => asked(99n, 'a'));
  const log = tfRecords(...like, ...unlike);
  box.write('repo/log.tfrecord', log);
  const { code, out, err } = box.varve([
    'drift',
    'train.csv',
    '--stream',
    'log.tfrecord',
    '--window',
    '400',
    '--json',
  ]);
  expect(err).toBe('');
  const windows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect([code, windows.map(({ verdict, rows }) => [verdict, rows])]).toEqual([
    1,
    [
      ['none', 400],
      ['drift', 400],
    ],
  ]);
  for (const compress of [gzipSync, deflateSync]) {
    box.write('repo/log.gz', compress(log));
    const packed = box.varve(['drift', 'train.csv', '--stream', 'log.gz', '--window', '400', '--json']);
    expect(packed).toEqual({ code, out, err });
  }
  box.write('repo/log.gz', gzipSync(log).subarray(0, -20));
  refused(
    box,
    ['drift', 'train.csv', '--stream', 'log.gz', '--window', '900'],
    'request-invalid',
    'compressed',
  );
  box.write('repo/cut.tfrecord', log.subarray(0, log.length - 1));
  refused(
    box,
    ['drift', 'train.csv', '--stream', 'cut.tfrecord', '--window', '900'],
    'request-invalid',
    'record',
  );
  log[40]! ^= 1;
  box.write('repo/damaged.tfrecord', log);
  refused(box, ['drift', 'train.csv', '--stream', 'damaged.tfrecord'], 'request-invalid', 'checksum');
});

const stream = (file: string, content: string | Uint8Array, ...more: string[]) => {
  box.write(`repo/${file}`, content);
  return box.varve(['drift', 'train.csv', '--stream', file, ...more]);
};

test('a TFRecord is known by its form where the head of its first record is damaged, and no name is made up', () => {
  const log = Buffer.from(tfRecords(asked(1n, 'a'), asked(2n, 'b')));
  for (const at of [0, 8, 11]) {
    const damaged = Buffer.from(log);
    damaged[at]! ^= 1;
    for (const bytes of [damaged, gzipSync(damaged)]) {
      const { code, out, err } = stream('log.bin', bytes);
      expect([at, code, out]).toEqual([at, 2, '']);
      expect(err).toContain(
        'The request in record 1 cannot be read: the checksum of its length does not hold',
      );
      expect(err).not.toContain('JSON');
    }
  }
  const byTime = stream('log.bin', log, '--window', '15m');
  expect([byTime.code, byTime.err]).toEqual([2, expect.stringContaining('whose requests do not say when')]);
  // Whole records of another kind: the fault is in the window, not in a file that nobody has.
  const other = stream('log.bin', tfRecords(Buffer.from('no message at all')));
  expect([other.code, other.out]).toEqual([2, '']);
  expect(other.err).toContain('window 1 of the stream');
  expect(other.err).not.toContain('window-1');
});

const event = (data: unknown, type = 'org.kubeflow.serving.inference.request') => ({
  ...{ specversion: '1.0', id: '1', source: 'x', type, time: '2026-01-01T00:00:00Z' },
  data,
});
const linesOf = (...values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

test('a log without requests says what it has, and that nothing was compared', () => {
  const answer = event({ predictions: [1] }, 'org.kubeflow.serving.inference.response');
  const monitor = { meta_data: { bento_name: 'b' }, columns: [{ name: 'age', role: 'feature' }] };
  for (const more of [[], ['--window', '15m']]) {
    const { code, out, err } = stream(
      'log.jsonl',
      linesOf(answer, answer, monitor, { instances: [] }),
      ...more,
    );
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(
      'nothing was compared: it has messages without rows, 2 of cloudevents, 1 of bentoml, 1 of predict',
    );
  }
  const mixed = stream('log.jsonl', `${linesOf(answer)}no JSON\n`);
  expect([mixed.code, mixed.err]).toEqual([
    2,
    expect.stringContaining('1 of cloudevents, and 1 line cannot be read'),
  ]);
  const empty = stream('log.jsonl', '\n');
  expect([empty.code, empty.err]).toEqual([
    2,
    expect.stringContaining('The stream has no row: nothing was compared'),
  ]);
  // One request among the answers is compared.
  expect(stream('log.jsonl', linesOf(answer, event({ instances: [[1, 'a']] }), answer)).err).toBe('');
});

test('each window tells the forms of its own requests, those of a list too', () => {
  const predict = { instances: [[1, 'a']] };
  const v2 = {
    inputs: [
      { name: 'age', shape: [1], datatype: 'INT64', data: [1] },
      { name: 'group', shape: [1], datatype: 'BYTES', data: ['a'] },
    ],
  };
  const { out } = stream(
    'log.jsonl',
    linesOf(event(predict), v2, { age: 1, group: 'a' }, v2, [predict, event(v2)], { age: 2, group: 'b' }),
    ...['--window', '2', '--json'],
  );
  const windows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).envelopes);
  expect(windows).toEqual([['cloudevents/predict', 'v2'], ['v2'], ['cloudevents/v2', 'predict'], undefined]);
});
