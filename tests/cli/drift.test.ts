import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DriftReport, DriftSeries, DriftWindow } from '../../src/drift/model.ts';
import { randomNumbers } from '../drift/simulation.ts';
import { header, lines, threeVersions } from '../support/flights.ts';
import { assertPublished } from '../support/published.ts';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox();
/** Rows of the sample as JSON Lines. */
function jsonLines(rows: readonly string[]): string {
  const names = header.split(',');
  const value = (text: string) => (text === 'NA' ? null : Number.isNaN(Number(text)) ? text : Number(text));
  return rows
    .map((row) =>
      JSON.stringify(Object.fromEntries(row.split(',').map((text, i) => [names[i], value(text)]))),
    )
    .join('\n');
}

beforeAll(() => threeVersions(sandbox));
afterAll(() => sandbox.remove());

test('a history compares each committed version with the one before it', () => {
  const { code, out } = sandbox.varve(['drift', 'flights.csv', '--history']);
  expect(code).toBe(1);
  expect(out).toMatch(/^flights\.csv: 2 steps of 2 drifted over 3 versions\n/);
  expect(out).toMatch(/^month +█+ /m);
  expect(out).toMatch(/^✗ +[0-9a-f]{12} +\d{4}-\d\d-\d\d +600 /m);
  const series = sandbox.json<DriftSeries>(['drift', 'flights.csv', '--history'], 'repo', 1);
  assertPublished('drift-series', series);
  expect(series.versions.map(({ rows }) => rows)).toEqual([600, 600, 600]);
  expect(series.features[0]).toMatchObject({
    feature: 'month',
    steps: [{ verdict: 'drift' }, { verdict: 'drift' }],
  });
});

test('a history is written as Markdown, the newest version first', () => {
  const { out } = sandbox.varve(['drift', 'flights.csv', '--history', '--format', 'markdown']);
  expect(out).toMatch(/^### flights\.csv: 2 steps of 2 drifted over 3 versions\n/);
  expect(out.match(/^\| ❌ \| `[0-9a-f]{12}` \|/gm)).toHaveLength(2);
  expect(out).toMatch(/^\| `month` \| ██ \|/m);
});

test('a history is a page to look at, a drawing a feature', () => {
  const { code } = sandbox.varve([
    'drift',
    'flights.csv',
    '--history',
    '--format',
    'html',
    '--output',
    'history.html',
  ]);
  expect(code).toBe(1);
  const page = readFileSync(sandbox.path('repo', 'history.html'), 'utf8');
  expect(page).toContain('flights.csv: 2 steps of 2 drifted over 3 versions');
  expect(page).toMatch(/aria-label="month by version".*class="median"/);
  expect(page).toMatch(/<ul class="legend"><li class="c0"><bdi>/);
  expect(page.match(/<article class="card"/g)).toHaveLength(19);
});

test('reports from profiles start without the engine', () => {
  const hook = sandbox.write(
    'no-engine.cjs',
    `const Module = require('node:module');
const load = Module._load;
Module._load = (name, ...rest) => {
  if (name.includes('duckdb')) throw new Error('the engine is loaded');
  return load(name, ...rest);
};
const processes = require('node:child_process');
const { spawn } = processes;
processes.spawn = (command, words, ...rest) => {
  if (words.some((word) => word.includes('reader-process'))) throw new Error('the data is read');
  return spawn(command, words, ...rest);
};`,
  );
  sandbox.env.NODE_OPTIONS = `--require=${hook}`;
  try {
    expect(sandbox.varve(['profile', 'flights.csv', '--slice', 'origin=JFK']).err).toContain(
      'the data is read',
    );
    const versions = ['flights.csv@HEAD~1', 'flights.csv@HEAD'];
    expect(sandbox.varve(['drift', ...versions]).out).toMatch(/^✗ /);
    expect(sandbox.varve(['diff', 'HEAD~1', 'HEAD'])).toMatchObject({ code: 0, err: '' });
    expect(sandbox.varve(['profile', versions[0]!])).toMatchObject({ code: 0, err: '' });
  } finally {
    delete sandbox.env.NODE_OPTIONS;
  }
});

test('what the versions of a baseline differ by is usual; a baseline of none is refused', () => {
  const words = ['drift', 'flights.csv@HEAD~1', 'flights.csv@HEAD'];
  const plain = sandbox.json<DriftReport>(words, 'repo', 1);
  const report = sandbox.json<DriftReport>([...words, '--baseline', 'HEAD~2..HEAD~1'], 'repo', 1);
  const others = ({ features }: DriftReport) => features.filter(({ verdict }) => verdict === 'drift').length;
  expect(others(report)).toBeLessThanOrEqual(others(plain));
  const threshold = (of: DriftReport) => of.features[0]!.measures[0]!.threshold!;
  expect(threshold(report)).toBeGreaterThanOrEqual(threshold(plain));
  const none = sandbox.varve([...words, '--baseline', 'HEAD..HEAD']);
  expect(none.code).toBe(2);
  expect(none.err).toContain('No version of flights.csv lies in HEAD..HEAD');
});

test('findings point at the pointer, which Git has, and not at the data, which it ignores', () => {
  const words = ['drift', 'flights.csv@HEAD~1', 'flights.csv@HEAD', '--format'];
  expect(sandbox.varve([...words, 'github']).out).toMatch(/^::error file=flights\.csv\.varve,/);
  expect(sandbox.varve([...words, 'sarif']).out).toContain('"uri":"flights.csv.varve"');
});

test('two slices of one dataset compare, and say which they are', () => {
  const words = ['drift', 'flights.csv', 'flights.csv', '--slice', 'origin=JFK'];
  const same = sandbox.json<DriftReport>(words);
  expect(same).toMatchObject({ verdict: 'none', after: { name: 'flights.csv where origin = JFK' } });
  const other = sandbox.json<DriftReport>([...words, '--slice-after', 'origin=EWR'], 'repo', 1);
  expect(other.before.rows + other.after.rows).toBeLessThan(600);
  expect(other.features.find(({ feature }) => feature === 'origin')).toMatchObject({
    verdict: 'drift',
    reasons: [expect.stringMatching(/"(EWR|JFK)"/), expect.anything(), expect.anything()],
  });
});

test('a slice that no row is in is refused, since nothing could drift from it', () => {
  const { code, err } = sandbox.varve([
    'drift',
    'flights.csv@HEAD~1',
    'flights.csv',
    '--slice',
    'origin=JKF',
  ]);
  expect(code).toBe(2);
  expect(err).toContain('No row of flights.csv@HEAD~1 has JKF as origin');
});

test('splits without a key are not said to be disjoint', () => {
  const { code, err } = sandbox.varve(['drift', 'flights.csv@HEAD~1', 'flights.csv', '--disjoint-keys']);
  expect(code).toBe(2);
  expect(err).toContain('key-overlap: 0.001');
});

test('a history of one version, or beside a second dataset, is refused', () => {
  const single = sandbox.varve(['drift', 'flights.csv@HEAD~2', '--history']);
  expect(single.code).toBe(2);
  expect(single.err).toContain('fewer than two committed versions');
  expect(sandbox.varve(['drift', 'flights.csv', 'other.csv', '--history']).code).toBe(2);
});

test('a stream gives one line a window, and metrics of the last one', () => {
  sandbox.write('repo/served.jsonl', jsonLines(lines.slice(0, 500)));
  const words = ['drift', 'flights.csv', '--stream', 'served.jsonl', '--window', '200'];
  const { code, out } = sandbox.varve([...words, '--json', '--prometheus', 'served.prom']);
  expect(code).toBe(1);
  const windows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as DriftWindow);
  for (const window of windows) assertPublished('drift-window', window);
  expect(windows.map(({ window, rows }) => [window, rows])).toEqual([
    [1, 200],
    [2, 200],
    [3, 100],
  ]);
  expect(windows[0]!.features[0]!.feature).toBe('month');
  expect(readFileSync(sandbox.path('repo', 'served.prom'), 'utf8')).toContain(
    'varve_drift_verdict{dataset="flights.csv"} 2\n',
  );
});

test('a stream of logged requests is compared by its rows, and says what they came in', () => {
  const rows = jsonLines(lines.slice(0, 300)).split('\n');
  const requests = rows.map((row, at) =>
    JSON.stringify({
      ...{ specversion: '1.0', id: String(at), source: 'm', type: 'org.kubeflow.serving.inference.request' },
      data: { instances: [at % 2 === 0 ? JSON.parse(row) : Object.values(JSON.parse(row) as object)] },
    }),
  );
  sandbox.write('repo/rows.jsonl', rows.join('\n'));
  sandbox.write('repo/requests.jsonl', requests.join('\n'));
  const [plain, logged] = ['rows.jsonl', 'requests.jsonl'].map((file) =>
    sandbox.json<DriftWindow>(['drift', 'flights.csv', '--stream', file], 'repo', 1),
  ) as [DriftWindow, DriftWindow];
  assertPublished('drift-window', logged);
  expect(plain.envelopes).toBeUndefined();
  expect(logged).toEqual({ ...plain, envelopes: ['cloudevents/predict'] });
  sandbox.write(
    'repo/served.schema.yaml',
    'varveSchema: 1\nenvironments: [TRAINING, SERVING]\nfeatures: { month: { type: integer, notIn: [SERVING] } }\n',
  );
  const served = ['--stream', 'requests.jsonl', '--schema', 'served.schema.yaml', '--environment', 'SERVING'];
  sandbox.write('repo/requests.jsonl', `${rows[0]!.replace(/"month":\d+,/, '')}\n`);
  const { removed } = sandbox.json<DriftWindow>(['drift', 'flights.csv', ...served], 'repo', 0);
  expect(removed).toEqual([]);
  expect(sandbox.varve(['drift', 'flights.csv', 'flights.csv', '--environment', 'SERVING']).code).toBe(2);
  sandbox.write('repo/requests.jsonl', `${requests[0]}\n{"instances":[[1,2]]}\n`);
  const counted = sandbox.varve(['drift', 'flights.csv', '--stream', 'requests.jsonl', '--json']);
  expect(JSON.parse(counted.out)).toMatchObject({ rows: 1, stream: { malformed: 1, late: 0 } });
  expect(counted.err).toContain('Line 2 is left out');
});

test('a stream on a terminal is one marked line a window', () => {
  sandbox.write('repo/served.jsonl', jsonLines(lines.slice(0, 300)));
  const { out } = sandbox.varve(['drift', 'flights.csv', '--stream', 'served.jsonl', '--window', '200']);
  expect(out).toMatch(
    /^✗ window 1, 200 rows: \d+ of 19 features drifted: month.*\n. window 2, 100 rows: .*\n$/,
  );
});

test('lines of a stream that cannot be read are counted in their window, and the rest goes on', () => {
  const rows = jsonLines(lines.slice(0, 400)).trimEnd().split('\n');
  const broken = [
    '{"month": ',
    '7',
    '{"month": 1} {"month": 2}',
    '',
    `{"deep": ${'['.repeat(200)}${']'.repeat(200)}}`,
  ];
  const stream = [
    ...rows.slice(0, 150),
    ...broken,
    ...rows.slice(150, 350),
    'nothing',
    ...rows.slice(350),
    '}',
  ];
  sandbox.write('repo/served.jsonl', stream.join('\r\n'));
  const words = ['drift', 'flights.csv', '--stream', 'served.jsonl', '--window', '200'];
  const { code, out, err } = sandbox.varve([...words, '--json', '--prometheus', 'served.prom']);
  expect(code).toBe(1);
  const windows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as DriftWindow);
  for (const window of windows) assertPublished('drift-window', window);
  expect(windows.map(({ window, rows: count, stream: of }) => [window, count, of!.malformed])).toEqual([
    [1, 200, 4],
    [2, 200, 1],
  ]);
  expect(err).toMatch(/Line 151 is left out, and others like it are counted: it is no JSON/);
  expect(err).toContain('Of the last lines, 1 could not be read');
  expect(readFileSync(sandbox.path('repo', 'served.prom'), 'utf8')).toContain(
    'varve_stream_malformed{dataset="flights.csv"} 1\n',
  );
  expect(sandbox.varve(words).out).toContain('window 1, 200 rows, 4 malformed:');
});

test('numbers that JSON has not are read as programs of Python write them', () => {
  sandbox.write('repo/numbers.csv', 'a\n1.5\n2.5\n');
  const row = '{"a": NaN, "is NaN": "-Infinity, NaN]"}';
  sandbox.write('repo/served.jsonl', `${row}\n{"instances": [[Infinity], [2]]}\n`);
  const { rows, stream, envelopes } = sandbox.json<DriftWindow>([
    ...['drift', 'numbers.csv', '--stream', 'served.jsonl'],
  ]);
  expect({ rows, stream, envelopes }).toEqual({
    ...{ rows: 3, stream: { malformed: 0, late: 0 }, envelopes: ['predict'] },
  });
});

test('a stream of which nothing can be compared is no pass: one that is empty, and one of which no line can be read', () => {
  sandbox.write('repo/empty.jsonl', '\n\n');
  const empty = sandbox.varve(['drift', 'flights.csv', '--stream', 'empty.jsonl']);
  expect([empty.code, empty.out]).toEqual([2, '']);
  expect(empty.err).toContain('has no row: nothing was compared');
  sandbox.write('repo/broken.jsonl', '{"month": \n');
  const broken = sandbox.varve(['drift', 'flights.csv', '--stream', 'broken.jsonl']);
  expect(broken.code).toBe(2);
  expect(broken.err).toContain('No line of the stream can be read. Line 1: it is no JSON');
  expect(sandbox.varve([...'drift flights.csv --stream broken.jsonl --window 15m'.split(' ')]).code).toBe(2);
});

test('one dimension of an embedding that moves by two standard deviations is found, named by its position', () => {
  const random = randomNumbers(9);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const rows = (moved: number) =>
    Array.from({ length: 500 }, () =>
      JSON.stringify({ embedding: Array.from({ length: 16 }, (_, at) => normal() + (at === 7 ? moved : 0)) }),
    ).join('\n');
  sandbox.write('repo/before.jsonl', rows(0));
  sandbox.write('repo/same.jsonl', rows(0));
  sandbox.write('repo/after.jsonl', rows(2));
  expect(sandbox.varve(['drift', 'before.jsonl', 'same.jsonl']).code).toBe(0);
  const sentence = /mean at position 7 of 0 to 15 rose by [12]\.?\d* standard deviations/;
  const report = sandbox.json<DriftReport>(['drift', 'before.jsonl', 'after.jsonl'], 'repo', 1);
  assertPublished('drift-report', report);
  expect(report.features[0]).toMatchObject({ feature: 'embedding.[]', verdict: 'drift' });
  expect(report.features[0]!.reasons[0]).toMatch(sentence);
  for (const format of ['text', 'markdown', 'html']) {
    const { code, out } = sandbox.varve(['drift', 'before.jsonl', 'after.jsonl', '--format', format]);
    expect([code, out.replace(/\s+/g, ' ')]).toEqual([1, expect.stringMatching(sentence)]);
  }
});
