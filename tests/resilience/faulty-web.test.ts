import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebClient } from '../../src/remote/web/client.ts';
import { isPublicAddress } from '../../src/remote/web/public-address.ts';
import { WebRemote } from '../../src/remote/web/web.ts';
import { collected, sha256 } from '../remote/contract.ts';
import { type FaultyS3, seededFaults, startFaultyS3 } from '../support/faulty-s3.ts';
import { seededBytes } from '../support/stores.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const IMPATIENT = { attempts: 12, baseMs: 1, capMs: 10 };
const nothing = () => undefined;

let root: string;
let server: WebServer;
let faulty: FaultyS3;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'varve-web-'));
  mkdirSync(join(root, 'k'));
  for (let index = 0; index < 12; index++)
    writeFileSync(join(root, 'k', String(index)), seededBytes(index, index * 9000));
  writeFileSync(join(root, 'large'), seededBytes(99, 8_000_000));
  server = await startWebServer(root, { lists: 'list' });
  faulty = await startFaultyS3(server.url, nothing);
});
afterEach(() => {
  faulty.choose = nothing;
  server.instead = () => false;
});
afterAll(async () => {
  await faulty?.close();
  await server?.close();
  rmSync(root, { recursive: true, force: true });
});

const open = (policy = IMPATIENT, url = faulty.endpoint) =>
  new WebRemote(new WebClient(`${url}/`), url, policy);

test.each([1, 2])('what is read through a faulty network is right (seed %d)', async (seed) => {
  const remote = open();
  faulty.choose = seededFaults(seed, 0.3, ['drop', 'drop-answer', 'delay', '503', 'truncate']);
  const keys: string[] = [];
  for await (const { key } of remote.list('k/')) keys.push(key);
  expect(keys).toHaveLength(12);
  for (let index = 0; index < 12; index++)
    expect(sha256(await remote.read(`k/${index}`))).toBe(sha256(seededBytes(index, index * 9000)));
  expect(faulty.seen.some(({ fault }) => fault !== undefined)).toBe(true);
});

test('a body that breaks off is read on from there, and not if the file is another one by then', async () => {
  let gets = 0;
  faulty.choose = ({ method }) => (method === 'GET' && gets++ < 3 ? 'truncate' : undefined);
  expect(sha256(await collected(open().stream('large')))).toBe(sha256(seededBytes(99, 8_000_000)));
  expect(gets).toBe(4);
  gets = 0;
  server.instead = (request, response) => {
    if (gets < 2) return false;
    response.writeHead(206, { 'content-range': 'bytes 4000000-7999999/8000000', etag: '"other"' }).end('x');
    expect(request.headers.range).toMatch(/^bytes=[1-9]/);
    return true;
  };
  faulty.choose = () => (gets++ === 0 ? 'truncate' : undefined);
  await expect(collected(open().stream('large'))).rejects.toMatchObject({ code: 'object-changed' });
});

test('a server that keeps failing is given up with words', async () => {
  for (const fault of ['503', 'drop'] as const) {
    faulty.choose = () => fault;
    const before = faulty.seen.length;
    await expect(open({ ...IMPATIENT, attempts: 3 }).read('k/1')).rejects.toMatchObject({
      code: 'remote-unavailable',
    });
    expect(faulty.seen.length - before).toBe(3);
  }
});

test('redirects of the server to itself are followed, and none to a place that is not public', async () => {
  const other = await startWebServer(root);
  try {
    const { port } = new URL(other.url);
    let location = '/k/5';
    server.instead = ({ url }, response) => {
      if (url !== '/moved') return false;
      response.writeHead(302, { location }).end();
      return true;
    };
    const remote = open(IMPATIENT, server.url);
    expect(sha256(await remote.read('moved'))).toBe(sha256(seededBytes(5, 45_000)));
    for (location of [
      `http://127.0.0.1:${port}/k/5`,
      `http://localhost:${port}/k/5`,
      `http://[::ffff:127.0.0.1]:${port}/k/5`,
      `http://2130706433:${port}/k/5`,
      'http://169.254.169.254/latest/meta-data/',
      'file:///etc/passwd',
      'ftp://example.org/x',
      '/moved',
    ])
      await expect(remote.read('moved'), location).rejects.toMatchObject({ code: 'redirect-refused' });
    expect(other.seen).toEqual([]);
  } finally {
    await other.close();
  }
});

test('pages and lists of a hostile server name nothing outside of the folder', async () => {
  server.instead = ({ url = '' }, response) => {
    if (url.endsWith('varve-files.txt')) {
      if (url.includes('/list')) response.end('../../etc/passwd\n/etc/passwd\nok\n..\nhttp://x/y\n');
      else response.writeHead(404).end();
      return true;
    }
    if (url !== '/pages/') {
      response.writeHead(200, { 'content-length': 1 }).end('x');
      return true;
    }
    const links = [
      '..',
      '%2e%2e/',
      '..%2f..%2fx',
      '/x',
      '//evil/pages/y',
      'a%2Fb',
      '?x',
      'ok',
      '&#39;',
      'javascript:x',
    ];
    response.end(`<title>Index of /</title>${links.map((link) => `<a href='${link}'>`).join('')}`);
    return true;
  };
  for (const place of ['list', 'pages']) {
    const remote = open(IMPATIENT, `${server.url}/${place}`);
    const keys: string[] = [];
    for await (const { key } of remote.list('')) keys.push(key);
    expect(keys).toEqual(['ok']);
  }
});

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['10.1.2.3', false],
  ['172.31.255.255', false],
  ['172.32.0.1', true],
  ['192.168.0.1', false],
  ['100.64.0.1', false],
  ['169.254.169.254', false],
  ['127.0.0.1', false],
  ['0.0.0.0', false],
  ['255.255.255.255', false],
  ['::1', false],
  ['::', false],
  ['fd00::1', false],
  ['fe80::1', false],
  ['::ffff:10.0.0.1', false],
  ['64:ff9b::a00:1', false],
  ['2002:a00:1::', false],
  ['2001:0:a00:1::', false],
  ['example.org', false],
] as const)('%s is public: %s', (address, isPublic) => expect(isPublicAddress(address)).toBe(isPublic));
