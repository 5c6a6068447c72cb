import { expect, it } from 'vitest';
import { between } from '../../src/schema/phrases.ts';

it('bounds are written as the figures beside them, years and dates as they are', () => {
  expect(between({ min: '9330', max: '32400' })).toBe('from 9,330 to 32,400');
  expect(between({ min: '-50000', max: '0.25' })).toBe('from -50,000 to 0.25');
  expect(between({ min: '1900', max: '2013' })).toBe('from 1900 to 2013');
  expect(between({ min: '2013-01-01' })).toBe('at least 2013-01-01');
});
