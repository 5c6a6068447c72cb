import http, { type ClientRequest, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

const CONNECT_WITHIN_MS = 10_000;
/** A connection on which nothing moves for so long is given up. */
export const STALLED_AFTER_MS = 60_000;

/** Start a request that fails where no connection is made, or where nothing moves on it any more: Node would wait for ever. */
export function timedRequest(isSecure: boolean, options: RequestOptions): ClientRequest {
  const sent = (isSecure ? https : http).request(options);
  sent.setTimeout(STALLED_AFTER_MS, () => sent.destroy(timeout('nothing moved on the connection')));
  sent.once('socket', (socket) => connectInTime(sent, socket));
  return sent;
}

function connectInTime(sent: ClientRequest, socket: Socket): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => sent.destroy(timeout('no connection was made')), CONNECT_WITHIN_MS);
  for (const event of ['connect', 'close'] as const) socket.once(event, () => clearTimeout(timer));
}

export function timeout(what: string): Error {
  return Object.assign(new Error(what), { code: 'TimeoutError' });
}
