import { type Socket, Socket as TcpSocket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConnectionWatch } from '../../src/database/connection-watch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ADDRESS = { kind: 'mysql', host: 'h', database: 'shop' } as const;

/** A socket that was never connected: what comes is emitted by the test. */
function watched(options: { signal?: AbortSignal; timeout?: number } = {}) {
  const words: string[] = [];
  const { signal, timeout } = options;
  const address = { ...ADDRESS, ...(timeout !== undefined && { timeout }) };
  const watch = new ConnectionWatch(address, { signal, onWaiting: (text) => words.push(text) });
  const stream: Socket = new TcpSocket();
  stream.on('error', () => undefined);
  watch.follow(stream);
  return { words, watch, stream };
}

test('a server that is silent is waited for with a word, and no longer than an hour', () => {
  const { words, watch, stream } = watched();
  watch.taken();
  vi.advanceTimersByTime(9_000);
  stream.emit('data', Buffer.from('x'));
  vi.advanceTimersByTime(9_999);
  expect(words).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(words).toEqual([expect.stringMatching(/mysql:\/\/h\/shop has not answered .* 3,600 seconds/)]);
  vi.advanceTimersByTime(3_589_999);
  expect(stream.destroyed).toBe(false);
  vi.advanceTimersByTime(1);
  expect(stream.destroyed).toBe(true);
  expect(watch.said(new Error('lost'))).toMatchObject({ code: 'database-unreachable' });
});

test('before somebody is logged in, that is what is waited for, and its own limit is told', () => {
  const { words } = watched();
  vi.advanceTimersByTime(10_000);
  expect(words).toEqual([expect.stringMatching(/has let nobody log in for 10 seconds; after 20 seconds/)]);
});

test('while nobody reads, and once nothing is waited for, no server is silent', () => {
  const { words, watch, stream } = watched({ timeout: 20 });
  stream.pause();
  vi.advanceTimersByTime(100_000);
  expect([words, stream.destroyed]).toEqual([[], false]);
  stream.resume();
  watch.stop();
  vi.advanceTimersByTime(100_000);
  expect([words, stream.destroyed]).toEqual([[], false]);
});

test('who aborts ends the connection, also before it is there', () => {
  const controller = new AbortController();
  const { watch, stream } = watched({ signal: controller.signal });
  controller.abort();
  expect(stream.destroyed).toBe(true);
  expect(watch.said(new Error('lost'))).toBe(controller.signal.reason);
  expect(watched({ signal: controller.signal }).stream.destroyed).toBe(true);
});

test('rows may be many, and none too long', () => {
  const { watch, stream } = watched();
  watch.expectRows();
  const mebibyte = Buffer.alloc(2 ** 20);
  for (let at = 0; at < 200; at++) {
    stream.emit('data', mebibyte);
    watch.taken();
  }
  expect(stream.destroyed).toBe(false);
  for (let at = 0; at < 65; at++) stream.emit('data', mebibyte);
  expect(watch.said(new Error('lost')).message).toContain('a row of more than 64 MiB');
});
