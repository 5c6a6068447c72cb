import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from '../../src/base/crc32c.ts';

/** Bit by bit, as RFC 3720 defines it. */
function slowly(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('the checksums of RFC 3720, appendix B.4', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
  expect([
    crc32c(new Uint8Array(32)),
    crc32c(new Uint8Array(32).fill(255)),
    crc32c(ascending),
    crc32c(Buffer.from('123456789')),
  ]).toEqual([0x8a9136aa, 0x62a8ab43, 0x46dd794e, 0xe3069283]);
});

test('eight bytes at once give what bits give, of any part', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(50), fc.nat(50), (bytes, from, length) => {
      const [start, end] = [Math.min(from, bytes.length), Math.min(from + length, bytes.length)];
      expect(crc32c(bytes, start, end)).toBe(slowly(bytes.subarray(start, end)));
    }),
  );
});
