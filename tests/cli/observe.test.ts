import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ObservedSummary } from '../../src/server/observe/summary.ts';
import { installed } from '../report/peers.ts';
import { example, message, tfRecords } from '../support/proto.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

/** Of a ride, the fare is what the model predicts. */
const SCHEMA = `varveSchema: 1
environments: [TRAINING, SERVING]
features:
  age: { type: integer, range: { min: 18, max: 90 } }
  city: { type: string }
  fare: { type: float, notIn: [SERVING] }
`;
const WORDS = [
  '--observe',
  'data/rides.csv@v1',
  '--window',
  '200',
  '--environment',
  'SERVING',
  '--state',
  '../state',
];
const SOON = { timeout: 30_000, interval: 100 };
const NAME = 'data/rides.csv';

let box: Sandbox;
let server: ServeProcess;
let key: { id: string; secret: string };

/** Ages from `least` on, of 40 years; every third in Bern. */
const rides = (count: number, least = 20) =>
  Array.from({ length: count }, (_, at) => ({
    age: least + ((at * 7) % 40),
    city: at % 3 === 0 ? 'Bern' : 'Oslo',
  }));

beforeAll(async () => {
  box = new Sandbox();
  box.repository();
  const rows = rides(600).map(({ age, city }, at) => `${age},${city},${(at % 50) + 0.5}`);
  box.write('repo/data/rides.csv', `age,city,fare\n${rows.join('\n')}\n`);
  box.ok(['add', 'data/rides.csv']);
  box.write('repo/data/rides.csv.schema.yaml', SCHEMA);
  box.commit('rides');
  box.git(['tag', 'v1']);
  key = box.json(['serve', 'key', 'add']);
  server = await startServe(box, WORDS);
});
afterAll(async () => {
  await server.stop();
  box.remove();
});

function headers(more: Record<string, string> = {}): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${key.id}:${key.secret}`).toString('base64')}`, ...more };
}

async function post(
  body: string | Uint8Array,
  type = 'application/json',
  more = {},
  name = NAME,
): Promise<number> {
  const options = { method: 'POST', body, headers: headers({ 'Content-Type': type, ...more }) };
  const answer = await fetch(`${server.url}/v1/observe/${name}`, options);
  await answer.arrayBuffer();
  return answer.status;
}

async function summary(): Promise<ObservedSummary> {
  const answer = await fetch(`${server.url}/v1/observe/${NAME}`, { headers: headers() });
  return (await answer.json()) as ObservedSummary;
}

const until = (check: (found: ObservedSummary) => void) =>
  vi.waitFor(async () => check(await summary()), SOON);

test('requests in every form are counted into windows, and held against the version', async () => {
  expect(server.said.observed).toEqual([{ name: NAME, against: 'data/rides.csv@v1' }]);
  const places = rides(50).map(({ age, city }) => [age, city]);
  const binary = {
    'ce-specversion': '1.0',
    'ce-type': 'org.kubeflow.serving.inference.request',
    'ce-source': 'm',
  };
  const tensors = {
    inputs: [
      { name: 'age', shape: [50], datatype: 'INT64', data: rides(50).map(({ age }) => age) },
      { name: 'city', shape: [50], datatype: 'BYTES', data: rides(50).map(({ city }) => city) },
    ],
  };
  const event = { specversion: '1.0', id: '1', type: 'x.request', source: 'm', data: tensors };
  const lines = rides(50).map((row) => JSON.stringify(row));
  expect(await post(JSON.stringify({ instances: places }), 'application/json', binary)).toBe(202);
  expect(await post(JSON.stringify([event]), 'application/cloudevents-batch+json')).toBe(202);
  expect(await post(lines.join('\n'), 'application/x-ndjson')).toBe(202);
  expect(
    await post(gzipSync(JSON.stringify(rides(50))), 'application/json; charset=utf-8', {
      'Content-Encoding': 'gzip',
    }),
  ).toBe(202);
  await until(({ totals }) => expect(totals.windows).toBe(1));
  const found = await summary();
  expect(found.totals).toMatchObject({ requests: 4, rows: 200, malformed: 0, late: 0, failed: 0 });
  expect(found.windows[0]).toMatchObject({
    window: 1,
    rows: 200,
    verdict: 'none',
    anomalies: 0,
    envelopes: ['cloudevents/predict', 'cloudevents/v2'],
  });
});

test('what changed is drift, in JSON, in metrics and on pages', async () => {
  expect(await post(JSON.stringify(rides(200, 70)))).toBe(202);
  await until(({ totals }) => expect(totals.windows).toBe(2));
  expect((await summary()).windows[0]).toMatchObject({
    window: 2,
    verdict: 'drift',
    features: [{ feature: 'age' }],
    anomalies: 1,
  });
  const scrape = await fetch(`${server.url}/metrics`, { headers: headers() });
  const metrics = await scrape.text();
  expect(scrape.headers.get('content-type')).toContain('version=0.0.4');
  for (const line of [
    `varve_drift_feature_verdict{dataset="${NAME}",table="",feature="age"} 2`,
    `varve_validation_anomaly{dataset="${NAME}",table="",feature="age",kind="INT_TYPE_BIG_INT",severity="error"} 1`,
    `varve_observe_rows_total{dataset="${NAME}"} 400`,
    `varve_profile_missing_ratio{dataset="${NAME}",table="",feature="city"} 0`,
    `varve_dataset_rows{repository="repo",dataset="${NAME}"} 600`,
    `varve_dataset_version_time_seconds{repository="repo",dataset="${NAME}"} `,
    'process_resident_memory_bytes ',
  ])
    expect(metrics).toContain(line);
  const open = await fetch(`${server.url}/metrics`, {
    headers: headers({ Accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' }),
  });
  expect(open.headers.get('content-type')).toContain('application/openmetrics-text; version=1.0.0');
  expect(await open.text()).toMatch(/\n# TYPE varve_observe_rows counter\n[\s\S]*\n# EOF\n$/);
  for (const [path, words] of [
    ['/v1/observe', '1 of 1 observed dataset drifted'],
    [`/v1/observe/${NAME}`, 'in windows of 200 rows'],
    [`/v1/observe/${NAME}?report`, '1 of 2 features drifted'],
  ] as const) {
    const answer = await fetch(server.url + path, { headers: headers({ Accept: 'text/html' }) });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await answer.text()).toContain(words);
  }
});

const promtool = installed('promtool');
test.skipIf(promtool === undefined)(
  'metrics are accepted by promtool (skipped where promtool is not installed)',
  async () => {
    const input = await (await fetch(`${server.url}/metrics`, { headers: headers() })).text();
    expect(spawnSync(promtool!, ['check', 'metrics'], { input, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: '',
      stderr: '',
    });
  },
);

test('what cannot be read is counted and told, and what comes too late', async () => {
  const before = (await summary()).totals;
  expect(await post('{"age": ')).toBe(202);
  expect(await post('{"instances":[[1,2,3,4]]}\n\n7\n{"age":31,"city":"Oslo"}\n', 'application/jsonl')).toBe(
    202,
  );
  expect(await post('no gzip', 'application/json', { 'Content-Encoding': 'gzip' })).toBe(202);
  const late = {
    'ce-specversion': '1.0',
    'ce-type': 'x',
    'ce-source': 'm',
    'ce-time': '2020-01-01T00:00:00Z',
  };
  expect(await post(JSON.stringify(rides(3)), 'application/json', late)).toBe(202);
  // A request is counted when its reading begins, and its rows when they are on disk.
  await until(({ totals }) =>
    expect(totals).toMatchObject({
      requests: before.requests + 4,
      rows: before.rows + 1,
      malformed: before.malformed + 4,
      late: before.late + 3,
    }),
  );
  const { problems } = await summary();
  expect(problems.map(({ message }) => message).join('\n')).toContain('4 values without names');
});

test('what is no observation is refused at once', async () => {
  expect(await post('{}', 'text/plain')).toBe(415);
  expect(await post('{}', 'application/json', {}, 'other.csv')).toBe(404);
  expect(await post(' '.repeat(9 * 1024 * 1024))).toBe(413);
  const anonymous = await fetch(`${server.url}/v1/observe/${NAME}`, { method: 'POST', body: '{}' });
  expect(anonymous.status).toBe(401);
  expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
  for (const method of ['PUT', 'DELETE'])
    expect((await fetch(`${server.url}/v1/observe/${NAME}`, { method, headers: headers() })).status).not.toBe(
      202,
    );
});

test('a client that breaks off leaves nothing behind', async () => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /v1/observe/${NAME} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers().Authorization}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"age"`,
  );
  await vi.waitFor(async () => expect(await queueBytes()).toBeGreaterThan(0), SOON);
  socket.destroy();
  await vi.waitFor(async () => expect(await queueBytes()).toBe(0), SOON);
  expect(server.log()).not.toContain('a defect of varve');
});

async function queueBytes(): Promise<number> {
  const metrics = await (await fetch(`${server.url}/metrics`, { headers: headers() })).text();
  return Number(/^varve_observe_queue_bytes (\d+)$/m.exec(metrics)![1]);
}

test('a window survives the end of the process, orderly or not', async () => {
  expect(await post(JSON.stringify(rides(60)))).toBe(202);
  await until(({ open }) => expect(open?.rows).toBe(61));
  await server.stop('SIGKILL');
  const [folder] = readdirSync(box.path('state'));
  writeFileSync(join(box.path('state'), folder!, 'window-3.jsonl'), '{"age":31,"ci', { flag: 'a' });
  server = await startServe(box, WORDS);
  expect((await summary()).open).toMatchObject({ rows: 61 });
  refused(box, ['serve', '--listen', '127.0.0.1:0', ...WORDS], 'state-in-use', box.path('state'));
  expect(await post(JSON.stringify(rides(100)))).toBe(202);
  expect(await server.stop()).toBe(0);
  server = await startServe(box, WORDS);
  expect(await post(JSON.stringify(rides(39)))).toBe(202);
  await until(({ totals }) => expect(totals.windows).toBe(3));
  const { windows, totals } = await summary();
  expect(windows.map(({ window, rows }) => [window, rows])).toEqual([
    [3, 200],
    [2, 200],
    [1, 200],
  ]);
  expect(totals).toMatchObject({ rows: 600, failed: 0 });
});

test('messages that TensorFlow Serving logs are rows, one by one and as a file of records', async () => {
  const before = (await summary()).totals;
  const tensor = (type: number, field: object) => ({ 1: type, 2: { 2: [{ 1: 2 }] }, ...field });
  const inputs = { age: tensor(9, { 10: [31, 44] }), city: tensor(7, { 8: ['Oslo', 'Bern'] }) };
  const request = { 2: Object.entries(inputs).map(([name, one]) => ({ 1: name, 2: one })) };
  const log = message({ 6: { 1: request } });
  expect(await post(log, 'application/x-protobuf')).toBe(202);
  const records = tfRecords(log, example({ age: [52n], city: ['Oslo'] }), message({ 5: { 1: {} } }));
  expect(await post(records, 'application/x-tfrecord')).toBe(202);
  expect(await post(gzipSync(records.subarray(0, -1)), 'application/x-tfrecord')).toBe(202);
  await until(({ totals }) =>
    expect(totals).toMatchObject({
      requests: before.requests + 3,
      rows: before.rows + 8,
      malformed: before.malformed + 2,
      failed: 0,
    }),
  );
  const { problems } = await summary();
  const said = problems.map(({ message: text }) => text).join('\n');
  expect(said).toContain('SessionRunLog');
  expect(said).toContain('the records end within one');
  const [open] = readdirSync(box.path('state')).flatMap((folder) =>
    readdirSync(box.path('state', folder))
      .filter((file) => file.endsWith('.jsonl'))
      .map((file) => box.path('state', folder, file)),
  );
  expect(readFileSync(open!, 'utf8')).toContain(
    '{"age":31,"city":"Oslo"}\n{"age":44,"city":"Bern"}\n{"age":31,"city":"Oslo"}\n',
  );
});

test('a link in the place of a window is not written through', async () => {
  const folder = join(box.path('links'), readdirSync(box.path('state'))[0]!);
  mkdirSync(folder, { recursive: true });
  box.write('mine.txt', 'mine');
  const linked = await startServe(box, ['--anonymous', ...WORDS.slice(0, -1), '../links']);
  symlinkSync(box.path('mine.txt'), join(folder, 'window-1.jsonl'));
  const body = JSON.stringify(rides(2));
  const headers = { 'Content-Type': 'application/json' };
  expect((await fetch(`${linked.url}/v1/observe/${NAME}`, { method: 'POST', body, headers })).status).toBe(
    202,
  );
  await vi.waitFor(() => expect(linked.log()).toContain('rows of requests cannot be kept'), {
    timeout: 10_000,
  });
  await linked.stop();
  expect(readFileSync(box.path('mine.txt'), 'utf8')).toBe('mine');
});

test('what cannot be observed is refused before anything listens', () => {
  const serve = (...words: string[]) => ['serve', '--listen', '127.0.0.1:0', ...words];
  refused(box, serve('--observe', 'gone.csv'), 'path-missing', 'gone.csv');
  refused(box, serve('--observe', 'data/rides.csv@v9'), 'revision-unknown', 'v9');
  refused(box, serve('--window', '0'), 'usage', '0');
  refused(box, serve('--observe', NAME, `x=${NAME}`, `x=${NAME}@v1`, '--state', '../other'), 'usage', 'x');
  refused(
    box,
    serve('--observe', NAME, '--environment', 'OTHER', '--state', '../other'),
    'environment-unknown',
    'OTHER',
  );
  // Where no folder can be made, the system says for ever that one is missing.
  if (process.platform === 'linux')
    refused(
      box,
      serve('--observe', NAME, '--state', '/proc/nothing/here'),
      'path-missing',
      '/proc/nothing/here',
    );
});
