import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, expect, test, vi } from 'vitest';
import { processReader } from '../../src/profile/reading/process-reader.ts';
import { dataFiles } from './profiling.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a process that has work again and again is not ended in between', async () => {
  let started = 0;
  const count = (): void => {
    started++;
  };
  subscribe('child_process', count);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  for (const name of ['a.csv', 'b.csv', 'c.csv']) {
    await processReader.profileFiles(dataFiles({ [name]: 'x\n1\n' }), {});
    vi.advanceTimersByTime(3000);
  }
  unsubscribe('child_process', count);
  expect(started).toBe(1);
});
