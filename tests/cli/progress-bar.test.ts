import { expect, test } from 'vitest';
import { progressLine } from '../../src/cli/terminal/progress-bar.ts';

test('says how much is done, how fast, and how long it will take', () => {
  const event = { phase: 'add data', unit: 'bytes', done: 512 * 1024 * 1024, total: 1024 ** 3 } as const;
  expect(progressLine(event, 4)).toBe(
    'add data  [############............]  512 MiB of 1.00 GiB  128 MiB/s  4 s left',
  );
});

test('without a total, says what is known', () => {
  expect(progressLine({ phase: 'list', unit: 'objects', done: 3000 }, 2)).toBe(
    'list  3,000 objects  1,500 objects/s',
  );
});

test('long waits are in hours, and names cannot steer the terminal', () => {
  const event = { phase: 'add \x1b[2J', unit: 'files', done: 1, total: 7201 } as const;
  expect(progressLine(event, 1)).toContain('add \\x1b[2J');
  expect(progressLine(event, 1)).toContain('2 h 0 min left');
});
