import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePaths, isChosen, joinByPath, joinStreams } from '../../src/base/files/path-order.ts';

const path = fc.string({
  unit: fc.constantFrom('a', 'b', '-', '.', '/', 'ü', '\uffee', '\u{1F600}', '\u{10FFFF}'),
  maxLength: 6,
});
const sorted = fc.uniqueArray(path).map((paths) => paths.sort(comparePaths));

test('paths are ordered as their UTF-8 bytes are', () => {
  fc.assert(
    fc.property(path, path, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('a join meets each path once, in order, with what either side has', async () => {
  await fc.assert(
    fc.asyncProperty(sorted, sorted, async (left, right) => {
      const all = [...new Set([...left, ...right])].sort(comparePaths);
      const expected = all.map((one) => [
        left.includes(one) ? one : undefined,
        right.includes(one) ? one : undefined,
      ]);
      const same = { left: (one: string) => one, right: (one: string) => one };
      expect([...joinByPath(left, right, same)]).toEqual(expected);
      const streamed: unknown[] = [];
      const items = (paths: string[]) => paths.map((one) => ({ path: one }));
      for await (const [a, b] of joinStreams(items(left), items(right))) streamed.push([a?.path, b?.path]);
      expect(streamed).toEqual(expected);
    }),
  );
});

test('a chosen folder chooses what lies in it, not what begins like it', () => {
  expect(isChosen('a/b', ['a'])).toBe(true);
  expect(isChosen('a-b', ['a'])).toBe(false);
  expect(isChosen('a', ['a/b'])).toBe(false);
  expect(isChosen('a', undefined)).toBe(true);
  expect(isChosen('a/b', ['a/'])).toBe(true);
  expect(isChosen('ab', ['a/'])).toBe(false);
  expect(isChosen('a/', ['a'])).toBe(true);
});
