import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';

/** A server of this process, which tests ask by another one. Close it. */
export interface Served {
  readonly port: number;
  /** What was asked of it: `GET http://host/path` or `CONNECT host:port`, with headers. */
  readonly asked: { readonly line: string; readonly headers: http.IncomingHttpHeaders }[];
  close(): void;
}

/** Makes a certificate authority and a certificate for 127.0.0.1 in `folder`: `ca.pem`, `server.pem`, `server.key`. */
export function makeCertificates(folder: string): void {
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const names = ['-subj', '/CN=varve test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const fresh = ['req', '-newkey', 'rsa:2048', '-nodes', '-sha256'];
  openssl(
    ...fresh,
    '-x509',
    '-days',
    '2',
    '-subj',
    '/CN=varve test CA',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  openssl(...fresh, ...names, '-keyout', 'server.key', '-out', 'server.csr');
  const signed = [
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-copy_extensions',
    'copy',
    '-days',
    '2',
  ];
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem');
}

/**
 * Serves what the server at `endpoint` serves, over TLS with a certificate of makeCertificates.
 * @param redirected where to send instead whom the server sends elsewhere
 */
export function serveTls(
  endpoint: string,
  folder: string,
  redirected?: (location: string) => Promise<string>,
): Promise<Served> {
  const asked: Served['asked'] = [];
  const options = {
    key: readFileSync(join(folder, 'server.key')),
    cert: readFileSync(join(folder, 'server.pem')),
  };
  return listening(
    https.createServer(
      options,
      forwardTo(() => endpoint, asked, redirected),
    ),
    asked,
  );
}

/** Serves what the server at `endpoint` serves, and notes what is asked. */
export function serveNoting(endpoint: string): Promise<Served> {
  const asked: Served['asked'] = [];
  return listening(http.createServer(forwardTo(() => endpoint, asked)), asked);
}

/** A forward proxy for HTTP and, by CONNECT, for HTTPS. */
export function serveProxy(): Promise<Served> {
  const asked: Served['asked'] = [];
  const server = http.createServer(forwardTo((request) => new URL(request.url!).origin, asked));
  server.on('connect', (request, client) => {
    asked.push({ line: `CONNECT ${request.url}`, headers: request.headers });
    const [host, port] = request.url!.split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
  });
  return listening(server, asked);
}

function forwardTo(
  endpointOf: (request: IncomingMessage) => string,
  asked: Served['asked'],
  redirected = async (location: string) => location,
) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    const { hostname, port } = new URL(endpointOf(request));
    const path = request.url!.replace(/^https?:\/\/[^/]+/, '');
    const { method, headers } = request;
    const upstream = http.request({ hostname, port, path, method, headers }, async (answer) => {
      const { location } = answer.headers;
      const instead = location && { location: await redirected(location) };
      response.writeHead(answer.statusCode!, { ...answer.headers, ...(instead || {}) });
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  };
}

async function listening(server: http.Server | https.Server, asked: Served['asked']): Promise<Served> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
