import { describe, expect, it } from 'vitest';
import { densitiesOf } from '../../src/report/densities.ts';

describe('heights of bars', () => {
  it('are of equal density, also of two bins, unless one holds what lies beyond', () => {
    expect(densitiesOf([100, 102, 105]).factors).toEqual([1.5, 1]);
    expect(densitiesOf([0, 1, 1000]).factors).toEqual([1, 1]);
  });
});
