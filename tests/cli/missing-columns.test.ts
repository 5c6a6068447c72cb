import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ValidationReport } from '../../src/schema/anomaly.ts';
import { writeParquet } from '../support/parquet.ts';
import { Sandbox } from '../support/sandbox.ts';

const box = new Sandbox().repository();
afterAll(() => box.remove());

beforeAll(async () => {
  box.write('repo/rides.csv', 'id,fare\n1,2.5\n2,-1\n3,4\n');
  box.write('repo/parts/a.csv', 'id,fare\n1,2.5\n2,-1\n');
  box.write('repo/parts/b.csv', 'id,fare\n3,4\n');
  await writeParquet({
    [box.path('repo/nested.parquet')]: "SELECT range AS id, {'x': range} AS place FROM range(3)",
  });
});

const SCHEMA = `varveSchema: 1
environments: [TRAINING, SERVING]
keys: [[id, tip]]
expect:
  - tip < fare
  - fare >= 0
  - label >= 0
  - bonus >= 0
  - { sql: typo >= 0, severity: warning }
  - count(*) OVER (PARTITION BY id, tip) = 1
features:
  id: { type: integer, unique: true, expect: [id <> tip] }
  fare: { type: float }
  tip: { type: float, presence: { minFraction: 1 } }
  bonus: { type: float }
  label: { type: integer, presence: { minFraction: 1 }, notIn: [SERVING] }
`;

const reported = (...words: string[]) => {
  const { code, out, err } = box.varve(['validate', ...words, '--json']);
  expect(code, out + err).toBe(1);
  return JSON.parse(out) as ValidationReport;
};
const found = ({ anomalies }: ValidationReport) =>
  anomalies
    .map(({ feature, kind, severity, expected }) => `${severity} ${feature} ${kind}: ${expected}`)
    .sort();

const EXPECTED = [
  'error  CUSTOM_VALIDATION: fare >= 0',
  'error  KEY_NOT_UNIQUE: the columns id, tip',
  'error  STATS_NOT_AVAILABLE: count(*) OVER (PARTITION BY id, tip) = 1',
  'error  STATS_NOT_AVAILABLE: tip < fare',
  'error id STATS_NOT_AVAILABLE: id <> tip',
  'error tip SCHEMA_MISSING_COLUMN: a column of type float',
  // The schema lets the data be without these, or without them in this environment; or only warns.
  'warning  STATS_NOT_AVAILABLE: bonus >= 0',
  'warning  STATS_NOT_AVAILABLE: label >= 0',
  'warning  STATS_NOT_AVAILABLE: typo >= 0',
];

test('a column that is missing is told as that, and so is each check that names it, while the others go on', () => {
  box.write('repo/rides.yaml', SCHEMA);
  for (const name of ['rides.csv', 'parts']) {
    const words = [name, '--schema', 'rides.yaml', '--environment', 'SERVING'];
    expect(found(reported(...words)), name).toEqual(EXPECTED);
    // Bringing data would not make them, so that strictness changes nothing.
    expect(found(reported(...words, '--strict'))).toEqual(EXPECTED);
  }
  const { out } = box.varve(['validate', 'rides.csv', '--schema', 'rides.yaml']);
  const text = out.replaceAll(/\n\s*/g, ' ');
  expect(text).toContain('Not checked: tip < fare. The rows have no column "tip". Correct the expression');
  expect(text).toContain('The rows have no column "bonus". The schema lets the data be without it.');
  expect(text).not.toContain('Binder');
});

test('the column that is lacked decides, and no other word of a check', () => {
  box.write(
    'repo/misspelt.yaml',
    `varveSchema: 1
expect:
  - fare <> 'bonus' or mispelt > 3
  - BONUS > 0
features:
  id: { type: integer }
  fare: { type: string }
  bonus: { type: float }
`,
  );
  const report = reported('rides.csv', '--schema', 'misspelt.yaml');
  const lacking = report.anomalies.filter(({ kind }) => kind === 'STATS_NOT_AVAILABLE');
  expect(lacking.map(({ severity, expected }) => `${severity}: ${expected}`)).toEqual([
    "error: fare <> 'bonus' or mispelt > 3",
    'warning: BONUS > 0',
  ]);
  expect(lacking[0]!.description).toContain('no column "mispelt". Correct the expression');
});

test('so is a field of a struct', () => {
  box.write(
    'repo/nested.yaml',
    'varveSchema: 1\nexpect: [place.y > 0, other.x > 0, place.x < 2]\nfeatures: {}\n',
  );
  const { anomalies } = reported('nested.parquet', '--schema', 'nested.yaml');
  expect(
    anomalies
      .filter(({ feature }) => feature === '')
      .map(({ kind, description }) => `${kind} ${description.slice(0, 60)}`),
  ).toMatchInlineSnapshot(`
    [
      "STATS_NOT_AVAILABLE Not checked: place.y > 0. The rows have no column "y". Corre",
      "STATS_NOT_AVAILABLE Not checked: other.x > 0. The rows have no column "other". C",
      "CUSTOM_VALIDATION Rows that break \`place.x < 2\`: 1 row of 3 (33.3 %).",
    ]
  `);
});

test('and so is one of which varve might have a name of its own', () => {
  const names = ['position', 'bad', 'shown', 'all_rows', 'table_rows'];
  box.write(
    'repo/names.yaml',
    `varveSchema: 1\nexpect: ${JSON.stringify(names.map((name) => `${name} > 0`))}\nfeatures: {}\n`,
  );
  const { anomalies } = reported('rides.csv', '--schema', 'names.yaml');
  expect(
    anomalies.filter(({ feature }) => feature === '').map(({ kind, expected }) => `${kind} ${expected}`),
  ).toEqual(names.map((name) => `STATS_NOT_AVAILABLE ${name} > 0`));
});

/** A `spark-submit` that runs the parts here, one after the other; tests/peers/spark asks the real one. */
const SUBMIT = `#!/usr/bin/env node
const { readFileSync, writeFileSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const { work, folder, command, output } = JSON.parse(readFileSync(process.argv.at(-1), 'utf8'));
const [program, ...before] = command;
const parts = [1, 2].map((part) => {
  const words = work.words.map((word) => (word === '{part}' ? part + '/2' : word));
  const { stdout, status } = spawnSync(program, [...before, ...words], { cwd: folder, input: work.input ?? '' });
  if (status !== 0) throw new Error(String(stdout));
  return stdout;
});
writeFileSync(output, Buffer.concat(parts));
`;

test('a cluster whose parts lack the column says the same as one machine', () => {
  box.write('spark/bin/spark-submit', SUBMIT);
  chmodSync(box.path('spark/bin/spark-submit'), 0o755);
  box.env.SPARK_HOME = box.path('spark');
  // Nothing that rows of several parts decide together.
  box.write('repo/apart.yaml', SCHEMA.replace('keys: [[id, tip]]', 'keys: []').replace(', unique: true', ''));
  const words = ['parts', '--schema', 'apart.yaml', '--environment', 'SERVING'];
  const report = reported(...words);
  expect(reported(...words, '--engine', 'spark', '--master', 'local[1]')).toEqual(report);
  expect(found(report)).toEqual(EXPECTED.filter((each) => !each.includes('KEY_NOT_UNIQUE')));
});
