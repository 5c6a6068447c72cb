import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ValueCounts } from '../../src/profile/model/model.ts';
import { MAX_LISTED_VALUES, SummedCounts, valueCounts } from '../../src/profile/model/value-counts.ts';

/** Runs of values, which share some with others; of several runs, more than are listed. */
const RUN = fc.record({
  from: fc.integer({ min: 0, max: 1500 }),
  length: fc.integer({ min: 0, max: 1200 }),
  count: fc.integer({ min: 1, max: 4 }),
  every: fc.integer({ min: 1, max: 9 }),
});
const COUNTS: fc.Arbitrary<ValueCounts> = fc
  .record({
    runs: fc.array(RUN, { maxLength: 2 }),
    all: fc.boolean(),
    unlisted: fc.integer({ max: 3, min: 0 }),
  })
  .map(({ runs, all, unlisted }) => {
    const pairs = runs.flatMap(({ from, length, count, every }) =>
      Array.from({ length }, (_, at) => [`é${from + at}`, at % every === 0 ? count * 5 : count] as const),
    );
    return valueCounts(pairs, { all, error: 0, unlisted: all ? 0 : unlisted });
  });

/** What summing in a tree has to give: the counts of two, put in order and cut, and so on. */
function mergedInPairs(counts: readonly ValueCounts[]): ValueCounts {
  if (counts.length === 1) return counts[0]!;
  const middle = counts.length >> 1;
  const [a, b] = [mergedInPairs(counts.slice(0, middle)), mergedInPairs(counts.slice(middle))];
  const error = a.bound + b.bound;
  return valueCounts([...a.values, ...b.values], { all: a.exact && b.exact, error, unlisted: error });
}

function summed(counts: readonly ValueCounts[]): SummedCounts {
  if (counts.length === 1) return new SummedCounts(counts[0]!);
  const middle = counts.length >> 1;
  return summed(counts.slice(0, middle)).add(summed(counts.slice(middle)));
}

test('counts that are put in order once are those that are put in order at each step', () => {
  let cut = 0;
  fc.assert(
    fc.property(fc.array(COUNTS, { minLength: 1, maxLength: 9 }), (counts) => {
      const expected = mergedInPairs(counts);
      if (expected.bound > counts.reduce((sum, { bound }) => sum + bound, 0) && expected.values.length > 0)
        cut++;
      expect(summed(counts).counts()).toEqual(expected);
      expect(expected.values.length).toBeLessThanOrEqual(MAX_LISTED_VALUES);
    }),
    { numRuns: 30 },
  );
  // Else nothing was tried of what a cut in the midst leaves.
  expect(cut).toBeGreaterThan(0);
}, 60_000);
