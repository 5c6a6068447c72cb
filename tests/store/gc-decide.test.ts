import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Known, planCollection, replacement, type StoredFile } from '../../src/store/gc/decide.ts';

const GRACE_END = 1000;
const OLD = { size: 1, modified: 10, isIndexed: true };

function known(files: Readonly<Record<string, Partial<StoredFile>>>, more: Partial<Known> = {}): Known {
  return {
    files: new Map(Object.entries(files).map(([key, file]) => [key, { ...OLD, ...file }])),
    live: new Set(),
    pending: [],
    graceEnd: GRACE_END,
    atOnce: false,
    unfinished: undefined,
    ...more,
  };
}

describe('a file that nothing needs', () => {
  test('goes on a list first, and stays', () => {
    const { fresh, remove } = planCollection(known({ a: {} }));
    expect(fresh).toEqual(['a']);
    expect([...remove]).toEqual([]);
  });

  test('goes at once where there is no grace', () => {
    const { fresh, remove } = planCollection(known({ a: {} }, { atOnce: true }));
    expect(fresh).toEqual(['a']);
    expect([...remove]).toEqual(['a']);
  });

  test('goes when its list is as old as the grace, and not a millisecond before', () => {
    const listed = (since: number) => planCollection(known({ a: {} }, { pending: [{ keys: ['a'], since }] }));
    expect([...listed(GRACE_END).remove]).toEqual(['a']);
    expect([...listed(GRACE_END + 1).remove]).toEqual([]);
    expect(listed(GRACE_END + 1).fresh).toEqual([]);
  });

  test('is on its way in where no index names it and it came within the grace', () => {
    const come = (modified: number, isIndexed: boolean) =>
      planCollection(known({ a: { modified, isIndexed } })).fresh;
    expect(come(GRACE_END + 1, false)).toEqual([]);
    expect(come(GRACE_END, false)).toEqual(['a']);
    expect(come(GRACE_END + 1, true)).toEqual(['a']);
  });

  test('stays, and why is said, while somebody is at work', () => {
    const pending = [{ keys: ['a'], since: 0 }];
    const busy = planCollection(known({ a: {} }, { pending, unfinished: 'a push is under way' }));
    expect([...busy.remove]).toEqual([]);
    expect(busy.postponed).toBe('a push is under way');
    expect(planCollection(known({ a: {} }, { unfinished: 'a push is under way' })).postponed).toBeUndefined();
    expect(planCollection(known({ a: {} }, { pending })).postponed).toBeUndefined();
  });
});

test('a file that something needs stays, whatever lists say', () => {
  const pending = [{ keys: ['a'], since: 0 }];
  const { fresh, remove, figures } = planCollection(
    known({ a: { size: 7 } }, { live: new Set(['a']), pending, atOnce: true }),
  );
  expect([fresh, [...remove]]).toEqual([[], []]);
  expect(figures).toMatchObject({ keptBytes: 7, keptObjects: 1, freedObjects: 0, condemnedObjects: 0 });
});

test('every file is counted once: kept, freed, or left for later', () => {
  const files = { live: { size: 1 }, expired: { size: 10 }, listed: { size: 100 }, fresh: { size: 1000 } };
  const pending = [
    { keys: ['expired'], since: 0 },
    { keys: ['listed'], since: GRACE_END + 1 },
  ];
  expect(planCollection(known(files, { live: new Set(['live']), pending })).figures).toEqual({
    keptBytes: 1,
    keptObjects: 1,
    freedBytes: 10,
    freedObjects: 1,
    condemnedBytes: 1100,
    condemnedObjects: 2,
  });
});

describe('a list of pending deletions', () => {
  const lists = known({ there: {}, needed: {} }, { live: new Set(['needed', 'needed, gone']) });
  const becomes = (keys: readonly string[], since: number) => replacement({ keys, since }, lists);

  test('stays while the grace lasts, and while files of it are there', () => {
    expect(becomes(['there'], GRACE_END + 1)).toBeUndefined();
    expect(becomes(['there'], 0)).toBeUndefined();
    expect(becomes(['there', 'gone'], 0)).toBeUndefined();
    expect(becomes(['gone'], GRACE_END + 1)).toBeUndefined();
  });

  test('goes when the grace is over and none of its files is there', () => {
    expect(becomes(['gone'], GRACE_END)).toEqual([]);
    expect(becomes(['gone', 'needed'], GRACE_END)).toEqual([]);
  });

  test('loses what is needed again', () => {
    expect(becomes(['there', 'needed'], 0)).toEqual(['there']);
    expect(becomes(['gone', 'needed'], GRACE_END + 1)).toEqual(['gone']);
    expect(becomes(['needed, gone'], GRACE_END + 1)).toEqual([]);
  });
});

test('whatever happens in between, nothing goes that is needed, or that was not listed for the whole grace', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const file = fc.record({ size: fc.nat(9), modified: fc.nat(2000), isIndexed: fc.boolean() });
  fc.assert(
    fc.property(
      fc.dictionary(key, file),
      fc.uniqueArray(key),
      fc.array(fc.record({ keys: fc.uniqueArray(key), since: fc.nat(2000) })),
      fc.option(fc.constant('busy'), { nil: undefined }),
      (files, needed, pending, unfinished) => {
        const live = new Set<string>(needed);
        const { fresh, remove, figures } = planCollection(known(files, { live, pending, unfinished }));
        for (const one of remove) {
          expect(live.has(one)).toBe(false);
          expect(
            pending.some(({ keys, since }) => since <= GRACE_END && keys.some((listed) => listed === one)),
          ).toBe(true);
          expect(unfinished).toBeUndefined();
        }
        for (const one of fresh) expect(live.has(one) || remove.has(one)).toBe(false);
        const { keptObjects, freedObjects, condemnedObjects } = figures;
        expect(keptObjects + freedObjects + condemnedObjects).toBe(Object.keys(files).length);
      },
    ),
  );
});
