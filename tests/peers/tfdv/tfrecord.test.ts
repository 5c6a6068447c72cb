import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meanAndVariance } from '../../../src/profile/accumulators/moments.ts';
import { profileFiles } from '../../../src/profile/dataset/profile-files.ts';
import { distinctCount } from '../../../src/profile/hashing/sketch.ts';
import type { FeatureProfile, TableProfile } from '../../../src/profile/model/model.ts';

/** TensorFlow writes the records, and TFDV counts them: varve must find the same numbers in the same files. */
const python = process.env.VARVE_TFDV_PYTHON;
const here = python !== undefined && existsSync(python);

interface Judged {
  readonly rows: number;
  readonly features: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

describe.skipIf(!here)(
  'TFRecords of TensorFlow (skipped where VARVE_TFDV_PYTHON names no Python with TFDV)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'varve-tfrecord-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    let judged: Readonly<Record<string, Judged>>;

    beforeAll(() => {
      const script = join(import.meta.dirname, 'tfrecord.py');
      const { stdout, stderr, status } = spawnSync(python as string, [script, folder], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      judged = JSON.parse(stdout.trim().split('\n').at(-1) as string) as typeof judged;
    }, 300_000);

    async function tableOf(name: string): Promise<TableProfile> {
      const absolutePath = join(folder, name);
      const file = { absolutePath, path: name, size: statSync(absolutePath).size };
      return (await profileFiles([file])).tables[0]!;
    }

    test('each file gives the numbers that TFDV finds in it', async () => {
      for (const [name, { rows, features }] of Object.entries(judged)) {
        const table = await tableOf(name);
        const found = Object.fromEntries(table.features.map((one) => [one.path[0], numbers(one)]));
        expect([name, table.rows]).toEqual([name, rows]);
        for (const [feature, theirs] of Object.entries(features))
          expect([name, feature, found[feature]]).toEqual([name, feature, close(theirs)]);
        expect(Object.keys(found).sort()).toEqual(Object.keys(features).sort());
      }
    });

    test('a file that TensorFlow compressed by zlib is as the same records are without', async () => {
      expect(await tableOf('zlib.tfrecord')).toEqual(await tableOf('plain.tfrecord'));
    });

    test('SequenceExamples and logs of TensorFlow Serving are read as they were written', async () => {
      const sequence = await tableOf('sequence.tfrecord');
      const tokens = sequence.features.find(({ path }) => path[0] === '##SEQUENCE##')!;
      expect([sequence.rows, tokens.path]).toEqual([50, ['##SEQUENCE##', 'tokens', '[]']]);
      // 50 records with 0 to 5 tokens in turn: eight times all of them, and 0 and 1.
      expect(tokens).toMatchObject({ present: 50, count: 8 * 15 + 1, valency: { min: 0, max: 5 } });
      if (!existsSync(join(folder, 'log.tfrecord'))) return;
      const log = await tableOf('log.tfrecord');
      const found = Object.fromEntries(
        log.features.map(({ path, type, count }) => [path.join('.'), [type, count]]),
      );
      expect([log.rows, found]).toEqual([
        80,
        { fare: ['float', 80], id: ['integer', 80], name: ['string', 80], 'same.[]': ['integer', 160] },
      ]);
    });
  },
);

/** What both programs tell of a feature, in TFDV's words. */
function numbers(feature: FeatureProfile): Record<string, unknown> {
  const { type, present, nulls, count, valency, numeric, lengths, values, distinct } = feature;
  const found = {
    type: { integer: 'INT', float: 'FLOAT', string: 'STRING' }[type as string],
    present,
    missing: nulls,
    minValues: valency === undefined ? 1 : valency.min,
    maxValues: valency === undefined ? 1 : valency.max,
    values: count,
  };
  if (numeric === undefined) {
    const length = Number(lengths!.sum) / lengths!.count;
    const top = values.values.map(([value, frequency]) => [value, frequency]);
    return { ...found, distinct: distinctCount(distinct), length: near(length), top: top.sort() };
  }
  const { mean, variance } = meanAndVariance(numeric.moments, count)!;
  const { min, max, zeros } = numeric;
  return {
    ...found,
    min: near(Number(min)),
    max: near(Number(max)),
    mean: near(mean),
    deviation: near(Math.sqrt(variance)),
    zeros,
  };
}

/** TFDV computes in floats, some of 32 bits, and keeps the most frequent values only. */
function near(value: number): number {
  return Number(value.toPrecision(5));
}

function close(theirs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const rounded = Object.entries(theirs).map(([key, value]) => [
    key,
    typeof value === 'number' ? near(value) : value,
  ]);
  const { top, ...rest } = Object.fromEntries(rounded) as Record<string, unknown>;
  return { ...rest, ...(top === undefined ? {} : { top: (top as unknown[]).sort() }) };
}
