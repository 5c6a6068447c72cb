import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LINE_BYTES } from '../../../src/engine/formats/text/lines.ts';
import { VarveError } from '../../../src/errors.ts';
import type { ServedColumns } from '../../../src/operations/inference/columns.ts';
import { servedColumns } from '../../../src/operations/inference/columns.ts';
import { parseValue } from '../../../src/operations/inference/json-value.ts';
import { linesOf } from '../../../src/operations/inference/request-lines.ts';
import { RequestReader } from '../../../src/operations/inference/requests.ts';
import type { Profile } from '../../../src/profile/model/model.ts';
import { parseSchema } from '../../../src/schema/format/parse.ts';

const columns: ServedColumns = {
  names: new Set(['age', 'city', 'label']),
  nested: new Set(['age', 'city', 'label']),
  orders: new Map([
    [3, ['age', 'city', 'label']],
    [2, ['age', 'city']],
  ]),
};
const rows = [
  { age: 31, city: 'Oslo' },
  { age: 45, city: 'Bern' },
];
const v2 = {
  id: '7',
  inputs: [
    { name: 'age', shape: [2, 1], datatype: 'INT64', data: [31, 45] },
    { name: 'city', shape: [2], datatype: 'BYTES', data: ['Oslo', 'Bern'] },
  ],
};
const event = (data: unknown, type = 'org.kubeflow.serving.inference.request') => ({
  specversion: '1.0',
  id: '1',
  source: 'http://model/',
  type,
  time: '2026-11-28T01:02:03Z',
  datacontenttype: 'application/json',
  data,
});
const read = (value: unknown) => new RequestReader(columns).read(value);
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

describe('requests as model servers log them', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['rows', rows, []],
    ['instances by name', { signature_name: 'serving_default', instances: rows }, ['predict']],
    ['instances by place', { instances: rows.map(Object.values) }, ['predict']],
    ['columns', { inputs: { age: [31, 45], city: ['Oslo', 'Bern'] } }, ['predict']],
    ['bytes in base64', { instances: [{ ...rows[0], city: { b64: 'T3Nsbw==' } }, rows[1]] }, ['predict']],
    [
      'examples',
      {
        examples: [
          { age: 31, city: 'Oslo' },
          { age: 45, city: 'Bern' },
        ],
      },
      ['predict'],
    ],
    ['tensors by name', v2, ['v2']],
    [
      'one tensor by places',
      {
        inputs: [
          {
            name: 'input-0',
            shape: [2, 2],
            datatype: 'BYTES',
            data: [
              [31, 'Oslo'],
              [45, 'Bern'],
            ],
          },
        ],
      },
      ['v2'],
    ],
    ['Seldon by place', { data: { ndarray: rows.map(Object.values) } }, ['seldon']],
    [
      'Seldon by name',
      {
        data: {
          names: ['city', 'age'],
          ndarray: [
            ['Oslo', 31],
            ['Bern', 45],
          ],
        },
      },
      ['seldon'],
    ],
    [
      'a tensor of Seldon',
      { data: { names: ['age', 'city'], tensor: { shape: [2, 2], values: [31, 'Oslo', 45, 'Bern'] } } },
      ['seldon'],
    ],
    ['an event of tensors', event(v2), ['cloudevents', 'v2']],
    ['an event of instances', event({ instances: rows }), ['cloudevents', 'predict']],
    ['an event of rows', event(rows), ['cloudevents']],
    ['an event in base64', { ...event(undefined), data_base64: base64(v2) }, ['cloudevents', 'v2']],
    ['an event with JSON as text', event(JSON.stringify(v2)), ['cloudevents', 'v2']],
    ['a batch of events', [event(rows[0]), event(rows[1])], ['cloudevents']],
  ])('%s become rows of features', (_, value, envelope) => {
    const found = read(value);
    expect(found.forms).toEqual(envelope.length === 0 ? [] : [envelope.join('/')]);
    expect(found.rows).toEqual(rows);
    expect(found.time).toBe(envelope[0] === 'cloudevents' ? Date.UTC(2026, 10, 28, 1, 2, 3) : undefined);
  });

  it('answers of a model are no rows', () => {
    expect(read(event({ predictions: [1] }, 'io.seldon.serving.inference.response')).rows).toEqual([]);
  });

  it('a line of a BentoML monitor loses its own columns, and what its schema calls no feature', () => {
    const reader = new RequestReader(columns);
    const line = { timestamp: '2026-11-28T01:02:03.000', request_id: '9', ...rows[0], score: 0.3, extra: 1 };
    expect(reader.read(line).rows).toEqual([{ ...rows[0], score: 0.3, extra: 1 }]);
    const schema = {
      meta_data: { bento_name: 'b', bento_version: '1' },
      columns: [
        { name: 'age', role: 'feature', type: 'numerical' },
        { name: 'score', role: 'prediction', type: 'numerical' },
      ],
    };
    expect(reader.read(schema)).toEqual({ forms: ['bentoml'], rows: [] });
    expect(reader.read(line)).toMatchObject({ forms: ['bentoml'], rows: [{ ...rows[0], extra: 1 }] });
  });

  it('what the snapshot has as features is no envelope', () => {
    const names = new Set(['instances', 'timestamp', 'data', 'inputs', 'specversion']);
    const reader = new RequestReader({ names, nested: names, orders: new Map() });
    for (const row of [{ instances: [1] }, { timestamp: 'x', request_id: 'y' }, { inputs: [1] }, event(1)])
      expect(reader.read(row)).toEqual({ forms: [], rows: [row] });
  });

  it.each<[string, unknown]>([
    ['is no object', 7],
    ['4 values without names, and the schema gives the places of 3 or 2', { instances: [[1, 2, 3, 4]] }],
    ['different numbers of rows', { inputs: { age: [1], city: ['a', 'b'] } }],
    ['not as many values as its shape says', { inputs: [{ ...v2.inputs[0], shape: [1e9, 1e9] }] }],
    ['no data in the JSON', { inputs: [{ name: 'age', shape: [1], datatype: 'INT64' }] }],
    ['no name or shape', { inputs: [{ name: 'age', shape: [-1], datatype: 'INT64', data: [] }] }],
    ['is no JSON', { ...event(undefined), data_base64: '////' }],
    ['no JSON object', event(3)],
  ])('one that cannot be read is refused in words: %s', (problem, value) => {
    expect(() => read(value)).toThrow(problem);
  });

  it('whatever is sent gives rows or is refused', () => {
    const key = fc.constantFrom(
      'inputs',
      'instances',
      'data',
      'ndarray',
      'shape',
      'name',
      'datatype',
      'specversion',
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, (sent) => {
        try {
          for (const row of read(sent).rows) expect(row).toBeTypeOf('object');
        } catch (error) {
          expect(error).toBeInstanceOf(VarveError);
        }
      }),
    );
  });
});

describe('places of values without names', () => {
  const feature = (name: string) => ({ path: [name] });
  const profile = {
    tables: [{ name: '', features: ['label', 'age', 'city'].map(feature) }],
  } as unknown as Profile;

  it('are those of the snapshot where there is no schema', () => {
    expect([...servedColumns(profile, undefined).orders]).toEqual([[3, ['label', 'age', 'city']]]);
  });

  it('are those of the schema, as a whole and in each environment; a length of two orders is nobody’s', () => {
    const text = (more: string) => `
varveSchema: 1
environments: [TRAINING, SERVING${more === '' ? '' : ', EVAL'}]
features:
  age: { type: integer }
  city: { type: string${more} }
  label: { type: integer, notIn: [SERVING] }
`;
    const orders = (more: string) => [...servedColumns(profile, parseSchema(text(more), 's.yaml')).orders];
    expect(orders('')).toEqual([
      [3, ['age', 'city', 'label']],
      [2, ['age', 'city']],
    ]);
    expect(orders(', notIn: [EVAL]')).toEqual([[3, ['age', 'city', 'label']]]);
  });
});

describe('a stream of lines', () => {
  async function linesIn(text: string | Buffer, cut: number): Promise<(string | undefined)[]> {
    const bytes = Buffer.from(text);
    async function* chunks() {
      for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut);
    }
    const found: (string | undefined)[] = [];
    for await (const line of linesOf(chunks())) found.push(line?.toString());
    return found;
  }

  it('is cut at the ends of lines wherever its chunks are cut', async () => {
    const line = fc.string().map((text) => text.replaceAll(/[\r\n]/g, ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.constantFrom('\n', '\r\n'),
        fc.integer({ min: 1, max: 40 }),
        async (lines, end, cut) => {
          expect(await linesIn(lines.map((one) => one + end).join(''), cut)).toEqual(lines);
        },
      ),
    );
    expect(await linesIn('{"a": 12345678901234567890}\n\n{"a', 3)).toEqual([
      '{"a": 12345678901234567890}',
      '',
      '{"a',
    ]);
  });

  it('keeps nothing of a line that is too long, and goes on behind it', async () => {
    const long = Buffer.alloc(MAX_LINE_BYTES + 1, 'x');
    expect(await linesIn(Buffer.concat([long, Buffer.from('\nb\n')]), 1 << 20)).toEqual([undefined, 'b']);
    expect(await linesIn(long, 1 << 20)).toEqual([undefined]);
  });
});

describe('values of JSON', () => {
  it('may be numbers that are not finite, outside of texts', () => {
    expect(parseValue('[NaN, -Infinity, {"NaN": "a \\" NaN"}, nan, inf]')).toEqual([
      ...[null, null, { NaN: 'a " NaN' }, null, null],
    ]);
    for (const text of ['', 'NaNs', '{"a": Nan x}', '[nul]', '"NaN', '{NaN: 1}', '-'])
      expect(() => parseValue(text), text).toThrow(SyntaxError);
  });

  it('are those of JSON.parse where that can read them', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parseValue(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
