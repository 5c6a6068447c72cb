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
