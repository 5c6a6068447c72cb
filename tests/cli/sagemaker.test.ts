import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

const box = new Sandbox();
beforeAll(() => {
  box.repository();
  const rows = Array.from(
    { length: 200 },
    (_, at) => `${at % 4},${at / 8},${['a', 'b'][at % 2]},${at % 4 === 0 ? '' : -at},2024-01-01`,
  );
  box.write('repo/a.csv', `n,share,kind,some,on\n${rows.join('\n')}\n`);
  box.ok(['schema', 'infer', 'a.csv']);
});
afterAll(() => box.remove());

test('a schema is written as constraints of Model Monitor, and these come back as one that the data satisfies', () => {
  box.write('repo/constraints.json', box.ok(['schema', 'show', 'a.csv', '--format', 'sagemaker']));
  const constraints = JSON.parse(readFileSync(box.path('repo/constraints.json'), 'utf8'));
  expect(constraints).toMatchObject({ version: 0, monitoring_config: { evaluate_constraints: 'Enabled' } });
  expect(constraints.features).toEqual([
    { name: 'n', inferred_type: 'Integral', completeness: 1 },
    {
      name: 'share',
      inferred_type: 'Fractional',
      completeness: 1,
      num_constraints: { is_non_negative: true },
    },
    { name: 'kind', inferred_type: 'String', completeness: 1, string_constraints: { domains: ['a', 'b'] } },
    { name: 'some', inferred_type: 'Integral', completeness: expect.closeTo(0.7, 0) },
    { name: 'on', inferred_type: 'String', completeness: 1 },
  ]);
  box.ok(['schema', 'infer', 'a.csv', '--from', 'constraints.json', '--output', 'back.yaml']);
  box.ok(['validate', 'a.csv', '--schema', 'back.yaml']);
  box.write('repo/b.csv', 'n,share,kind,some,on\n1,-1,c,,x\n');
  const { anomalies } = box.json<{ anomalies: { feature: string }[] }>(
    ['validate', 'b.csv', '--schema', 'back.yaml'],
    'repo',
    1,
  );
  expect(anomalies.map(({ feature }) => feature).sort()).toEqual(['kind', 'share', 'some']);
});

test('a baseline of the service itself becomes a schema', () => {
  const features = [
    { name: 'n', inferred_type: 'Integral', completeness: 1, num_constraints: { is_non_negative: true } },
    { name: 'share', inferred_type: 'Unknown', completeness: 0 },
    { name: 'kind', inferred_type: 'String', completeness: 0.5, string_constraints: { domains: ['a', 'b'] } },
  ];
  box.write('repo/baseline.json', JSON.stringify({ version: 0, features }));
  const { text } = box.json<{ text: string }>([
    'schema',
    'infer',
    'a.csv',
    '--from',
    'baseline.json',
    '--output',
    'baseline.yaml',
  ]);
  expect(text.split('\n').slice(2).join('\n')).toBe(`varveSchema: 1
features:
  n:
    type: integer
    presence: required
    range: { min: 0 }
  share:
    type: any
  kind:
    type: string
    presence: { minFraction: 0.5 }
    domain: [ a, b ]
`);
  for (const odd of [{ completeness: 2 }, { name: 3 }, { completeness: 'all' }]) {
    box.write('repo/odd.json', JSON.stringify({ features: [{ ...features[0], ...odd }] }));
    const { err, code } = box.varve([
      'schema',
      'infer',
      'a.csv',
      '--from',
      'odd.json',
      '--output',
      'odd.yaml',
    ]);
    expect([code, err]).toEqual([2, expect.stringContaining('cannot be read as constraints')]);
  }
});

test('a profile is written as statistics of Model Monitor', () => {
  box.ok(['profile', 'a.csv', '--format', 'sagemaker', '--output', 'statistics.json']);
  const { dataset, features } = JSON.parse(readFileSync(box.path('repo/statistics.json'), 'utf8'));
  expect(dataset).toEqual({ item_count: 200 });
  const [n, share, kind, some] = features;
  expect(n).toMatchObject({
    inferred_type: 'Integral',
    numerical_statistics: {
      common: { num_present: 200, num_missing: 0 },
      mean: 1.5,
      sum: 300,
      min: 0,
      max: 3,
    },
  });
  const { buckets } = share.numerical_statistics.distribution.kll;
  expect(buckets).toHaveLength(10);
  expect(buckets.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBeCloseTo(200);
  expect(kind.string_statistics).toMatchObject({
    distinct_count: 2,
    distribution: {
      categorical: {
        buckets: [
          { value: 'a', count: 100 },
          { value: 'b', count: 100 },
        ],
      },
    },
  });
  expect(some.numerical_statistics.common).toEqual({ num_present: 150, num_missing: 50 });
  box.write('repo/two/a/x.csv', 'p,q\n1,2\n');
  box.write('repo/two/b/y.csv', 'r,s,t\na,b,c\n');
  expect(box.varve(['profile', 'two', '--format', 'sagemaker']).err).toContain('several tables');
});

test('statistics, of varve or of the service, become a schema by which new data is judged', () => {
  box.ok(['profile', 'a.csv', '--format', 'sagemaker', '--output', 'statistics.json']);
  const infer = (...more: string[]) =>
    box.varve([
      'schema',
      'infer',
      'a.csv',
      '--from',
      'statistics.json',
      '--output',
      'of.yaml',
      '--force',
      ...more,
    ]);
  expect(infer('--json').code).toBe(0);
  box.ok(['validate', 'a.csv', '--schema', 'of.yaml']);
  expect(readFileSync(box.path('repo/of.yaml'), 'utf8').split('\n').slice(2).join('\n')).toBe(`varveSchema: 1
features:
  n:
    type: integer
    presence: required
    range: { min: 0 }
  share:
    type: float
    presence: required
    range: { min: 0 }
  kind:
    type: string
    presence: required
    domain: [ a, b ]
  some:
    type: integer
    presence: { minFraction: 0.75 }
  on:
    type: [ boolean, date, string, time, timestamp ]
    presence: required
`);
  const common = { num_present: 3, num_missing: 1 };
  const wrong: [object[], string][] = [
    [[{ name: 'n', inferred_type: 'Integral', numerical_statistics: {} }], 'how many values'],
    [[{ name: 'n', inferred_type: 'Decimal', numerical_statistics: { common } }], 'inferred_type "Decimal"'],
    [
      [
        { name: 'n', inferred_type: 'Integral', numerical_statistics: { common } },
        { name: 'n', inferred_type: 'String', string_statistics: { common } },
      ],
      'two features called "n"',
    ],
  ];
  for (const [features, words] of wrong) {
    box.write('repo/statistics.json', JSON.stringify({ version: 0, dataset: { item_count: 4 }, features }));
    const { code, err } = infer();
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
    expect(err).toContain('statistics.json cannot be read as statistics');
  }
});

test('a type that the service has not, and a name that stands twice, are told of as what they are', () => {
  const n = { name: 'n', inferred_type: 'Integral', completeness: 1 };
  const wrong: [object[], string][] = [
    [
      [n, { ...n, name: 'm', inferred_type: 'Decimal' }],
      '"m" has the inferred_type "Decimal", and the types are Integral',
    ],
    [[n, { name: 'm', completeness: 1 }], '"m" has no inferred_type'],
    [[n, { ...n, inferred_type: 'String' }], 'it has two features called "n"'],
  ];
  for (const [features, words] of wrong) {
    box.write('repo/odd.json', JSON.stringify({ version: 0, features }));
    const { code, err } = box.varve([
      'schema',
      'infer',
      'a.csv',
      '--from',
      'odd.json',
      '--output',
      'odd.yaml',
    ]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining(`odd.json cannot be read as constraints: ${words}`),
    ]);
  }
});
