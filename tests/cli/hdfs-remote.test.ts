import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aDayWith } from '../support/day-with-remote.ts';
import { describeWithHadoop } from '../support/hadoop.ts';
import { refused } from '../support/refused.ts';
import { makeCertificates, type Served, serveTls } from '../support/reverse-proxy.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startWebServer } from '../support/web-server.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  box.repository();
  box.write('repo/data.csv', `id\n${'1\n'.repeat(50)}`);
});
afterEach(() => box.remove());

describeWithHadoop('a remote on HDFS', (server) => {
  test('is pushed to, checked, and pulled from by a clone that agreed to it', async () => {
    aDayWith(box, [`${server.url}${await server.makeFolder()}/store`]);
  });

  test('whose path is a file, or lies below one, is refused in words', async () => {
    const folder = await server.makeFolder();
    box.ok(['add', 'data.csv']);
    box.ok(['remote', 'add', 'good', `${server.url}${folder}`]);
    box.ok(['push', '--remote', 'good']);
    const path = `${folder}/varve-store.json`;
    for (const [name, below] of [
      ['file', ''],
      ['below', '/store'],
    ] as const) {
      box.ok(['remote', 'add', name, `${server.url}${path}${below}`]);
      expect(refused(box, ['push', '--remote', name], 'key-conflict', path)).toContain('a file lies where');
    }
  });

  test('is reached over TLS, and by nothing else where the URL asks for that', async () => {
    makeCertificates(box.root);
    const served: Served[] = [];
    const serve = async (origin: string, redirected?: (location: string) => Promise<string>) => {
      const one = await serveTls(origin, box.root, redirected);
      served.push(one);
      return `https://127.0.0.1:${one.port}`;
    };
    try {
      const toDataNode = async (location: string) => {
        const { origin } = new URL(location);
        return location.replace(origin, await serve(origin));
      };
      const secure = await serve(`http://127.0.0.1:${server.port}`, toDataNode);
      const folder = await server.makeFolder();
      box.ok([
        'remote',
        'add',
        'origin',
        `${secure.replace('https', 'swebhdfs').replace('//', '//ann@')}${folder}`,
      ]);
      box.ok(['add', 'data.csv']);
      box.commit('data');
      const push = () => box.later(['push', '--json']);
      expect(JSON.parse((await push()).out).error.code).toBe('tls-refused');
      box.env.NODE_EXTRA_CA_CERTS = box.path('ca.pem');
      const pushed = await push();
      expect([pushed.code, pushed.err]).toEqual([0, '']);
      box.git(['clone', '-q', 'repo', 'clone'], '.');
      box.ok(['trust'], 'clone');
      expect((await box.later(['pull'], 'clone')).code).toBe(0);
      expect(readFileSync(box.path('clone/data.csv')).equals(readFileSync(box.path('repo/data.csv')))).toBe(
        true,
      );

      // A NameNode that sends on to a DataNode without TLS is not followed.
      const plain = await serve(`http://127.0.0.1:${server.port}`);
      box.ok([
        'remote',
        'add',
        'plain',
        `${plain.replace('https', 'swebhdfs').replace('//', '//ann@')}${folder}-2`,
      ]);
      const refusal = await box.later(['push', '--remote', 'plain', '--json']);
      expect(JSON.parse(refusal.out).error.code).toBe('redirect-refused');
    } finally {
      for (const one of served) one.close();
    }
  });
});

test('a token that a NameNode does not take is told of, and not shown; nor is it sent elsewhere', async () => {
  const server = await startWebServer(box.root);
  try {
    let sendsOn = false;
    server.instead = ({ url = '' }, response) => {
      const isWrite = url.includes('op=CREATE');
      if (sendsOn && isWrite) response.writeHead(307, { location: '/admin?op=CREATE' }).end();
      else if (sendsOn) response.writeHead(404).end();
      else
        response
          .writeHead(401)
          .end(JSON.stringify({ RemoteException: { exception: 'InvalidToken', message: 'x' } }));
      return true;
    };
    box.ok(['remote', 'add', 'origin', `${server.url.replace('http', 'webhdfs')}/store`]);
    box.ok(['add', 'data.csv']);
    box.env.HADOOP_TOKEN = 'hush-hush';
    const push = () => box.later(['push', '--json']);
    const refusal = await push();
    expect(JSON.parse(refusal.out).error.code).toBe('credentials-refused');
    expect(refusal.out + refusal.err).not.toContain('hush');
    expect(server.seen[0]).toMatch(/delegation=hush-hush/);
    sendsOn = true;
    expect(JSON.parse((await push()).out).error.code).toBe('redirect-refused');
    expect(server.seen.filter((line) => line.includes('/admin'))).toEqual([]);
  } finally {
    await server.close();
  }
});

test('URLs of HDFS hold no password, and settings that it does not have are refused', () => {
  const add = (url: string, ...more: string[]): string[] => ['remote', 'add', 'x', url, ...more];
  refused(box, add('webhdfs://ann:hush@host/data'), 'remote-url-invalid', 'credentials');
  expect(box.varve(add('webhdfs://ann:hush@host/data')).err).not.toContain('hush');
  refused(box, add('swebhdfs://host/a/../b'), 'remote-url-invalid', '..');
  refused(box, add('webhdfs://host/data', '--endpoint', 'http://x'), 'setting-unsupported', 'endpoint');
});
