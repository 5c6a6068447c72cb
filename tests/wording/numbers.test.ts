import { describe, expect, it } from 'vitest';
import {
  byteSize,
  count,
  counted,
  magnitude,
  moment,
  numericText,
  percent,
  quantity,
} from '../../src/wording/numbers.ts';

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [1015, '1,015'],
    [336_776, '336,776'],
    [999_999, '999,999'],
    [1_234_567, '1.23 M'],
    [999_999_500, '1 G'],
    [2.5e12, '2.5 T'],
  ])('counts %d as %s', (value, text) => expect(count(value)).toBe(text));

  it('counts things', () => {
    expect(counted(12_345_678, 'row')).toBe('12,345,678 rows');
    expect(counted(2, 'entry', 'entries')).toBe('2 entries');
    expect(counted(1, 'row')).toBe('1 row');
    expect(counted(0, 'row')).toBe('0 rows');
  });

  it.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.097, '9.7 %'],
    [0.5, '50 %'],
    [0.00123, '0.12 %'],
    [0.00001, '<0.01 %'],
    [0.99999, '>99.9 %'],
    // Of 10,000 rows 9,997 are not all.
    [0.9997, '>99.9 %'],
    [-0.25, '-25 %'],
    [Number.NaN, '–'],
  ])('writes the share %d as %s', (value, text) => expect(percent(value)).toBe(text));

  it.each([
    [0.0813, '0.0813'],
    [12.345, '12.3'],
    [-1234.5, '-1,235'],
    [-12_345, '-12,345'],
    [1.2e6, '1.2 M'],
    [4e-7, '4e-7'],
    [1.5e300, '1.5e300'],
    [100, '100'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NaN, 'NaN'],
  ])('writes %d as %s', (value, text) => expect(magnitude(value)).toBe(text));

  it.each([
    [2013, '2013'],
    [12.34567, '12.35'],
    [2006.51, '2007'],
    [3840.55, '3,841'],
    [-46_334.2, '-46,334'],
    [1e15, '1000000000000000'],
    [1.5e-9, '1.5e-9'],
  ])('writes the value %d in a sentence as %s', (value, text) => expect(quantity(value)).toBe(text));

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [1_500_000, '1.43 MiB'],
    [1.2e18, '1066 PiB'],
  ])('writes %d bytes as %s', (value, text) => expect(byteSize(value)).toBe(text));

  it('shortens exact text past 2^53 and keeps what fits', () => {
    expect(numericText('-1234567')).toBe('-1,234,567');
    expect(numericText('9223372036854775807')).toBe('9.22e18');
    expect(numericText('0.1')).toBe('0.1');
  });

  it('writes moments as short as they are exact', () => {
    expect(moment(Date.UTC(2013, 0, 1))).toBe('2013-01-01');
    expect(moment(Date.UTC(2013, 0, 1, 5))).toBe('2013-01-01 05:00');
    expect(moment(Date.UTC(2013, 0, 1, 5, 0, 30))).toBe('2013-01-01 05:00:30');
    expect(moment(9e15)).toBe('9 P');
  });
});
