import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WhichResult } from '../../src/index.ts';
import { Sandbox } from '../support/sandbox.ts';

/** A tracking server of anybody, who may answer anything. tests/ci/training.test.ts asks that of MLflow itself. */
let box: Sandbox;
let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let digest: string;
beforeAll(async () => {
  box = new Sandbox().repository();
  box.write('repo/a.csv', 'id\n1\n');
  box.ok(['add', 'a.csv']);
  box.commit('one');
  digest = box.json<{ digest: string }>(['describe', 'a.csv']).digest;
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  box.env.MLFLOW_TRACKING_URI = url;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  box.remove();
});

function runWith(...datasets: object[]): string {
  return JSON.stringify({ run: { inputs: { dataset_inputs: datasets.map((dataset) => ({ dataset })) } } });
}

function varves(source: object | string): object {
  return { source_type: 'varve', source: typeof source === 'string' ? source : JSON.stringify(source) };
}

async function refusal(run = 'runs:/0a1b'): Promise<string> {
  const { code, out } = await box.later(['which', run, '--json']);
  const { error } = JSON.parse(out);
  expect([code, JSON.stringify(error)]).toEqual([2, expect.not.stringContaining('s3cret')]);
  return error.code;
}

test('a run is asked for with the password of the environment, and its data is found', async () => {
  const asked: unknown[] = [];
  answer = ({ url: path, headers }, response) => {
    asked.push(path, headers.authorization);
    response.end(runWith({ source_type: 'http', source: '{}', digest: '12345678' }, varves({ digest })));
  };
  box.env.MLFLOW_TRACKING_USERNAME = 'ann';
  box.env.MLFLOW_TRACKING_PASSWORD = 's3cret';
  const { out } = await box.later(['which', 'runs:/0a1b/model', '--json']);
  expect((JSON.parse(out) as WhichResult).found).toMatchObject([{ path: 'a.csv', digest, what: 'dataset' }]);
  expect(asked).toEqual([
    '/api/2.0/mlflow/runs/get?run_id=0a1b',
    `Basic ${Buffer.from('ann:s3cret').toString('base64')}`,
  ]);
});

test('a server that sends on, lies or never ends is no way in, and gets no more than one request', async () => {
  const paths: (string | undefined)[] = [];
  const answers = (reply: (response: ServerResponse) => void) => {
    answer = ({ url: path }, response) => {
      paths.push(path);
      reply(response);
    };
  };
  answers((response) => response.writeHead(302, { location: `${url}/elsewhere` }).end());
  expect(await refusal()).toBe('tracking-server-failed');
  expect(paths).toEqual(['/api/2.0/mlflow/runs/get?run_id=0a1b']);
  answers((response) => response.writeHead(401).end());
  expect(await refusal()).toBe('tracking-server-failed');
  answers((response) => response.writeHead(404).end('{"error_code":"RESOURCE_DOES_NOT_EXIST"}'));
  expect(await refusal()).toBe('run-unknown');
  answers((response) => response.end('<html>'));
  expect(await refusal()).toBe('tracking-server-failed');
  answers((response) =>
    response.end(runWith(varves('{'), varves({ digest: '0000' }), varves({ digest: ['x'] }))),
  );
  expect(await refusal()).toBe('run-without-data');
  answers((response) => response.end('[null]'));
  expect(await refusal()).toBe('run-without-data');
  answers((response) => response.end(runWith(varves({ digest: `sha256:${'0'.repeat(64)}` }))));
  expect(await refusal()).toBe('digest-unknown');
  answers((response) => {
    const more = () => response.writable && response.write('x'.repeat(1 << 20), more);
    more();
  });
  expect(await refusal()).toBe('tracking-server-failed');
});

test('without a server of the environment nothing is asked, whatever the repository says', async () => {
  box.env.MLFLOW_TRACKING_URI = 'postgresql://ann:s3cret@db/runs';
  expect(await refusal()).toBe('tracking-server-unset');
  delete box.env.MLFLOW_TRACKING_URI;
  expect(await refusal()).toBe('tracking-server-unset');
  expect(await refusal('runs:/../0a1b')).toBe('digest-invalid');
});

test('an address without an id that a run can have is refused before anybody is asked', async () => {
  answer = () => expect.unreachable();
  for (const run of ['runs:/', 'runs://', 'runs:', 'runs:/ ', 'runs:/a b', `runs:/${'x'.repeat(300_000)}`]) {
    const { code, out, err } = await box.later(['which', run, '--json']);
    expect([code, JSON.parse(out).error.code]).toEqual([2, 'digest-invalid']);
    expect(JSON.parse(out).error.remedy).toContain('runs:/ID');
    expect((err + out).length).toBeLessThan(2000);
  }
});

test('a server that names thousands of versions fills no page', async () => {
  box.env.MLFLOW_TRACKING_URI = url;
  const made = (many: number) =>
    Array.from({ length: many }, (_, at) =>
      varves({ digest: `sha256:${at.toString(16).padStart(64, '0')}` }),
    );
  answer = (_, response) => response.end(runWith(...made(3000)));
  expect(await refusal()).toBe('tracking-server-failed');
  answer = (_, response) => response.end(runWith(...made(900)));
  const unknown = await box.later(['which', 'runs:/0a1b']);
  expect([unknown.code, unknown.err.length < 1000]).toEqual([2, true]);
  expect(unknown.err).toContain('and 897 other digests');
  answer = (_, response) => response.end(runWith(varves({ digest }), ...made(900)));
  const some = await box.later(['which', 'runs:/0a1b']);
  expect([some.code, some.err.length < 1000]).toEqual([0, true]);
  answer = (_, response) => response.writeHead(500).end(`<html>${'x'.repeat(300_000)}`);
  expect((await box.later(['which', 'runs:/0a1b'])).err.length).toBeLessThan(1000);
});

test('what is no address of a server is named without its password', async () => {
  for (const uri of [
    'ann:s3cret@127.0.0.1:5000',
    '//ann:s3cret@host',
    'sqlite:ann:s3cret@mlflow.db',
    'sqlite:///mlflow.db?password=s3cret',
    'postgresql:ann:s3cret@host/mlflow',
    'postgresql+psycopg2://ann:s3cret@host/mlflow',
    'http:ann:s3cret@host',
    'http:/ann:s3cret@host',
    'htp//ann:s3cret@host',
    's3cret@host',
  ]) {
    box.env.MLFLOW_TRACKING_URI = uri;
    const { code, err, out } = await box.later(['which', 'runs:/0a1b', '--json']);
    expect([uri, code, JSON.parse(out).error.code]).toEqual([uri, 2, 'tracking-server-unset']);
    expect(err + out).not.toContain('s3cret');
  }
  box.env.MLFLOW_TRACKING_URI = './mlruns';
  expect((await box.later(['which', 'runs:/0a1b'])).err).toContain('./mlruns');
  box.env.MLFLOW_TRACKING_URI = url;
});

test('a server that cannot be reached is told of in words', async () => {
  answer = (request) => request.socket.destroy();
  expect((await box.later(['which', 'runs:/0a1b'])).err).toContain(
    'it closed the connection without a whole answer',
  );
  box.env.MLFLOW_TRACKING_URI = 'http://localhost:9';
  const { err } = await box.later(['which', 'runs:/0a1b']);
  expect(err).not.toMatch(/ECONN|UND_ERR/);
  box.env.MLFLOW_TRACKING_URI = url;
});
