import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Profile } from '../../../src/profile/model/model.ts';
import { inferSchema } from '../../../src/schema/infer.ts';
import { anomaliesToPbtxt } from '../../../src/schema/tfdv/anomalies.ts';
import { schemaFromPbtxt } from '../../../src/schema/tfdv/schema-from.ts';
import { schemaToPbtxt } from '../../../src/schema/tfdv/schema-to.ts';
import { writeStatistics } from '../../../src/schema/tfdv/statistics-file.ts';
import { statisticsToTfdv } from '../../../src/schema/tfdv/statistics-to.ts';
import { validateProfile } from '../../../src/schema/validate.ts';
import { cases, dataOf, profileOfColumns, read } from '../../schema/tfdv-fixtures.ts';

/** TFDV itself reads what varve writes, and must find what varve finds. It takes half a minute to start: once for all. */
const python = process.env.VARVE_TFDV_PYTHON;
const here = python !== undefined && existsSync(python);

interface Judged {
  readonly name: string;
  readonly ours: readonly string[];
  readonly files: Readonly<Record<string, string | undefined>>;
}

describe.skipIf(!here)('TFDV as judge (skipped where VARVE_TFDV_PYTHON names no Python with TFDV)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-tfdv-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('for the same data and schema, both find the same anomalies', { timeout: 300_000 }, async () => {
    const judged: Judged[] = [];
    for (const [index, name] of cases.entries()) judged.push(await prepare(folder, name, index));
    const { stdout, stderr, status } = spawnSync(python as string, [join(import.meta.dirname, 'judge.py')], {
      input: JSON.stringify(judged.map(({ files }) => files)),
      encoding: 'utf8',
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' },
    });
    expect(status, stderr).toBe(0);
    const theirs = JSON.parse(stdout.trim().split('\n').at(-1) as string) as [string, string][][];
    const found = judged.map(({ name }, index) => [
      name,
      (theirs[index] ?? []).map((each) => each.join(' ')).sort(),
    ]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(judged.map(({ name, ours }) => [name, ours])),
    );
  });
});

/** Writes a case as varve has it, in each of the forms in turn, and what varve finds. */
async function prepare(folder: string, name: string, index: number): Promise<Judged> {
  const { environment, ...data } = dataOf(name);
  const schema =
    name === 'none-inferred'
      ? inferSchema([profileOfColumns(data.columns) as Profile])
      : schemaFromPbtxt(read(name, 'schema.pbtxt') as string, name);
  const [form, suffix] =
    (
      [
        ['binary', 'pb'],
        ['tfrecord', 'tfrecord'],
        ['pbtxt', 'pbtxt'],
      ] as const
    )[index % 3] ?? (['binary', 'pb'] as const);
  const write = (role: string, profile: Profile | undefined) => {
    if (profile === undefined) return undefined;
    const path = join(folder, `${name}-${role}.${suffix}`);
    writeFileSync(path, writeStatistics(statisticsToTfdv(profile), form));
    return path;
  };
  const [profile, previous, serving] = [data.columns, data.previous, data.serving].map(profileOfColumns);
  const path = join(folder, `${name}.pbtxt`);
  writeFileSync(path, schemaToPbtxt(schema));
  const report = await validateProfile(profile as Profile, schema, {
    ...{ name, schemaName: name },
    ...(environment !== undefined && { environment }),
    ...(previous && { previous }),
    ...(serving && { serving }),
  });
  const anomalies = join(folder, `${name}-anomalies.pbtxt`);
  writeFileSync(anomalies, anomaliesToPbtxt(report));
  const ours = report.anomalies.map(({ feature, kind }) => `${feature.replace('.[]', '')} ${kind}`).sort();
  return {
    name,
    ours,
    files: {
      schema: path,
      anomalies,
      stats: write('stats', profile),
      previous: write('previous', previous),
      serving: write('serving', serving),
      environment,
    },
  };
}
