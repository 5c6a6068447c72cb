import { describe, expect, it } from 'vitest';
import { densitiesOf, drawnShares } from '../../src/report/densities.ts';

describe('heights of bars', () => {
  it('are of equal density, also of two bins, unless one holds what lies beyond', () => {
    expect(densitiesOf([100, 102, 105]).factors).toEqual([1.5, 1]);
    expect(densitiesOf([0, 1, 1000]).factors).toEqual([1, 1]);
  });

  it('are none of values that are nearly all different, whose bars would show chance', () => {
    const drawn = (share: number) =>
      drawnShares({
        kind: 'categorical',
        labels: ['a', null],
        before: [share, 1 - share],
        after: [0.5, 0.5],
      });
    expect(drawn(0.2)).toEqual([[], []]);
    expect(drawn(0.3)).toEqual([[0.3], [0.5]]);
  });
});
