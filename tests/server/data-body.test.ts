import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { sendBody } from '../../src/server/data-body.ts';

/** What a client hears of an answer whose pieces come one by one, until whoever asked may read no more. */
async function heard(pieces: readonly string[], allowed: number): Promise<string> {
  const length = pieces.join('').length;
  const server = createServer(async (_, response) => {
    const [first, ...more] = pieces.map((piece) => ({ done: false, value: Buffer.from(piece) }) as const);
    const rest = {
      next: async () => more.shift() ?? ({ done: true, value: undefined } as const),
    };
    let asked = 0;
    const head = { status: 200, headers: { 'Content-Length': length }, length };
    const body = { first: first!, rest, close: async () => undefined };
    await sendBody(response, head, body, () => asked++ < allowed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return await answer.text();
  } catch {
    return 'cut';
  } finally {
    server.close();
  }
}

test('an answer is cut at whichever piece its reader may not have any more, the last one too', async () => {
  const pieces = ['one, ', 'two, ', 'three'];
  expect(await heard(pieces, 3)).toBe('one, two, three');
  for (const allowed of [0, 1, 2]) expect(await heard(pieces, allowed)).toBe('cut');
  expect(await heard(['all'], 0)).toBe('cut');
});
