import { expect, it } from 'vitest';
import { unportableName } from '../../src/workspace/tree/portable-names.ts';

it.each([
  [['a/b:c'], 'a/b:c', 'has a :'],
  [['what?'], 'what?', 'has a ?'],
  [['x/NUL', 'x/y'], 'x/NUL', 'device'],
  [['com1.csv'], 'com1.csv', 'device'],
  [['a./b'], 'a.', 'dot or a space'],
  [['a '], 'a ', 'dot or a space'],
  [['Data/x', 'data/y'], 'data', 'the same as "Data"'],
  [['\u00e9', 'e\u0301'], 'e\u0301', 'the same as'],
  [['x'.repeat(256)], 'x'.repeat(256), 'longer than 255'],
])('%j: %s %s', (paths, path, why) => {
  expect(unportableName(paths)).toEqual({ path, why: expect.stringContaining(why) });
});

it('finds nothing in names that every system keeps', () => {
  expect(unportableName(['a/b.csv', 'a/c', 'nullable', 'com10', 'Ünïcode/日本', 'empty/'])).toBeUndefined();
});
