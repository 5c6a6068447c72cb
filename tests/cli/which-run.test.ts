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
