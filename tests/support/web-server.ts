import { createReadStream, type Dirent, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { FILE_LIST } from '../../src/remote/web/listing.ts';
import { freePort, program, ServerProcess } from './server-process.ts';

/** What a web server can do beside sending files. */
export interface WebAbilities {
  /** By a list in each folder of all below it, by pages of links, or not at all. */
  readonly lists?: 'list' | 'pages';
  readonly ranges?: boolean;
  readonly etags?: boolean;
  readonly head?: boolean;
}

export interface WebServer {
  readonly url: string;
  /** Requests so far, as `GET /path`. */
  readonly seen: string[];
  /** Answers in place of the server, where it returns true. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

/** A web server that shows a folder, as static hosts do. */
export async function startWebServer(root: string, can: WebAbilities = {}): Promise<WebServer> {
  const server = http.createServer((request, response) => {
    web.seen.push(`${request.method} ${request.url}`);
    if (!web.instead(request, response)) answer(root, can, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const web: WebServer = {
    url: `http://127.0.0.1:${port}`,
    seen: [],
    instead: () => false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return web;
}

function answer(root: string, can: WebAbilities, request: IncomingMessage, response: ServerResponse): void {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname).slice(1);
  if (request.method === 'HEAD' && can.head === false) return void response.writeHead(405).end();
  if (basename(path) === FILE_LIST && can.lists === 'list') {
    const text = filesIn(join(root, dirname(path))).map((file) => `./${file}\n`);
    return void response.writeHead(200, { 'content-type': 'text/plain' }).end(text.join(''));
  }
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  if (found?.isDirectory() && path !== '' && !path.endsWith('/'))
    return void response.writeHead(301, { location: `/${path}/` }).end();
  if (found?.isDirectory() && can.lists === 'pages') return void response.end(pageOf(join(root, path)));
  if (!found?.isFile()) return void response.writeHead(404).end();
  sendFile(join(root, path), can, request, response);
}

function sendFile(path: string, can: WebAbilities, request: IncomingMessage, response: ServerResponse): void {
  const { size, mtime, mtimeMs } = statSync(path);
  const [, from, to] =
    (can.ranges !== false && /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')) || [];
  const start = Number(from ?? 0);
  const end = Math.min(to === undefined || to === '' ? size - 1 : Number(to), size - 1);
  if (from !== undefined && start >= size)
    return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
  response.writeHead(from === undefined ? 200 : 206, {
    'content-length': size === 0 ? 0 : end - start + 1,
    'last-modified': mtime.toUTCString(),
    ...(can.etags !== false && { etag: `"${Math.round(mtimeMs).toString(16)}-${size.toString(16)}"` }),
    ...(from !== undefined && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) return void response.end();
  createReadStream(path, { start, end }).pipe(response);
}

function filesIn(root: string): string[] {
  const path = ({ parentPath, name }: Dirent) => relative(root, join(parentPath, name)).split(sep).join('/');
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(path);
}

function pageOf(folder: string): string {
  const names = readdirSync(folder, { withFileTypes: true });
  const links = names.map((entry) => `${encodeURIComponent(entry.name)}${entry.isDirectory() ? '/' : ''}`);
  const lines = ['../', '?C=M;O=A', '/icons/', 'https://example.org/x', ...links].map(
    (href) => `<li><a class="x" href="${href}">${href}</a>`,
  );
  return `<html><head><title>Index of ${folder}</title></head><body>${lines.join('\n')}</body></html>`;
}

/** Tests that need a web server outside of their process: Python's own, which shows pages of links, and knows no ranges and no ETags. */
export function describeWithWeb(name: string, tests: (server: { root: string; url: string }) => void): void {
  const python = program('', 'python3');
  const server = { root: '', url: '' };
  if (python === undefined) {
    describe.skip(`${name} (skipped: no python3 on PATH)`, () => tests(server));
    return;
  }
  describe(name, () => {
    let running: ServerProcess | undefined;
    beforeAll(async () => {
      const port = await freePort();
      server.root = mkdtempSync(join(tmpdir(), 'varve-web-'));
      server.url = `http://127.0.0.1:${port}`;
      const words = ['-m', 'http.server', String(port), '--bind', '127.0.0.1', '--directory', server.root];
      running = new ServerProcess([python, ...words]);
      await running.listening(port);
    });
    afterAll(() => {
      running?.stop();
      rmSync(server.root, { recursive: true, force: true, maxRetries: 10 });
    });
    tests(server);
  });
}
