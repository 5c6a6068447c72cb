import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../src/engine/duckdb.ts';
import { profileTable } from '../../src/profile/dataset/profile-table.ts';

const ROWS = 300;
const FIELDS = 120;

let folder: string;
let engine: Engine;
let asked = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'varve-nested-'));
  engine = await openEngine([folder, join(folder, 'nested.parquet')]);
});
afterAll(() => {
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Counts what is asked of the engine. */
function counting(over: Engine): Engine {
  const counted = <Rest extends unknown[], Answer>(ask: (...rest: Rest) => Answer) => {
    return (...rest: Rest): Answer => {
      asked += 1;
      return ask(...rest);
    };
  };
  return { ...over, query: counted(over.query), scan: counted(over.scan) };
}

it('reads lists of many fields a few times, and not once for each field', async () => {
  const fields = Array.from({ length: FIELDS }, (_, index) => `f${index} := (i + h * ${index}) % 7`).join(
    ', ',
  );
  const inner = `list_transform(range(h % 3), p -> struct_pack(sku := 's' || p, n := p))`;
  const hits = `list_transform(range(i % 4), h -> struct_pack(${fields}, product := ${inner}))`;
  await engine.connection.run(
    `CREATE TABLE nested AS SELECT i AS id, ${hits} AS hits FROM range(${ROWS}) t(i)`,
  );
  const source = { relation: 'nested', columns: await engine.describe('nested') };
  const table = await profileTable(counting(engine), source, { name: '', threads: [] });
  expect(table.features).toHaveLength(1 + FIELDS + 2);
  expect(asked).toBeLessThan(12);
  const of = (...path: string[]) =>
    table.features.find((feature) => feature.path.join('.') === path.join('.'))!;
  const elements = (ROWS / 4) * (0 + 1 + 2 + 3);
  expect(of('hits', '[]', 'f5')).toMatchObject({ present: ROWS, nulls: 0, count: elements, nullElements: 0 });
  expect(of('hits', '[]', 'f5').valency).toMatchObject({ min: 0, max: 3, sum: String(elements) });
  // Of the hits 0, 1 and 2 that a row can have, the second has one product, the third has two.
  expect(of('hits', '[]', 'product', '[]', 'sku').count).toBe((ROWS / 4) * (0 + 0 + 1 + 3));
});
