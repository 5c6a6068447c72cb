import { expect, test } from 'vitest';
import { checkCollisions } from '../../src/workspace/checkout/name-collisions.ts';

const both = { case: true, form: true };
const composed = '\u00e9';
const decomposed = 'e\u0301';

test.each([
  [['A.txt', 'a.txt'], both],
  [['A/x', 'a/y'], both],
  [['deep/A/x', 'deep/a'], both],
  [[`caf${composed}`, `caf${decomposed}`], both],
  [[`CAF${composed.toUpperCase()}/x`, `caf${decomposed}/y`], both],
])('%j cannot both be there', (paths, folding) => {
  expect(() => checkCollisions(paths, folding, 'data')).toThrow(
    expect.objectContaining({ code: 'name-collision' }),
  );
});

test('where names are kept apart, and where they differ, nothing is refused', () => {
  checkCollisions(['A', 'a', composed, decomposed], { case: false, form: false }, 'data');
  checkCollisions(['A', 'a'], { case: false, form: true }, 'data');
  checkCollisions([composed, decomposed], { case: true, form: false }, 'data');
  checkCollisions(['a/x', 'a/y', 'b/', 'B2'], both, 'data');
});
