import { describe, expect, it } from 'vitest';
import { renderProfile } from '../../../src/report/render.ts';
import { columns } from '../../../src/report/text/columns.ts';
import { flights } from '../synthetic-profile.ts';

const spec = [
  { title: 'feature', names: true },
  { title: 'min', align: 'right' },
  { title: 'shape', spare: true },
  { title: 'most frequent', spare: true },
] as const;
const row = ['temperature_of_the_sensor', '2013-01-01', '▁▃█▃▁▁▁▁', 'LGA 36.9 %, JFK 33.1 %'];
const lines = (width: number): string[] =>
  columns(spec, [row.map((text) => ({ text }))], width, (_, text) => text);

describe('columns', () => {
  it('that are spare are left out, the last first, before any other is cut', () => {
    expect(lines(80)[1]).toBe(row.join('  '));
    expect(lines(60)[1]).toBe('temperature_of_the_sens…  2013-01-01  ▁▃█▃▁▁▁▁  LGA 36.9 %,…');
    expect(lines(46)[0]).toMatch(/^feature +min +shape$/);
    expect(lines(30)[0]).toMatch(/^feature +min$/);
    expect(lines(30)[1]).toMatch(/^temperature_of_t.*… +2013-01-01$/);
  });

  it('of a profile keep their figures and types at 80 cells', () => {
    const text = renderProfile(flights, 'text', { color: false, width: 80 });
    const table = text
      .split('\n')
      .filter((line) => / {2}(integer|string|float|timestamp|boolean) {2}/.test(line));
    expect(table.length).toBeGreaterThan(3);
    expect(table.filter((line) => /integ…|len…|dist…/.test(line))).toEqual([]);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
