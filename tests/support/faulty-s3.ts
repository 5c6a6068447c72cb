import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from './random.ts';

/**
 * What can happen to one request. `drop` loses it on its way, `drop-answer` after the server did it; `truncate` ends the answer in
 * the middle of its body; the corruptions flip one bit; `skew` says that the clocks differ.
 */
export type Fault =
  | 'drop'
  | 'drop-answer'
  | 'delay'
  | '503'
  | 'slow-down'
  | 'truncate'
  | 'corrupt-upload'
  | 'corrupt-download'
  | 'skew';

export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly fault?: Fault;
}

export interface FaultyS3 {
  readonly endpoint: string;
  /** Every request so far, in the order of their arrival. */
  readonly seen: readonly Seen[];
  /** Decides from now on; a function that returns undefined lets everything through. */
  choose: (request: Omit<Seen, 'fault'>) => Fault | undefined;
  close(): Promise<void>;
}

/**
 * A proxy in front of a real S3 server, or another that speaks HTTP, which does to its requests what networks and overloaded servers do.
 * @param redirected where to send instead whom the server sends elsewhere
 */
export async function startFaultyS3(
  target: string,
  choose: FaultyS3['choose'],
  redirected?: (location: string) => Promise<string>,
): Promise<FaultyS3> {
  const { hostname, port } = new URL(target);
  const agent = new http.Agent({ keepAlive: true });
  const seen: Seen[] = [];
  const proxy = http.createServer((request, response) => {
    const asked = { method: request.method ?? '', url: request.url ?? '' };
    const fault = faulty.choose(asked);
    seen.push(fault === undefined ? asked : { ...asked, fault });
    pass(request, response, { hostname, port, agent, redirected }, fault).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address() as { port: number };
  const faulty: FaultyS3 = {
    endpoint: `http://127.0.0.1:${address.port}`,
    seen,
    choose,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
  return faulty;
}

/** Each request meets one of `faults` with the probability `rate`; the same seed gives the same sequence. */
export function seededFaults(seed: number, rate: number, faults: readonly Fault[]): FaultyS3['choose'] {
  const random = seededRandom(seed);
  return () => (random() < rate ? faults[Math.floor(random() * faults.length)] : undefined);
}

type Target = {
  hostname: string;
  port: string;
  agent: http.Agent;
  redirected: ((location: string) => Promise<string>) | undefined;
};

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  fault: Fault | undefined,
) {
  if (fault === 'drop') return void request.socket.destroy();
  if (fault === 'delay') await sleep(30);
  if (fault === '503') return refuse(request, response, 503, undefined);
  if (fault === 'slow-down') return refuse(request, response, 503, 'SlowDown');
  if (fault === 'skew') {
    response.setHeader('Date', new Date(Date.now() + 3 * 3_600_000).toUTCString());
    return refuse(request, response, 403, 'RequestTimeTooSkewed');
  }
  const answer = await forward(request, target, fault === 'corrupt-upload');
  if (fault === 'drop-answer') {
    answer.resume();
    await new Promise((resolve) => answer.once('end', resolve));
    return void request.socket.destroy();
  }
  const { location } = answer.headers;
  if (location !== undefined && target.redirected !== undefined) {
    answer.resume();
    return void response
      .writeHead(answer.statusCode!, { location: await target.redirected(location), 'content-length': 0 })
      .end();
  }
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  if (fault === 'truncate') return truncate(answer, response);
  // Listings carry no checksum, so only objects are damaged.
  const isObject = request.method === 'GET' && /^[^?]*$|[?&]x-id=GetObject/.test(request.url ?? '');
  await copy(answer, response, fault === 'corrupt-download' && isObject);
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string | undefined,
): void {
  request.resume();
  response.statusCode = status;
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>Injected</Message></Error>`;
  request.once('end', () => response.end(code === undefined || request.method === 'HEAD' ? '' : xml));
}

function forward(request: IncomingMessage, target: Target, corrupt: boolean): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { hostname, port, agent } = target;
    const { method, url, rawHeaders } = request;
    const headers: Record<string, string> = {};
    // The host is signed, so the server must see the one that the client asked.
    for (let index = 0; index < rawHeaders.length; index += 2)
      headers[rawHeaders[index]!] = rawHeaders[index + 1]!;
    const onwards = http.request({ hostname, port, agent, method, path: url, headers }, resolve);
    onwards.on('error', reject);
    request.on('error', reject);
    copy(request, onwards, corrupt).catch(reject);
  });
}

async function copy(from: IncomingMessage, to: NodeJS.WritableStream, corrupt: boolean): Promise<void> {
  let isDue = corrupt;
  for await (const piece of from as AsyncIterable<Buffer>) {
    if (isDue) piece[piece.length >> 1]! ^= 1;
    isDue = false;
    if (!to.write(piece)) await new Promise((resolve) => to.once('drain', resolve));
  }
  to.end();
}

async function truncate(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const length = Number(answer.headers['content-length'] ?? 0);
  let left = length >> 1;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    response.write(piece.subarray(0, left));
    left -= Math.min(left, piece.length);
  }
  // What was written must leave before the connection ends.
  setTimeout(() => response.destroy(), 5);
}
