import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is to be done for the requests of each connection when they are over. */
const OPEN = new WeakMap<Socket, Set<() => void>>();

/**
 * Call `done` once a request is over: answered, or broken off from either side. An answer that waits behind another one of its connection, as
 * where a client pipelines, never hears itself that the connection is gone.
 */
export function whenOver({ socket }: IncomingMessage, response: ServerResponse, done: () => void): void {
  const open = OPEN.get(socket) ?? openOn(socket);
  const end = (): void => {
    if (open.delete(end)) done();
  };
  open.add(end);
  response.once('close', end);
}

function openOn(socket: Socket): Set<() => void> {
  const open = new Set<() => void>();
  OPEN.set(socket, open);
  socket.once('close', () => {
    for (const end of open) end();
  });
  return open;
}
