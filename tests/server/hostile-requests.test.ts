import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Client } from 'minio';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ObservedSummary } from '../../src/server/observe/summary.ts';
import { Sandbox } from '../support/sandbox.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { seededBytes } from '../support/stores.ts';

/** Held as a whole object, and larger than what connections hold on their way. */
const WHOLE = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(1, 24_000_000)]);
const ROWS = 50;

let box: Sandbox;
let server: ServeProcess;
let hidden: string;

beforeAll(async () => {
  box = new Sandbox();
  box.repository();
  box.write(
    'repo/x.csv',
    `age,city\n${Array.from({ length: 100 }, (_, at) => `${20 + (at % 40)},Oslo\n`).join('')}`,
  );
  box.write('repo/whole.png', WHOLE);
  box.ok(['add', 'x.csv', 'whole.png']);
  const first = box.commit('one');
  hidden = commitAt(first, '1700000000');
  box.git(['branch', 'future', commitAt(first, '99999999999999')]);
  const words = ['--anonymous', '--observe', 'x.csv@main', '--window', String(ROWS), '--state', '../state'];
  server = await startServe(box, [...words, '--client-limit', '20']);
});
afterAll(async () => {
  await server.stop();
  box.remove();
});

/** Makes a commit that no branch has, of a time that anybody may write there. */
function commitAt(parent: string, time: string): string {
  const tree = box.git(['rev-parse', `${parent}^{tree}`]).trim();
  const who = `<a@example.org> ${time} +0000`;
  box.write(
    'repo/.git/made',
    `tree ${tree}\nparent ${parent}\nauthor A ${who}\ncommitter A ${who}\n\nmade\n`,
  );
  return box.git(['hash-object', '-t', 'commit', '-w', '.git/made']).trim();
}

interface Sent {
  readonly socket: Socket;
  text(): string;
}

function send(text: string): Sent {
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  let heard = '';
  socket.setEncoding('latin1').on('data', (more: string) => {
    heard += more;
  });
  socket.write(text, 'latin1');
  return { socket, text: () => heard };
}

/** What comes for a request, until the connection closes or `count` heads are there. */
async function answers(text: string, count = 1): Promise<string[]> {
  const sent = send(text);
  const heads = (): string[] => sent.text().match(/HTTP\/1\.1 \d{3}/g) ?? [];
  await vi.waitFor(() => expect(sent.socket.closed || heads().length >= count).toBe(true), {
    timeout: 10_000,
    interval: 10,
  });
  sent.socket.destroy();
  return heads().map((head) => head.slice(-3));
}

const HOST = 'Host: 127.0.0.1\r\n';
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`;

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1]);
}

test('requests one behind the other on a connection are all answered, and leave nothing when it breaks', async () => {
  const part = get('/repo/main/x.csv', 'Range: bytes=0-3\r\n');
  const sent = send(part.repeat(5));
  await vi.waitFor(() => expect(sent.text().split('\r\n\r\nage,').length).toBe(6), { timeout: 10_000 });
  sent.socket.destroy();
  for (let at = 0; at < 4; at++) {
    const broken = send(get('/repo/main/whole.png').repeat(10));
    await vi.waitFor(() => expect(broken.text()).toContain('200 OK'), { timeout: 10_000, interval: 10 });
    broken.socket.destroy();
  }
  // The one that asks is one itself.
  await vi.waitFor(async () => expect(await metric('varve_http_requests_running')).toBe(1), {
    timeout: 10_000,
  });
});

test('what is no request of this server is refused, and what stands behind it is none of its own', async () => {
  for (const [text, status] of [
    [get('http://elsewhere/repo/main/x.csv'), '400'],
    [`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, '400'],
    [get('/repo/%E0%A4%A'), '400'],
    [get('/repo/main/x%00.csv'), '404'],
    [get('//repo/main/x.csv'), '400'],
    [get('//'), '400'],
    [get('/%2f'), '400'],
    [get('/repo//main/x.csv'), '404'],
    [get('/repo/main/%252e%252e/x.csv'), '404'],
    [get('/repo/main/d/..%2f..%2fx.csv'), '404'],
    [
      `GET /repo/main/x.csv HTTP/1.1\r\nHost: elsewhere.example\r\nX-Forwarded-Host: localhost\r\n\r\n`,
      '403',
    ],
    [get('/repo/main/x.csv', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n'), '400'],
    [get('/repo/main/x.csv', `X-Long: ${'a'.repeat(40_000)}\r\n`), '431'],
    [get('/repo/main/x.csv', `Range: bytes=${'0-1,'.repeat(5000)}\r\n`), '200'],
    [`POST /repo HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc${get('/healthz')}`, '403'],
  ] as const)
    expect([text.slice(0, 60), await answers(text, text.startsWith('POST') ? 2 : 1)]).toEqual([
      text.slice(0, 60),
      [status],
    ]);
}, 60_000);

test('a page of another site gets nothing by the browser of whoever runs the server', async () => {
  const ask = (path: string, headers: Record<string, string>, body?: string): Promise<string[]> =>
    answers(
      `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\n${HOST}${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}Content-Length: ${body?.length ?? 0}\r\n\r\n${body ?? ''}`,
    );
  const json = { 'Content-Type': 'application/json' };
  const cross = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' };
  for (const path of ['/repo/main/x.csv', '/ui/repo/bytes/main/whole.png', '/metrics', '/v1/observe'])
    expect([path, await ask(path, cross)]).toEqual([path, ['403']]);
  for (const headers of [cross, { Origin: 'http://elsewhere.example' }, { Origin: 'null' }])
    expect(await ask('/v1/observe/x.csv', { ...json, ...headers }, '{"age":1,"city":"Oslo"}')).toEqual([
      '403',
    ]);
  // A link that somebody follows is answered, and so is a page of this server itself.
  const visit = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
  expect(await ask('/ui/repo/datasets/main', visit)).toEqual(['200']);
  expect(await ask('/ui/repo/datasets/main', { 'Sec-Fetch-Site': 'same-origin' })).toEqual(['200']);
  for (const type of [
    'text/plain',
    'text/plain; application/json',
    'multipart/form-data; boundary=application/json',
  ])
    expect(await ask('/v1/observe/x.csv', { 'Content-Type': type }, '{}')).toEqual(['415']);
  const page = await fetch(`${server.url}/v1/observe`, { headers: { Accept: 'text/html' } });
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(page.headers.get('cross-origin-resource-policy')).toBe('same-origin');
});

test('a commit of no branch is found by its whole id, not by the digits that somebody tries', async () => {
  const status = async (at: string): Promise<number> =>
    (await fetch(`${server.url}/repo/${at}/x.csv`)).status;
  expect(await status(hidden)).toBe(200);
  expect(await status(hidden.slice(0, 12))).toBe(200);
  expect(await status(hidden.slice(0, 10))).toBe(404);
  expect(await status(box.git(['rev-parse', 'main']).slice(0, 7))).toBe(200);
  const many = Array.from({ length: 15 }, (_, at) => status(String(at).padStart(40, '0')));
  expect(new Set(await Promise.all(many))).toEqual(new Set([404]));
});

test('a commit of the far future is listed with the others', async () => {
  const listed = await (await fetch(`${server.url}/repo?list-type=2`)).text();
  expect(listed).toContain('<Key>future/x.csv</Key><LastModified>9999-12-31T23:59:59.000Z</LastModified>');
  expect((await fetch(`${server.url}/ui/repo/revisions/main`)).status).toBe(200);
});

test('who asks for a head alone has no file read for it', async () => {
  const before = (await (await fetch(`${server.url}/metrics`)).text()).length;
  for (const path of [
    '/ui/repo/bytes/main/whole.png?save=1',
    '/ui/repo/datasets/main',
    '/repo/main/whole.png',
  ]) {
    const answer = await fetch(server.url + path, { method: 'HEAD' });
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, '']);
  }
  expect(before).toBeGreaterThan(0);
});

async function summary(): Promise<ObservedSummary> {
  return (await (await fetch(`${server.url}/v1/observe/x.csv`)).json()) as ObservedSummary;
}

async function post(body: string | Uint8Array, type = 'application/json', more = {}): Promise<number> {
  const headers = { 'Content-Type': type, ...more };
  const answer = await fetch(`${server.url}/v1/observe/x.csv`, { method: 'POST', headers, body });
  await answer.arrayBuffer();
  return answer.status;
}

test('no row of a stranger spoils the window of the others, nor takes the server down', async () => {
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const many = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));
  const LINES = 'application/jsonl';
  // Each is one malformed request.
  const hostile: [string | Uint8Array, string?, object?][] = [
    [`{"age":${deep(100_000)}}`],
    [`{"age":${deep(200)}}\n`, LINES],
    ['{"age":1,"city":"\\ud800"}\n', LINES],
    ['{"age":1,"\\udc00":"x"}'],
    ['{"a\\u0000ge":1}\n', LINES],
    [JSON.stringify(many(1001))],
    [JSON.stringify({ age: 30, city: { deep: [many(1001)] } })],
    [`{"age":30,"${'n'.repeat(1001)}":1}\n`, LINES],
    [`{"specversion":"1.0","type":"a","source":"b","data":${deep(100_000)}}`],
    ['{"data":{"tensor":{"shape":[300000000,0],"values":[]}}}'],
    ['{"inputs":[{"name":"age","shape":[9007199254740991,0],"datatype":"INT64","data":[]}]}'],
    [gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')), 'application/json', { 'Content-Encoding': 'gzip' }],
  ];
  for (const [body, type, more] of hostile) expect(await post(body, type, more)).toBe(202);
  // These are rows: the last of two equal keys counts, and what is nested is a feature of its own.
  expect(await post('{"age":1,"age":20,"city":"Oslo"}\n{"age":1.50,"city":"Oslo"}\n', LINES)).toBe(202);
  const good = Array.from({ length: ROWS - 2 }, (_, at) => ({ age: 20 + (at % 40), city: 'Oslo' }));
  expect(await post(JSON.stringify(good))).toBe(202);
  await vi.waitFor(async () => expect((await summary()).totals.windows).toBe(1), { timeout: 30_000 });
  const { totals, problems } = await summary();
  expect(totals).toMatchObject({
    requests: hostile.length + 2,
    rows: ROWS,
    malformed: hostile.length,
    failed: 0,
  });
  expect(problems.map(({ message }) => message).join('\n')).toContain('more than 1000 names');
  // A value that stands for every row of a body is written for each: so much is not taken.
  const wide = { inputs: { age: Array.from({ length: 500_000 }, () => 1), city: 'x'.repeat(4_000_000) } };
  expect(await post(JSON.stringify(wide))).toBe(202);
  await vi.waitFor(async () => expect((await summary()).totals.malformed).toBe(hostile.length + 1), {
    timeout: 30_000,
  });
  const tooLong = `POST /v1/observe/x.csv HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 900000000\r\nExpect: 100-continue\r\n\r\n`;
  expect(await answers(tooLong)).toEqual(['413']);
  const asking = `POST /v1/observe/x.csv HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`;
  expect(await answers(asking)).toEqual(['100']);
  expect(server.log()).not.toContain('a defect of varve');
  expect(server.log()).not.toContain('"level":"error"');
}, 60_000);

interface Logged {
  readonly msg: string;
  readonly req?: { readonly path: string };
  readonly sent?: number;
}

const logged = (): Logged[] =>
  server
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Logged);

test('clients that take nothing hold little memory, and hold nobody else up', async () => {
  const before = await metric('process_resident_memory_bytes');
  const { port, hostname } = new URL(server.url);
  const slow = Array.from({ length: 15 }, () => connect(Number(port), hostname).on('error', () => undefined));
  await Promise.all(
    slow.map((socket) => {
      socket.write(get('/repo/main/whole.png'));
      return new Promise((resolve) => socket.once('data', resolve).once('data', () => socket.pause()));
    }),
  );
  for (let at = 0; at < 20; at++) {
    const other = await fetch(`${server.url}/repo/main/whole.png`, {
      headers: { Range: `bytes=${at}-99999` },
    });
    expect((await other.arrayBuffer()).byteLength).toBe(100_000 - at);
  }
  expect(await metric('varve_http_requests_running')).toBe(slow.length + 1);
  const more = Array.from({ length: 5 }, () => send(get('/repo/main/whole.png')).socket.pause());
  await vi.waitFor(async () => expect((await fetch(`${server.url}/repo/main/x.csv`)).status).toBe(503), {
    timeout: 10_000,
  });
  for (const path of ['/healthz', '/readyz']) expect((await fetch(server.url + path)).status).toBe(200);
  for (const socket of more) socket.destroy();
  await vi.waitFor(async () => expect((await fetch(`${server.url}/repo/main/x.csv`)).status).toBe(200), {
    timeout: 10_000,
  });
  // All that they asked for would be more than twice as much.
  expect((await metric('process_resident_memory_bytes')) - before).toBeLessThan(150_000_000);
  for (const socket of slow) socket.destroy();
  const cut = () =>
    logged().filter(({ msg, req }) => msg === 'cut off' && req?.path === '/repo/main/whole.png');
  await vi.waitFor(() => expect(cut().length).toBeGreaterThanOrEqual(slow.length), { timeout: 10_000 });
  expect(cut().at(-1)).toMatchObject({ level: 'info', status: 200, sent: expect.any(Number) });
  expect(cut().at(-1)!.sent).toBeLessThan(WHOLE.length);
  expect(await metric('varve_http_answers_cut_total')).toBeGreaterThanOrEqual(slow.length);
  await vi.waitFor(async () => expect(await metric('varve_http_requests_running')).toBe(1), {
    timeout: 10_000,
  });
});

test('labels of metrics hold what anybody sent as text, and are as many as the server chose', async () => {
  for (const method of ['PROPFIND', 'M-SEARCH', 'LINK'])
    await answers(`${method} /repo/main/x.csv HTTP/1.1\r\n${HOST}\r\n`);
  const name = 'a"} 1\nvarve_forged{x="\\\u202e';
  const rows = Array.from({ length: ROWS }, (_, at) => ({ age: 20 + (at % 40), city: 'Oslo', [name]: at }));
  const { windows } = (await summary()).totals;
  expect(await post(JSON.stringify(rows))).toBe(202);
  await vi.waitFor(async () => expect((await summary()).totals.windows).toBe(windows + 1), {
    timeout: 30_000,
  });
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const value = '"(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
  const sample = new RegExp(`^[a-z_]+(?:\\{(?:[a-z_]+=${value},?)+\\})? \\S+$`);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(samples.filter((line) => !sample.test(line))).toEqual([]);
  expect(samples.filter((line) => line.startsWith('varve_forged'))).toEqual([]);
  expect(text).toContain('feature="a\\"} 1');
  expect(text).not.toContain('\u202e');
  const methods = new Set([...text.matchAll(/method="([^"]*)"/g)].map(([, method]) => method));
  expect([...methods].filter((one) => !/^(GET|HEAD|POST|PUT|DELETE|OPTIONS|other)$/.test(one!))).toEqual([]);
});

test('a download ends when its key is removed, and a repository that is taken away is told of and comes back', async () => {
  const key = box.json<{ id: string; secret: string }>(['serve', 'key', 'add']);
  const keyed = await startServe(box);
  const { port, hostname, host } = new URL(keyed.url);
  const basic = Buffer.from(`${key.id}:${key.secret}`).toString('base64');
  const s3 = { endPoint: hostname, port: Number(port), useSSL: false, region: 'us-east-1' };
  const client = new Client({ ...s3, accessKey: key.id, secretKey: key.secret });
  const signed = new URL(await client.presignedGetObject('repo', 'main/whole.png', 600));
  const downloads = [
    get('/ui/repo/bytes/main/whole.png?save=1', `Authorization: Basic ${basic}\r\n`),
    `GET ${signed.pathname}${signed.search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ].map((text) =>
    connect(Number(port), hostname)
      .on('error', () => undefined)
      .once('connect', function (this: Socket) {
        this.write(text);
      }),
  );
  for (const socket of downloads) {
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 200 /);
    socket.pause();
  }
  box.ok(['serve', 'key', 'remove', key.id]);
  const ask = (): Promise<number> =>
    fetch(`${keyed.url}/metrics`, { headers: { Authorization: `Basic ${basic}` } }).then(
      ({ status }) => status,
    );
  await expect.poll(ask, { timeout: 10_000 }).toBe(401);
  for (const socket of downloads) {
    let bytes = 0;
    socket.on('data', (more) => {
      bytes += more.length;
    });
    socket.resume();
    await once(socket, 'close');
    expect(bytes).toBeLessThan(WHOLE.length);
  }
  await keyed.stop();

  box.run('mv', ['repo', 'away'], '.');
  const gone = async (path: string): Promise<number> => (await fetch(server.url + path)).status;
  await expect.poll(() => gone('/repo/main/x.csv'), { timeout: 10_000 }).toBe(500);
  expect(await gone('/')).toBe(200);
  expect(await gone('/readyz')).toBe(503);
  expect(await gone('/ui/')).toBe(500);
  box.run('mv', ['away', 'repo'], '.');
  await expect.poll(() => gone('/repo/main/x.csv'), { timeout: 10_000 }).toBe(200);
  expect(server.log()).not.toContain('a defect of varve');
}, 60_000);

test('others are answered while Git looks for what was asked, and while statistics are compared', async () => {
  const columns = Array.from({ length: 400 }, (_, at) => `c${at}`);
  for (const version of [1, 2]) {
    const rows = Array.from({ length: 10 }, (_, row) => columns.map((_, at) => row * version + at).join());
    box.write('repo/wide.csv', `${columns.join()}\n${rows.join('\n')}\n`);
    box.ok(['add', 'wide.csv']);
    box.commit(`wide ${version}`);
  }
  // A Git that answers nothing of a commit until it is let.
  const real = box.run('sh', ['-c', 'command -v git'], '.').out.trim();
  box.write(
    'slow/git',
    `#!/bin/sh\ncase "$*" in *ls-tree*) while [ ! -e "${box.path('let')}" ]; do sleep 0.05; done;; esac\nexec ${real} "$@"\n`,
  );
  box.run('chmod', ['+x', 'slow/git'], '.');
  const { PATH } = box.env;
  box.env.PATH = `${box.path('slow')}:${PATH}`;
  const slow = await startServe(box, ['--anonymous']);
  box.env.PATH = PATH!;
  const over: string[] = [];
  const ask = async (path: string): Promise<void> => {
    const answer = await fetch(slow.url + path);
    await answer.arrayBuffer();
    over.push(`${path} ${answer.status}`);
  };
  const waiting = ask('/repo/main/x.csv');
  await ask('/readyz');
  await ask('/healthz');
  box.write('let', '');
  await waiting;
  expect(over.splice(0)).toEqual(['/readyz 200', '/healthz 200', '/repo/main/x.csv 200']);

  const drift = ask('/ui/repo/drift/main/wide.csv');
  await ask('/repo/main/x.csv');
  await ask('/healthz');
  await drift;
  expect(over).toEqual(['/repo/main/x.csv 200', '/healthz 200', '/ui/repo/drift/main/wide.csv 200']);
  expect(await slow.stop()).toBe(0);
});

test('an orderly end waits for the answer that is under way, and for no other connection', async () => {
  const ending = await startServe(box, ['--anonymous']);
  const { port, hostname } = new URL(ending.url);
  const open = (text: string): Socket => {
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    if (text !== '') socket.write(text);
    return socket;
  };
  const silent = open('');
  const half = open('GET /repo/main/x.csv HTTP/1.1\r\nHost: 127');
  const idle = open(get('/healthz'));
  await new Promise((resolve) => idle.once('data', resolve));
  const reading = open(get('/repo/main/whole.png'));
  await new Promise((resolve) => reading.once('data', resolve));
  reading.pause();
  const over = [silent, half, idle].map((socket) => {
    socket.resume();
    return new Promise((resolve) => socket.once('close', resolve));
  });
  const ended = ending.stop();
  await Promise.all(over);
  let bytes = 0;
  reading.on('data', (more: Buffer) => {
    bytes += more.length;
  });
  const closed = new Promise((resolve) => reading.once('close', resolve));
  reading.resume();
  await closed;
  expect(bytes).toBeGreaterThan(WHOLE.length - 1024 * 1024);
  expect(await ended).toBe(0);
});
