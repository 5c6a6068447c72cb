import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeFrame, FrameReader, MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES } from '../../src/rpc/frames.ts';

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...pieces, bytes.subarray(at)];
}

test('frames come out as they went in, however their bytes arrive', () => {
  const frames = fc.array(
    fc.record({ message: fc.dictionary(fc.string(), fc.jsonValue()), payload: fc.uint8Array() }),
  );
  fc.assert(
    fc.property(frames, fc.array(fc.nat(40)), (sent, sizes) => {
      const bytes = Buffer.concat(sent.flatMap(({ message, payload }) => encodeFrame(message, payload)));
      const reader = new FrameReader();
      const got = cut(bytes, sizes).flatMap((piece) => reader.read(piece));
      expect(got.map(({ message, payload }) => [message, [...payload]])).toEqual(
        sent.map(({ message, payload }) => [JSON.parse(JSON.stringify(message)), [...payload]]),
      );
    }),
  );
});

test('a payload is not copied with its message where that would cost more than a write', () => {
  const large = new Uint8Array(1024 * 1024);
  expect(encodeFrame({}, large).at(-1)).toBe(large);
  expect(encodeFrame({}, new Uint8Array(10))).toHaveLength(1);
});

test('a frame holds the list of a million files', () => {
  const list = Array.from({ length: 100_000 }, (_, at) => ({
    path: `a/folder/${at}`,
    digest: 'sha256:'.padEnd(300, '0'),
  }));
  const pieces = encodeFrame({ list });
  expect(pieces[0]!.length).toBeGreaterThan(30_000_000);
  const [frame] = pieces.flatMap((piece) => new FrameReader().read(piece));
  expect((frame!.message as { list: unknown[] }).list).toHaveLength(100_000);
});

test('what is too large is refused before it has arrived, and what is no JSON as well', () => {
  const header = (message: number, payload: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(message, 0);
    bytes.writeUInt32LE(payload, 4);
    return bytes;
  };
  expect(() => new FrameReader().read(header(MAX_MESSAGE_BYTES + 1, 0))).toThrow(RangeError);
  expect(() => new FrameReader().read(header(2, MAX_PAYLOAD_BYTES + 1))).toThrow(RangeError);
  expect(() => new FrameReader().read(header(0, 0))).toThrow(SyntaxError);
  expect(() => new FrameReader().read(Buffer.concat([header(1, 0), Buffer.from('{')]))).toThrow(SyntaxError);
  expect(() => encodeFrame({}, { length: MAX_PAYLOAD_BYTES + 1 } as Uint8Array)).toThrow(RangeError);
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      try {
        for (const { payload } of new FrameReader().read(bytes)) expect(payload).toBeInstanceOf(Uint8Array);
      } catch (error) {
        expect(error instanceof RangeError || error instanceof SyntaxError).toBe(true);
      }
    }),
  );
});
