import { expect, test } from 'vitest';
import type { ColumnBounds, ParquetFile } from '../../src/tables/model.ts';
import { boundsForEngines } from '../../src/tables/profile-bounds.ts';

function asBounds(bounds: ColumnBounds): ColumnBounds {
  const file: ParquetFile = { rows: 2, columns: [], bounds: [bounds], hasFieldIds: false };
  return boundsForEngines(file, undefined).bounds[0]!;
}

test('a least value of 0 holds for -0 too, which some engines hold to be less', () => {
  for (const is of ['float', 'double'] as const) {
    expect(asBounds({ path: ['a'], type: { is }, min: '0' })).toMatchObject({ min: '-0.0' });
    expect(asBounds({ path: ['a'], type: { is }, min: '0.5' })).toMatchObject({ min: '0.5' });
  }
  expect(asBounds({ path: ['a'], type: { is: 'long' }, min: '0', max: '0' })).toMatchObject({
    min: '0',
    max: '0',
  });
});

test('a footer does not tell whether there are NaN, which engines hold to be the largest', () => {
  expect(asBounds({ path: ['a'], type: { is: 'double' }, nulls: 1, min: '1', max: '2' })).toEqual({
    ...{ path: ['a'], type: { is: 'double' }, nulls: 1, min: '1' },
  });
});
