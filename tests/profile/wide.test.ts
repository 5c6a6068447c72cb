import { expect, it } from 'vitest';
import { feature, tableOf } from './profiling.ts';

const COLUMNS = 4000;

it('profiles thousands of columns of a few rows, and finds the one with numbers past 64 bits', {
  timeout: 120_000,
}, async () => {
  const names = Array.from({ length: COLUMNS }, (_, index) => `c${index}`);
  const row = (seed: number) =>
    names.map((_, index) => (index === 3001 ? `1844674407370955161${seed}` : (seed * index) % 17));
  const text = [names, ...[1, 2, 3].map(row)].map((cells) => cells.join(',')).join('\n');
  const table = await tableOf('wide.csv', `${text}\n`, { memory: '2GB' });
  expect(table.features.map(({ path }) => path[0])).toEqual(names);
  expect(feature(table, 'c3001')).toMatchObject({ type: 'integer', count: 3 });
  expect(feature(table, 'c3999').values.values).toHaveLength(3);
});
