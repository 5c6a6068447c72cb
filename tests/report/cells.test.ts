import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellsOf, cutApart, wrapped } from '../../src/report/cells.ts';

describe('names side by side', () => {
  it('are whole where there is room, else cut where they differ', () => {
    expect(cutApart(['short', 'other'], 12)).toEqual(['short', 'other']);
    const long = 'a_long_name_of_a_feature_';
    expect(cutApart([`${long}arrival`, `${long}departure`, 'x'], 14)).toEqual([
      'a_long…arrival',
      'a_long…depart…',
      'x',
    ]);
  });

  it('keep as much of their common start as there is room for', () => {
    const long = 'the_amount_that_was_paid_';
    expect(cutApart([`${long}eur`, `${long}usd`], 20)).toEqual([
      'the_amount_that_…eur',
      'the_amount_that_…usd',
    ]);
  });

  it('never print alike if they differ, and never too wide', () => {
    const name = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.string({ minLength: 1 }).map((end) => `${'same_start_'.repeat(5)}${end}`),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 30 }),
        fc.integer({ min: 8, max: 40 }),
        (names, width) => {
          const shown = cutApart(names, width);
          expect(new Set(shown).size).toBe(names.length);
          for (const text of shown) expect(cellsOf(text)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe('wrapped lines', () => {
  it('break within words that are longer than a line, and lose nothing', () => {
    const text = `before ${'지하철'.repeat(20)} after`;
    const lines = wrapped(text, 30, '  ');
    for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(30);
    expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });
});
