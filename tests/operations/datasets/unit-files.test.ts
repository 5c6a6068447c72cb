import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, expect, test } from 'vitest';
import { literal } from '../../../src/engine/quote.ts';
import { writeRange } from '../../../src/operations/datasets/unit-files.ts';
import { rangesOf } from '../../../src/profile/dataset/units.ts';
import { encodeProfile } from '../../../src/profile/format/encode.ts';
import { processReader } from '../../../src/profile/reading/process-reader.ts';
import { Sandbox } from '../../support/sandbox.ts';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

test('of a large Parquet file only the footer and the row groups of the unit are read', async () => {
  const path = 'big.parquet';
  const absolutePath = join(sandbox.root, path);
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  const rows = "SELECT i AS id, hash(i) AS h, 'text ' || hash(i) AS t FROM range(40000) t(i)";
  await connection.run(`COPY (${rows}) TO ${literal(absolutePath)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  connection.closeSync();
  database.closeSync();
  const { size } = statSync(absolutePath);
  const bytes = readFileSync(absolutePath);
  const ranges = rangesOf({ path, size }, Math.ceil(size / 4));
  expect(ranges).toHaveLength(4);
  let total = 0;
  for (const [index, range] of ranges.entries()) {
    let read = 0;
    const opened = {
      size,
      read: async (offset: number, length: number) => {
        read += length;
        return bytes.subarray(offset, offset + length);
      },
    };
    const place = join(sandbox.root, `unit-${index}`);
    await writeRange(opened, place, { path, size }, range);
    const part = await processReader.profileFiles([{ path, absolutePath: place, size, range: range! }], {});
    const whole = await processReader.profileFiles([{ path, absolutePath, size, range: range! }], {});
    expect(Buffer.compare(encodeProfile(part), encodeProfile(whole))).toBe(0);
    expect(read).toBeLessThan(size / 2);
    total += part.tables[0]!.rows;
  }
  expect(total).toBe(40_000);
});
