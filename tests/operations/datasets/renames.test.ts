import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactRenames, type Placed } from '../../../src/operations/datasets/renames.ts';

const placed = (side: string) =>
  fc
    .array(fc.option(fc.constantFrom('x', 'y', 'z'), { nil: undefined }), { maxLength: 12 })
    .map((contents) => contents.map((content, at): Placed => ({ path: `${side}${at}`, content })));

test('every rename keeps the content, takes each path once, and none that is possible is left', () => {
  fc.assert(
    fc.property(placed('old'), placed('new'), (removed, added) => {
      const renames = exactRenames(removed, added);
      const contents = new Map([...removed, ...added].map(({ path, content }) => [path, content]));
      for (const [path, from] of renames) {
        expect(contents.get(path)).toBeDefined();
        expect(contents.get(path)).toBe(contents.get(from));
      }
      expect(new Set(renames.values()).size).toBe(renames.size);
      for (const kind of ['x', 'y', 'z']) {
        const count = (list: readonly Placed[]) => list.filter(({ content }) => content === kind).length;
        const paired = [...renames.keys()].filter((path) => contents.get(path) === kind).length;
        expect(paired).toBe(Math.min(count(removed), count(added)));
      }
    }),
  );
});
