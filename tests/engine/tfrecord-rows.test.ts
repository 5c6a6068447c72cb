import { expect, test } from 'vitest';
import { BinaryFault } from '../../src/engine/formats/binary-fault.ts';
import { rowsOfMessage, rowsOfRecords } from '../../src/engine/formats/tfrecord/rows.ts';
import { example, message, sequenceExample, tfRecords } from '../support/proto.ts';

const BOUNDS = { values: 1000, bytes: 10_000 };
const rows = (bytes: Uint8Array): string[] => rowsOfMessage(Buffer.from(bytes), BOUNDS);
const tensor = (type: number, sizes: readonly number[], field: object) => ({
  1: type,
  2: { 2: sizes.map((size) => ({ 1: size })) },
  ...field,
});
const predict = (inputs: Readonly<Record<string, object>>) =>
  message({ 6: { 1: { 2: Object.entries(inputs).map(([name, one]) => ({ 1: name, 2: one as never })) } } });

test('values keep their digits, floats have the fewest that tell them, and bytes are text where they can be', () => {
  const one = example({
    float: [0.1],
    third: [Math.fround(1 / 3)],
    least: [-(2n ** 63n)],
    list: [1n, 2n],
    none: null,
    text: ['Ärger "x"'],
    bytes: [Uint8Array.of(255, 0) as never],
    __proto__x: [1n],
  });
  expect(rows(one)).toEqual([
    `{"float":0.1,"third":0.33333334,"least":${-(2n ** 63n)},"list":[1,2],"none":null,"text":"Ärger \\"x\\"","bytes":"/wA=","__proto__x":1}`,
  ]);
  expect(rows(example({ nan: [Number.NaN], huge: [Number.POSITIVE_INFINITY] }))).toEqual([
    '{"nan":null,"huge":null}',
  ]);
  const log = predict({
    double: tensor(2, [2], { 4: Buffer.from(Float64Array.of(0.1, 1e300).buffer) }),
    pair: tensor(3, [2, 2], { 7: [1, 2, 3] }),
    flag: tensor(10, [], { 11: [1] }),
  });
  expect(rows(log)).toEqual([
    '{"double":0.1,"pair":[1,2],"flag":true}',
    '{"double":1e+300,"pair":[3,3],"flag":true}',
  ]);
});

test('what a few bytes say to be much is not taken, and what is no request is told', () => {
  const faults: [Uint8Array, string][] = [
    [predict({ a: tensor(3, [900], {}), b: tensor(3, [900], {}) }), 'size that is not read'],
    [predict({ a: tensor(7, [900], { 8: ['x'.repeat(100)] }) }), 'more room'],
    [predict({ a: tensor(7, [], { 8: ['x'.repeat(200)] }), b: tensor(3, [900], {}) }), 'more room'],
    [sequenceExample({}, { tokens: [['a']] }), 'neither a tf.Example nor a PredictionLog'],
    [message({ 5: { 1: {} } }), 'SessionRunLog'],
    [Buffer.from('hello'), 'neither'],
  ];
  for (const [bytes, said] of faults) expect(() => rows(bytes)).toThrow(said);
  const many = tfRecords(...Array.from({ length: 300 }, () => example({ a: ['x'.repeat(50)] })));
  const found = [...rowsOfRecords(Buffer.from(many), BOUNDS)];
  expect(found).toHaveLength(300);
  expect(found[0]).toEqual([`{"a":"${'x'.repeat(50)}"}`]);
  expect(found.at(-1)).toBeInstanceOf(BinaryFault);
});
