import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VarveError } from '../../../src/errors.ts';
import { readDirectoryTables } from '../../../src/profile/dataset/profile-directory.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import type { TableRows } from '../../../src/profile/dataset/table-rows.ts';
import { directReader } from '../../../src/profile/reading/direct-reader.ts';
import { askTables } from '../../../src/profile/rows/ask-tables.ts';
import { mergeAnswers } from '../../../src/profile/rows/merge-answers.ts';
import type { RowQuestion, RowsPlan } from '../../../src/profile/rows/rows-plan.ts';
import { repeatedIn } from '../../../src/schema/rules/uniqueness.ts';
import { askRecorded, linesOf, parquetFiles, type Recordings, resealed, UNIT_BYTES } from './asking.ts';

const ROOT = mkdtempSync(join(tmpdir(), 'varve-test-'));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

const FILES = {
  'a.parquet': 'SELECT i AS id, i % 3 AS x, i % 3 AS y FROM range(30) t(i)',
  'b.parquet': 'SELECT i + 29 AS id, i % 3 AS x, i % 3 AS y FROM range(6000) t(i)',
  'c.parquet': "SELECT i + 7000.5 AS id, 2 AS x, i AS y, 'c' AS more FROM range(10) t(i)",
};
const ASKED: readonly RowQuestion[] = [
  { ...repeatedIn(['id']), value: 'id' },
  { ...repeatedIn(['x']), value: 'x' },
  { ...repeatedIn(['y']), value: 'y' },
  { failing: 'x = 1', value: 'id' },
  { failing: "more = 'c'", value: 'y' },
];
const OTHERS: readonly RowQuestion[] = ASKED.map((question) => ({ ...question, value: 'x' }));

const recordings: Recordings = new Map();
let files: DataFile[] = [];
let tables: readonly TableRows[] = [];
/** What tasks wrote when they were asked others. */
const written: (readonly string[])[] = [];
let sound: unknown;
beforeAll(async () => {
  files = await parquetFiles(ROOT, FILES);
  ({ tables } = await readDirectoryTables(files, directReader, { unitBytes: UNIT_BYTES }));
  await answersTo(OTHERS, (parts) => {
    written.push(parts);
    return parts;
  });
  sound = await answersTo(ASKED, (parts) => parts);
});

async function answersTo(
  asked: readonly RowQuestion[],
  change: (parts: string[], plan: RowsPlan, asking: number) => readonly string[],
): Promise<unknown> {
  const options = { timeLimit: 60 };
  const [units] = await askTables(
    tables,
    new Map([['', asked]]),
    options,
    askRecorded(recordings, files, change),
  );
  return asked.map((_, at) => mergeAnswers(units!, at));
}

/** One change of lines. Numbers choose what is changed, whatever there is. */
type Mutation =
  | { readonly kind: 'number'; readonly line: number; readonly at: number; readonly to: number }
  | { readonly kind: 'exchange' | 'drop' | 'double' | 'other'; readonly line: number; readonly at: number };

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({
    kind: fc.constant('number' as const),
    line: fc.nat(),
    at: fc.nat(),
    to: fc.oneof(fc.nat(10), fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true })),
  }),
  fc.record({
    kind: fc.constantFrom('exchange' as const, 'drop' as const, 'double' as const, 'other' as const),
    line: fc.nat(),
    at: fc.nat(),
  }),
);

/** @param numbers which numbers may be changed, found after their names */
function mutated(
  lines: readonly string[],
  others: readonly string[],
  change: Mutation,
  numbers: RegExp,
): string[] {
  const line = change.line % lines.length;
  const before = lines[line]!;
  const replaced = (...by: string[]) => [...lines.slice(0, line), ...by, ...lines.slice(line + 1)];
  switch (change.kind) {
    case 'number': {
      const places = [...before.matchAll(numbers)];
      const place = places[change.at % Math.max(1, places.length)];
      if (place === undefined) return [...lines];
      const end = place.index + place[0].length;
      return replaced(`${before.slice(0, end).replace(/\d+$/, '')}${change.to}${before.slice(end)}`);
    }
    case 'exchange': {
      const other = change.at % lines.length;
      return replaced(lines[other]!).map((each, at) => (at === other ? before : each));
    }
    case 'drop':
      return replaced();
    case 'double':
      return replaced(before, before);
    case 'other':
      return replaced(others[change.at % others.length]!);
  }
}

async function assertSoundOrRefused(
  changes: readonly [asking: number, change: Mutation],
  numbers: RegExp,
  finish: (parts: readonly string[], plan: RowsPlan) => readonly string[],
): Promise<boolean> {
  const [mutatedAsking, change] = changes;
  let found: unknown;
  try {
    found = await answersTo(ASKED, (parts, plan, asking) => {
      if (asking !== mutatedAsking) return parts;
      const others = linesOf(written[asking]!);
      return finish(mutated(linesOf(parts), others, change, numbers), plan);
    });
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    expect(['part-damaged', 'part-missing', 'part-repeated', 'parts-differ']).toContain(error.code);
    return false;
  }
  expect(found).toEqual(sound);
  return true;
}

test('whatever is changed in what tasks wrote, the answer is the same or it is refused', async () => {
  expect(written.length).toBe(3);
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(2), mutation, async (asking, change) => {
      if (!(await assertSoundOrRefused([asking, change], /\d+/g, (parts) => parts))) refused++;
    }),
    { numRuns: 400 },
  );
  expect(refused).toBeGreaterThan(200);
}, 300_000);

test('and also if it is sealed anew, as far as what it says is held against something', async () => {
  // How many rows are at fault, and which, nobody knows beside the task; and who knows the secret may put one task's answers for another's.
  const numbers = /"(?:part|of|units|number|index|rows|shape|keys|sum|question|lowest|highest)":"?\d+/g;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(1), mutation, async (asking, change) => {
      if (change.kind === 'other') return;
      if (!(await assertSoundOrRefused([asking, change], numbers, resealed))) refused++;
    }),
    { numRuns: 400 },
  );
  expect(refused).toBeGreaterThan(100);
}, 300_000);
