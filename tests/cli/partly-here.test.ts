import { cpSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../src/operations/check.ts';
import type { Profile } from '../../src/profile/model/model.ts';
import type { ValidationReport } from '../../src/schema/anomaly.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

const SCHEMA = 'varveSchema: 1\nexpect: ["x < 15"]\nfeatures:\n  x: { type: integer }\n';
const NOT_MADE = 'STATS_NOT_AVAILABLE error: not known';
const FAILED = 'CUSTOM_VALIDATION error: 15 rows of 30 (50 %)';

/** Three files of ten rows each, of which the first alone holds. */
const writeFolder = (box: Sandbox, folder: string) => {
  for (const tens of [0, 1, 2]) {
    const rows = Array.from({ length: 10 }, (_, one) => `${10 * tens + one}\n`);
    box.write(`${folder}/f${tens}.csv`, `x\n${rows.join('')}`);
  }
};
const told = ({ anomalies }: ValidationReport) =>
  anomalies.map(({ kind, severity, observed }) => `${kind} ${severity}: ${observed}`);

describe('a folder of which a part was checked out', () => {
  let box: Sandbox;
  beforeAll(() => {
    box = new Sandbox().repository().withRemote();
    writeFolder(box, 'repo/d');
    box.write('repo/d.schema.yaml', SCHEMA);
    box.ok(['add', 'd']);
    box.commit('d');
    box.ok(['push']);
    box.clone('repo', 'clone');
    box.ok(['trust'], 'clone');
    box.ok(['pull', 'd/f0.csv'], 'clone');
    box.write('clone/d.schema.yaml', `${SCHEMA}# read again\n`);
    box.commit('schema', 'clone');
  });
  afterAll(() => box?.remove());

  const validated = (code: number, ...words: string[]) =>
    told(box.json<ValidationReport>(['validate', 'd', ...words], 'clone', code));
  const checked = () =>
    box
      .json<CheckResult>(['check', '--base', 'HEAD~1', '--strict'], 'clone', 1)
      .datasets.map(({ validation }) => told(validation!));

  test('passes no gate by the rows of that part, nor has a slice of it for the whole', () => {
    expect(validated(1, '--strict')).toEqual([NOT_MADE]);
    expect(checked()).toEqual([[NOT_MADE]]);
    const sliced = box.varve(['profile', 'd', '--slice', 'x=3'], 'clone');
    expect([sliced.code, sliced.err]).toEqual([2, expect.stringContaining('varve fetch')]);
  });

  test('is asked whole where the cache has the rest, as the command that it tells brings about', () => {
    const { out } = box.varve(['validate', 'd', '--strict'], 'clone');
    const [, fetch, again] = /Run `varve ([^`]*)`, then `varve ([^`]*)`/.exec(out.replaceAll(/\n\s*/g, ' '))!;
    expect([fetch, again]).toEqual(['fetch d', 'validate d --strict']);
    box.ok(fetch!.split(' '), 'clone');
    expect(validated(1)).toEqual([FAILED]);
    expect(checked()).toEqual([[FAILED]]);
    const sliced = JSON.parse(box.ok(['profile', 'd', '--slice', 'x=13', '--json'], 'clone')) as Profile;
    expect(sliced.tables[0]!.rows).toBe(1);
  });

  test('is asked as it lies there once it was edited', () => {
    rmSync(box.path('repo/d/f1.csv'));
    const { dataset, anomalies } = box.json<ValidationReport>(['validate', 'd'], 'repo', 1);
    expect([dataset.rows, anomalies[0]!.observed]).toEqual([20, '10 rows of 20 (50 %)']);
    rmSync(box.path('repo/d/f2.csv'));
    expect(box.json<ValidationReport>(['validate', 'd', '--strict'], 'repo', 0).dataset.rows).toBe(10);
  });
});

describeWithWeb('data in place of which a part was checked out', (server) => {
  test('passes no gate by that part, and is read whole by the engine that is named', () => {
    const box = new Sandbox().repository().withRemote();
    writeFolder(box, 'served/d');
    cpSync(box.path('served'), server.root, { recursive: true });
    box.write('repo/d.schema.yaml', SCHEMA);
    box.ok(['add', `${server.url}/d/`, '--to', 'd', '--statistics', 'full']);
    box.commit('d');
    box.ok(['push']);
    box.clone('repo', 'clone');
    box.ok(['pull', 'd/f0.csv'], 'clone');
    const validated = (...words: string[]) =>
      told(box.json<ValidationReport>(['validate', 'd', ...words], 'clone', 1));
    expect(validated('--strict')).toEqual([NOT_MADE]);
    expect(box.varve(['validate', 'd'], 'clone').out.replaceAll(/\n\s*/g, ' ')).toContain(
      '`varve validate d --engine local`',
    );
    expect(validated('--engine', 'local')).toEqual([FAILED]);
    // That filled the cache.
    expect(validated()).toEqual([FAILED]);
    box.remove();
  });
});
