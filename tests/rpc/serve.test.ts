import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { VarveError } from '../../src/errors.ts';
import { encodeFrame, type Frame, FrameReader } from '../../src/rpc/frames.ts';
import { type Methods, serve } from '../../src/rpc/serve.ts';

const METHODS: Methods = {
  echo: async ({ params, payload }) => ({ result: params, payload }),
  fail: async () => {
    throw new VarveError('remote-unset', 'No remote at https://ann:secret@example.org', {
      remedy: 'Add one.',
      path: 'https://ann:secret@example.org',
      details: ['a fact'],
    });
  },
  break: async () => {
    throw new TypeError('not on purpose');
  },
  tell: async ({ watch }) => {
    watch.onWarning('mind the gap');
    for (let done = 0; done <= 1000; done++)
      watch.onProgress({ phase: 'read', unit: 'rows', done, total: 1000 });
    return { result: 'told' };
  },
  wait: ({ watch: { signal } }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
};

/** A client that has sent all that it has to say, or a frame that ends the server. */
async function answers(
  frames: readonly (readonly [unknown, Uint8Array?])[],
  stop = new AbortController(),
): Promise<Frame[]> {
  const [input, output] = [new PassThrough(), new PassThrough({ highWaterMark: 1 << 24 })];
  const serving = serve(input, output, METHODS, stop.signal);
  for (const [message, payload] of frames)
    for (const piece of encodeFrame(message, payload)) input.write(piece);
  input.end();
  await serving;
  output.end();
  const reader = new FrameReader();
  const got: Frame[] = [];
  for await (const piece of output) got.push(...reader.read(piece as Buffer));
  return got;
}

const call = (id: unknown, method: string, params?: object) => ({ jsonrpc: '2.0', id, method, params });

test('a request is answered with its id, its result and its bytes', async () => {
  const [answer] = await answers([[call(7, 'echo', { a: 1 }), Buffer.from('bytes')]]);
  expect(answer!.message).toEqual({ jsonrpc: '2.0', id: 7, result: { a: 1 } });
  expect(Buffer.from(answer!.payload).toString()).toBe('bytes');
});

test('errors have codes: those of varve with their remedy and without secrets', async () => {
  const [fail, broken] = await answers([[call(1, 'fail')], [call('two', 'break')]]);
  expect(fail!.message).toEqual({
    jsonrpc: '2.0',
    id: 1,
    error: {
      code: -32000,
      message: 'No remote at https://example.org',
      data: { code: 'remote-unset', remedy: 'Add one.', path: 'https://example.org', details: ['a fact'] },
    },
  });
  expect(broken!.message).toMatchObject({ id: 'two', error: { code: -32603 } });
  const refused = await answers([
    [call(1, 'toString')],
    [call(null, 'echo')],
    [{ jsonrpc: '2.0', id: 3 }],
    [null],
    [[1]],
  ]);
  expect(refused.map(({ message }) => message)).toMatchObject([
    { id: 1, error: { code: -32601 } },
    { id: null, error: { code: -32600 } },
    { id: 3, error: { code: -32600 } },
    { id: null, error: { code: -32600 } },
    { id: null, error: { code: -32600 } },
  ]);
});

test('progress and warnings come before the answer, and not more often than anybody could look', async () => {
  const got = (await answers([[call(1, 'tell')]])).map(({ message }) => message);
  expect(got[0]).toEqual({ jsonrpc: '2.0', method: '$/warning', params: { id: 1, text: 'mind the gap' } });
  expect(got[1]).toMatchObject({ method: '$/progress', params: { id: 1, phase: 'read', done: 0 } });
  expect(got.at(-2)).toMatchObject({ method: '$/progress', params: { done: 1000, total: 1000 } });
  expect(got.at(-1)).toMatchObject({ id: 1, result: 'told' });
  expect(got.length).toBeLessThan(500);
});

test('a request stops when it is cancelled, and all of them when the client goes or the signal comes', async () => {
  const cancel = { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } };
  const [cancelled] = await answers([[call(1, 'wait')], [cancel]]);
  expect(cancelled!.message).toMatchObject({ id: 1, error: { code: -32800 } });
  expect((await answers([[call(1, 'wait')], [call(2, 'wait')]])).map(({ message }) => message)).toMatchObject(
    [
      { id: 1, error: { code: -32800 } },
      { id: 2, error: { code: -32800 } },
    ],
  );
  const stop = new AbortController();
  const input = new PassThrough();
  const serving = serve(input, new PassThrough(), METHODS, stop.signal);
  for (const piece of encodeFrame(call(1, 'wait'))) input.write(piece);
  stop.abort();
  await serving;
});

test('what is no frame ends the service, with an error for people', async () => {
  const input = new PassThrough();
  const serving = serve(input, new PassThrough(), METHODS, new AbortController().signal);
  input.end('GET / HTTP/1.1\r\n\r\n');
  await expect(serving).rejects.toMatchObject({ code: 'usage' });
});

test('an id that is in use, and more requests than anybody waits for, are refused', async () => {
  const [refused] = await answers([[call(1, 'wait')], [call(1, 'echo')]]);
  expect(refused!.message).toMatchObject({ id: 1, error: { code: -32600 } });
  const many = Array.from({ length: 1025 }, (_, id) => [call(id, 'wait')] as const);
  const got = await answers(many);
  expect(got[0]!.message).toMatchObject({ id: 1024, error: { code: -32600 } });
});
