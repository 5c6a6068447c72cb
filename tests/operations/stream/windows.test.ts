import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { parseWindowLimit } from '../../../src/operations/inference/window-limit.ts';
import { type ClosedWindow, StreamWindows } from '../../../src/operations/stream/windows.ts';

const folder = mkdtempSync(join(tmpdir(), 'varve-windows-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const MINUTE = 60_000;

function windowsOf(window: string, lateness = 0): StreamWindows {
  return new StreamWindows({
    limit: parseWindowLimit(window),
    lateness,
    folder: mkdtempSync(join(folder, 'w')),
  });
}

function rowOf(name: string) {
  return { rows: 1, forms: [], content: { lines: [Buffer.from(name)] } };
}

async function namesIn(window: ClosedWindow): Promise<string[]> {
  const [file] = window.files.written();
  const names = readFileSync(file!.path, 'utf8').trimEnd().split('\n');
  await window.files.remove();
  return names;
}

test('each row is in the window of its time, or told to be late, whatever the order', async () => {
  const step = fc.record({ partition: fc.nat(2), minute: fc.nat(40) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(10), async (steps, lateness) => {
      const windows = windowsOf('5m', lateness * MINUTE);
      const found = new Map<string, number>();
      let late = 0;
      const drain = async (next: () => ClosedWindow | undefined) => {
        for (let window = next(); window !== undefined; window = next()) {
          expect(window.span!.since).toBeGreaterThanOrEqual(0);
          for (const name of await namesIn(window)) {
            expect(found.has(name)).toBe(false);
            found.set(name, window.span!.since);
          }
        }
      };
      for (const [offset, { partition, minute }] of steps.entries()) {
        const taken = windows.add(rowOf(`r${offset}`), minute * MINUTE, { partition, offset });
        expect(['taken', 'late']).toContain(taken);
        if (taken === 'late') late++;
        await drain(() => windows.due());
      }
      await drain(() => windows.rest());
      expect(found.size + late).toBe(steps.length);
      for (const [name, since] of found)
        expect(Math.floor(steps[Number(name.slice(1))]!.minute / 5) * 5 * MINUTE).toBe(since);
    }),
    { numRuns: 30 },
  );
});

test('a window stays open as long as a partition that has more is behind', async () => {
  const windows = windowsOf('5m');
  windows.add(rowOf('a'), 2 * MINUTE, { partition: 0, offset: 7 });
  windows.add(rowOf('b'), 12 * MINUTE, { partition: 1, offset: 3 });
  expect(windows.due()).toBeUndefined();
  expect(windows.firstOpen(1)).toBe(3);
  windows.add(rowOf('c'), 13 * MINUTE, { partition: 0, offset: 8 });
  const window = windows.due()!;
  expect(await namesIn(window)).toEqual(['a']);
  expect(window.offsets).toEqual(new Map([[0, { from: 7, until: 8 }]]));
  expect(windows.add(rowOf('d'), MINUTE, { partition: 0, offset: 9 })).toBe('late');
  expect(windows.add(rowOf('e'), Date.now() + 3 * 86_400_000, { partition: 0, offset: 10 })).toBe('future');
});

test('rows are counted where windows have no time', async () => {
  const windows = windowsOf('2');
  windows.add(rowOf('a'), undefined, { partition: 0, offset: 0 });
  expect(windows.due()).toBeUndefined();
  windows.add(rowOf('b'), undefined, { partition: 0, offset: 1 });
  expect(await namesIn(windows.due()!)).toEqual(['a', 'b']);
  expect(windows.rest()).toBeUndefined();
});
