import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

/** A collector of events at the edge of the process: it keeps what it is told. */
let collector: Server;
let asked: { path: string; key: string | undefined; event: LineageEvent }[] = [];
let answer = 201;
let box: Sandbox;

interface LineageEvent {
  readonly eventType: string;
  readonly run: { readonly runId: string; readonly facets: Record<string, Record<string, unknown>> };
  readonly job: { readonly namespace: string; readonly name: string };
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
}

interface LineageDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets: Record<string, Record<string, unknown>>;
  readonly inputFacets?: Record<string, { assertions: Record<string, unknown>[] }>;
}

const at = () => `http://localhost:${(collector.address() as AddressInfo).port}`;

beforeAll(async () => {
  collector = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      asked.push({ path: request.url!, key: request.headers.authorization, event: JSON.parse(body) });
      response.writeHead(answer, { location: `${at()}/elsewhere` }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, resolve));
  box = new Sandbox().repository().withRemote();
  box.write('repo/data/people.csv', `name,age\n${'Ann,41\nBob,\n'.repeat(500)}`);
});
afterEach(() => {
  asked = [];
  answer = 201;
  for (const name of Object.keys(box.env)) if (name.startsWith('OPENLINEAGE')) delete box.env[name];
});
afterAll(() => {
  collector.close();
  box.remove();
});

function eventsIn(file: string): LineageEvent[] {
  const lines = readFileSync(box.path('repo', file), 'utf8').trimEnd().split('\n');
  rmSync(box.path('repo', file));
  return lines.map((line) => JSON.parse(line));
}

const people = () => ({ namespace: 'file', name: box.path('repo/data/people.csv') });

test('a file takes the events of every command that reads or makes versions', () => {
  box.ok(['add', 'data/people.csv', '--openlineage', 'events.jsonl']);
  const [start, added] = eventsIn('events.jsonl') as [LineageEvent, LineageEvent];
  expect([start.eventType, start.inputs, start.outputs]).toEqual(['START', [], []]);
  expect([added.eventType, added.run.runId, added.job]).toEqual([
    'COMPLETE',
    start.run.runId,
    expect.objectContaining({ namespace: 'varve', name: 'repo.add' }),
  ]);
  expect(added.outputs).toEqual([
    expect.objectContaining({
      ...people(),
      facets: expect.objectContaining({
        version: expect.objectContaining({ datasetVersion: expect.stringMatching(/^sha256:/) }),
        lifecycleStateChange: expect.objectContaining({ lifecycleStateChange: 'CREATE' }),
        dataQualityMetrics: expect.objectContaining({ rowCount: 1000 }),
      }),
      outputFacets: {
        outputStatistics: expect.objectContaining({ rowCount: 1000, size: 6009, fileCount: 1 }),
      },
    }),
  ]);
  box.ok(['schema', 'infer', 'data/people.csv']);
  const first = box.commit('people');
  box.ok(['push', '--openlineage', 'events.jsonl']);
  const pushed = eventsIn('events.jsonl').at(-1)!;
  expect(pushed.inputs[0]).toMatchObject(people());
  expect(pushed.outputs[0]).toMatchObject({ namespace: 'file', name: box.path('remote/data/people.csv') });

  box.write('repo/data/people.csv', `name,age\n${'Cid,-3\n'.repeat(300)}`);
  box.ok(['add', 'data/people.csv', '--openlineage', 'events.jsonl']);
  expect(eventsIn('events.jsonl').at(-1)!.outputs[0]!.facets.lifecycleStateChange).toMatchObject({
    lifecycleStateChange: 'OVERWRITE',
  });
  const told = (args: readonly string[]) => {
    expect(box.varve([...args, '--openlineage', 'events.jsonl']).code).toBe(1);
    const done = eventsIn('events.jsonl').at(-1)!;
    expect(done.eventType).toBe('COMPLETE');
    return done.inputs;
  };
  const assertions = ({ inputFacets }: LineageDataset) => inputFacets!.dataQualityAssertions!.assertions;
  box.write(
    'repo/data/people.csv.schema.yaml',
    readFileSync(box.path('repo/data/people.csv.schema.yaml'), 'utf8').replace(
      'minCount: 1',
      'minCount: 2000',
    ),
  );
  const [validated] = told(['validate', 'data/people.csv']);
  expect(assertions(validated!)[0]).toMatchObject({ assertion: 'schema', success: false });
  expect(assertions(validated!)).toContainEqual(
    expect.objectContaining({ column: 'age', success: false, severity: 'error', actual: expect.any(String) }),
  );
  expect(validated!.inputFacets!.dataQualityMetrics).toMatchObject({ rowCount: 300 });
  const [before, after] = told(['drift', `data/people.csv@${first}`, 'data/people.csv']);
  expect([before!.facets.version, after!.facets.version].map((one) => one!.datasetVersion)).toHaveLength(2);
  expect(assertions(after!)[0]).toMatchObject({ assertion: 'drift', success: false });
  const [checked] = told(['check', '--base', first]);
  expect(assertions(checked!).map(({ assertion }) => assertion)).toEqual(
    expect.arrayContaining(['schema', 'drift']),
  );

  box.write('plain.csv', 'name,age\nAnn,41\n');
  const [plain] = told(['validate', '../plain.csv', '--schema', 'data/people.csv.schema.yaml']);
  expect(plain).toMatchObject({ namespace: 'file', name: box.path('plain.csv') });

  expect(box.varve(['add', 'data/absent.csv', '--openlineage', 'events.jsonl']).code).toBe(2);
  const failed = eventsIn('events.jsonl').at(-1)!;
  expect([failed.eventType, failed.run.facets.errorMessage]).toEqual([
    'FAIL',
    expect.objectContaining({ message: expect.stringContaining('data/absent.csv') }),
  ]);
});

test('the name of a job has nothing of the address of origin but its last step', () => {
  const other = new Sandbox().repository();
  other.write('repo/a.csv', 'a\n1\n');
  for (const [url, job] of [
    ['https://ann:hush@host/x/y.git?token=hush', 'y.add'],
    ['https://host/x/y.git#hush', 'y.add'],
    ['git@host:team/z.git', 'z.add'],
    ['https://ann:hush@host', 'host.add'],
  ] as const) {
    other.git(['config', 'remote.origin.url', url]);
    other.ok(['add', 'a.csv', '--openlineage', 'events.jsonl']);
    const text = readFileSync(other.path('repo/events.jsonl'), 'utf8');
    expect(text).not.toContain('hush');
    expect((JSON.parse(text.trimEnd().split('\n').at(-1)!) as LineageEvent).job.name).toBe(job);
  }
  other.remove();
});

test('a file behind a link is never written', () => {
  box.write('victim.txt', 'mine');
  symlinkSync(box.path('victim.txt'), box.path('repo/events.jsonl'));
  const { code, err } = box.varve(['validate', 'data/people.csv', '--openlineage', 'events.jsonl']);
  expect([code, readFileSync(box.path('victim.txt'), 'utf8')]).toEqual([1, 'mine']);
  expect(err).toContain('did not reach `events.jsonl`');
  rmSync(box.path('repo/events.jsonl'));
  symlinkSync(box.path('.'), box.path('repo/out'));
  refused(
    box,
    ['validate', 'data/people.csv', '--openlineage', 'out/events.jsonl'],
    'symlink-refused',
    'out/events.jsonl',
  );
  rmSync(box.path('repo/out'));
});

test('a server is told as the variables of the standard say, with the run that started this one', async () => {
  const run = '019a1b2c-0000-7000-8000-000000000001';
  Object.assign(box.env, {
    OPENLINEAGE_URL: at(),
    OPENLINEAGE_API_KEY: 'sesame',
    OPENLINEAGE_NAMESPACE: 'team',
    OPENLINEAGE_PARENT_ID: `airflow/daily.train/${run}`,
  });
  expect((await box.later(['add', 'data/people.csv'])).err).toBe('');
  expect(asked.map(({ path, key, event }) => [path, key, event.eventType])).toEqual([
    ['/api/v1/lineage', 'Bearer sesame', 'START'],
    ['/api/v1/lineage', 'Bearer sesame', 'COMPLETE'],
  ]);
  expect(asked[1]!.event.job.namespace).toBe('team');
  expect(asked[1]!.event.run.facets.parent).toMatchObject({
    run: { runId: run },
    job: { namespace: 'airflow', name: 'daily.train' },
  });
  asked = [];
  box.env.OPENLINEAGE_DISABLED = 'true';
  await box.later(['add', 'data/people.csv']);
  expect(asked).toEqual([]);
  await box.later(['add', 'data/people.csv', '--openlineage', `${at()}/a/b`]);
  expect(asked.map(({ path }) => path)).toEqual(['/a/b', '/a/b']);
});

test('what cannot be told is a warning, shows no secret, and fails nothing', async () => {
  box.env.OPENLINEAGE_API_KEY = 'sesame';
  answer = 307;
  const redirected = await box.later(['add', 'data/people.csv', '--openlineage', at()]);
  expect([redirected.code, asked.map(({ path }) => path)]).toEqual([
    0,
    ['/api/v1/lineage', '/api/v1/lineage'],
  ]);
  expect(redirected.err).toContain(`did not reach \`${at()}\`: it answered with status 307`);
  const secret = at().replace('//', '//ann:hunter2@');
  const withUser = await box.later(['add', 'data/people.csv', '--openlineage', secret]);
  expect(withUser).toMatchObject({ code: 0, err: expect.stringContaining('OPENLINEAGE_API_KEY') });
  for (const place of ['http://localhost:9/', 'http://[', 'https://no.such.host.invalid/x?token=hunter2']) {
    const { code, err } = await box.later(['add', 'data/people.csv', '--openlineage', place]);
    expect([code, err]).toEqual([0, expect.stringContaining('did not reach')]);
    expect(err + withUser.err).not.toMatch(/hunter2|sesame/);
  }
});

test('an address in the settings counts once this machine agreed to it', async () => {
  const config = box.path('repo/.varve/config.yaml');
  const before = readFileSync(config, 'utf8');
  writeFileSync(config, `${before}openlineage: ${at()}\n`);
  const unasked = await box.later(['add', 'data/people.csv']);
  expect([unasked.code, asked]).toEqual([0, []]);
  const [fingerprint] = /sha256:[0-9a-f]{64}/.exec(unasked.err)!;
  expect(box.ok(['trust', fingerprint])).toContain('OpenLineage');
  expect(await box.later(['add', 'data/people.csv'])).toMatchObject({ code: 0, err: '' });
  expect(asked.map(({ event }) => event.eventType)).toEqual(['START', 'COMPLETE']);
  writeFileSync(config, `${before}openlineage: file:///etc/passwd\n`);
  refused(box, ['add', 'data/people.csv'], 'config-damaged', 'openlineage');
  writeFileSync(config, before);
});

test('a server that hangs, breaks off or answers nonsense costs no result, and is told of in words', async () => {
  const { createServer: createSocketServer } = await import('node:net');
  const answers: [string, (socket: import('node:net').Socket) => void][] = [
    ['it closed the connection', (socket) => socket.destroy()],
    ['it closed the connection', (socket) => socket.once('data', () => socket.end())],
    ['what it answered is no HTTP', (socket) => socket.once('data', () => socket.end('nonsense\r\n\r\n'))],
    ['no answer came within 5 seconds', () => undefined],
  ];
  for (const [words, reply] of answers) {
    const sockets = new Set<import('node:net').Socket>();
    let connections = 0;
    const server = createSocketServer((socket) => {
      connections++;
      sockets.add(socket.on('error', () => undefined));
      reply(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const place = `http://localhost:${(server.address() as AddressInfo).port}`;
    const { code, out, err } = await box.later([
      'validate',
      'data/people.csv',
      '--json',
      '--openlineage',
      place,
    ]);
    expect([words, code, typeof JSON.parse(out).valid]).toEqual([words, 1, 'boolean']);
    expect(err).toContain(words);
    expect(err).not.toMatch(/UND_ERR|ECONN|HPE_/);
    // One fault is told once, whichever events met it.
    expect(err.match(/did not reach/g)).toHaveLength(1);
    expect(connections).toBeGreaterThan(0);
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});
