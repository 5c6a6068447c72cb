import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

let box: Sandbox;
let server: ServeProcess;

beforeAll(async () => {
  box = new Sandbox();
  box.repository();
  box.write('repo/x.csv', 'a,b\n1,2\n');
  box.ok(['add', 'x.csv']);
  box.commit('one');
  server = await startServe(box);
});
afterAll(async () => {
  await server.stop();
  box.remove();
});

test('the server says where it listens and what it serves, and how it is', async () => {
  expect(server.said.repositories).toEqual([{ bucket: 'repo', root: box.path('repo') }]);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  for (const path of ['/healthz', '/readyz']) {
    const answer = await fetch(server.url + path);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  }
});

test('what cannot be served is refused before anything listens', () => {
  const serve = (...args: string[]): string[] => ['serve', '--listen', '127.0.0.1:0', ...args];
  refused(box, ['serve', '--listen', 'here'], 'listen-invalid', 'here');
  refused(box, ['serve', '--listen', server.url.replace('http://', '')], 'listen-failed', '127.0.0.1');
  refused(box, serve('--repo', 'A=.'), 'bucket-name-invalid', 'A');
  refused(box, serve('--repo', 'metrics=.'), 'bucket-name-invalid', 'metrics');
  refused(box, serve('--repo', '.', '../repo'), 'bucket-name-invalid', 'repo');
  refused(box, serve('--repo', '/'), 'repository-missing', '/');
  refused(box, serve('--tls-cert', 'x.csv'), 'tls-invalid', 'Only one');
  refused(box, serve('--tls-cert', 'x.csv', '--tls-key', 'x.csv'), 'tls-invalid', 'x.csv');
  refused(box, serve('--tls-cert', 'gone.pem', '--tls-key', 'x.csv'), 'path-missing', 'gone.pem');
});

test('a stopped server ends with 0, and a log line is one document', async () => {
  const other = await startServe(box, ['--repo', `named=${box.path('repo')}`], '.');
  expect(other.said.repositories.map(({ bucket }) => bucket)).toEqual(['named']);
  await (await fetch(`${other.url}/healthz?X-Amz-Signature=secret`)).text();
  expect(await other.stop('SIGINT')).toBe(0);
  const lines = other
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'info',
      msg: 'answered',
      status: 200,
      req: { method: 'GET', path: '/healthz', client: '127.0.0.1' },
    }),
  );
  expect(other.log()).not.toContain('secret');
});
