import { expect, test } from 'vitest';
import { asBuffer } from '../../src/base/as-buffer.ts';

test('a view of any kind becomes a buffer of the same memory', () => {
  const numbers = new Uint16Array([1, 2, 3]).subarray(1);
  const bytes = asBuffer(numbers);
  expect([...bytes]).toEqual([2, 0, 3, 0]);
  bytes[0] = 7;
  expect(numbers[0]).toBe(7);
});
