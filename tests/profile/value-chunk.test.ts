import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openAppender } from '../../src/engine/chunks/append.ts';
import { CHUNK_ROWS } from '../../src/engine/chunks/chunk.ts';
import { type Value, ValueChunk } from '../../src/engine/chunks/value-chunk.ts';
import { openEngine } from '../../src/engine/duckdb.ts';
import { ONCE_EACH } from '../../src/profile/counters/counter.ts';
import { featureOf, presenceOfScalar, profileTable } from '../../src/profile/dataset/profile-table.ts';
import { columnReaderOf } from '../../src/profile/plan/column-reader.ts';
import { leavesOf } from '../../src/profile/plan/leaves.ts';

type Row = readonly [text: string | null, integer: number | null, truth: boolean | null];

/** The features of the rows as the engine gives them, and as they are at hand. */
async function bothWays(rows: readonly Row[]) {
  const engine = await openEngine([], {});
  try {
    await engine.query('CREATE TABLE t (text VARCHAR, integer BIGINT, truth BOOLEAN)');
    const appender = await openAppender(engine, 't');
    appender.append(rows.length, (row, column) => {
      const value: Value = rows[row]![column]!;
      return typeof value === 'number' ? BigInt(value) : value;
    });
    appender.close();
    const columns = await engine.describe('t');
    const byEngine = await profileTable(engine, { relation: 't', columns }, { name: '', threads: [] });
    const leaves = leavesOf(columns);
    const tallies = leaves.map((leaf) => columnReaderOf(leaf, true).counter());
    const tally = (wanted: typeof tallies) => {
      for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
        const chunk = new ValueChunk(rows.slice(start, start + CHUNK_ROWS));
        for (const one of wanted) one.add(chunk, tallies.indexOf(one), ONCE_EACH);
      }
    };
    tally(tallies);
    tally(tallies.filter((one) => one.startSecondPass()));
    const atHand = leaves.map((leaf, column) => {
      const tallied = tallies[column]!.result();
      return featureOf(leaf, presenceOfScalar(rows.length, tallied), tallied);
    });
    return { byEngine: byEngine.features, atHand };
  } finally {
    engine.close();
  }
}

const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((one) => !one.includes('\0'));
const row = fc.tuple(
  fc.option(text),
  fc.option(fc.oneof(fc.maxSafeInteger(), fc.integer())),
  fc.option(fc.boolean()),
);

test('rows at hand have the profile that they have in the engine, to the bit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 300 }), async (rows) => {
      const { byEngine, atHand } = await bothWays(rows);
      expect(atHand).toEqual(byEngine);
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('also where they are more than are counted one by one, and some of them heavy', async () => {
  const rows = Array.from(
    { length: 150_000 },
    (_, at): Row => [
      at % 10 === 0 ? 'heavy' : `text ${at}`,
      at % 7 === 0 ? null : at * 2 ** 20,
      at % 2 === 0,
    ],
  );
  const { byEngine, atHand } = await bothWays(rows);
  expect(atHand).toEqual(byEngine);
}, 60_000);
