import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectSocket } from '../../src/remote/ssh/socket.ts';

let server: Server;
let received: Buffer[];

beforeEach(async () => {
  received = [];
  server = createServer((socket) => socket.on('data', (piece) => received.push(piece)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  server.close();
});

async function connected() {
  const socket = connectSocket('127.0.0.1', (server.address() as AddressInfo).port);
  await once(socket, 'connect');
  // What Node's streams call with all that was held back.
  const joined = vi.spyOn(socket as Socket & { _writev(pieces: readonly unknown[]): void }, '_writev');
  return { socket, joined };
}

test('what is written in one turn goes out together, in its order, and does not wait for the turn before', async () => {
  const { socket, joined } = await connected();
  for (const piece of ['length', 'content', 'tag']) socket.write(piece);
  await new Promise(setImmediate);
  socket.write('next');
  socket.end('last');
  await once(socket, 'close');

  expect(Buffer.concat(received).toString()).toBe('lengthcontenttagnextlast');
  expect(joined.mock.calls.map(([pieces]) => pieces.length)).toEqual([3, 2]);
});

test('what is written before there is a connection goes out with it', async () => {
  const socket = connectSocket('127.0.0.1', (server.address() as AddressInfo).port);
  socket.write('early');
  socket.end();
  await once(socket, 'close');
  expect(Buffer.concat(received).toString()).toBe('early');
});

test('of what is too much for one turn, a part goes out before the rest is made', async () => {
  const { socket, joined } = await connected();
  for (let count = 0; count < 8; count++) socket.write(Buffer.alloc(64 * 1024));
  expect(joined).toHaveBeenCalled();
  socket.end();
  await once(socket, 'close');
  expect(Buffer.concat(received).length).toBe(8 * 64 * 1024);
});
