import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { profileFiles } from '../../../src/profile/dataset/profile-files.ts';
import { distinctCount } from '../../../src/profile/hashing/sketch.ts';
import type { FeatureProfile } from '../../../src/profile/model/model.ts';

/** fastavro, which comes with TFDV, writes the files and reads them again: varve must find the same values. */
const python = process.env.VARVE_TFDV_PYTHON;
const here =
  python !== undefined && existsSync(python) && spawnSync(python, ['-c', 'import fastavro']).status === 0;

interface Column {
  readonly nulls: number;
  readonly distinct: number;
  readonly min: string;
  readonly max: string;
}

describe.skipIf(!here)(
  'Avro of fastavro (skipped where VARVE_TFDV_PYTHON names no Python that has it)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-avro-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    let judged: Readonly<Record<string, Readonly<Record<string, Column>>>>;

    beforeAll(() => {
      const script = join(import.meta.dirname, 'judge.py');
      const { stdout, stderr, status } = spawnSync(python as string, [script, folder], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      judged = JSON.parse(stdout) as typeof judged;
    }, 120_000);

    test('each file has the values that fastavro reads from it', async () => {
      expect(Object.keys(judged)).toContain('deflate.avro');
      for (const [name, columns] of Object.entries(judged)) {
        const absolutePath = join(folder, name);
        const [table] = (
          await profileFiles([{ absolutePath, path: name, size: statSync(absolutePath).size }])
        ).tables;
        const features = new Map(table!.features.map((feature) => [feature.path.join('.'), feature]));
        for (const [path, theirs] of Object.entries(columns))
          expect([name, path, columnOf(features.get(path)!, theirs)]).toEqual([name, path, theirs]);
        expect([table!.rows, features.get('a.[]')?.count, features.get('r.q.[]')?.count]).toEqual([
          1500, 2250, 1500,
        ]);
      }
    });
  },
);

function columnOf(feature: FeatureProfile, { min, max }: Column): Column {
  const { nulls, distinct, numeric, time, values } = feature;
  const found = { nulls, distinct: distinctCount(distinct) };
  if (numeric !== undefined) {
    // Decimals may have zeros at their end, and floats other digits, but not another value.
    const same = (ours: string | null, theirs: string) =>
      Number(ours) === Number(theirs) ? theirs : String(ours);
    return { ...found, min: same(numeric.min, min), max: same(numeric.max, max) };
  }
  if (time !== undefined) return { ...found, min: String(time.min), max: String(time.max) };
  const texts = values.values.map(([value]) => value).sort();
  // Of more values than are listed, those at the ends may be among the rest.
  const listed = values.exact ? { min: texts[0]!, max: texts.at(-1)! } : { min, max };
  return { ...found, ...listed };
}
