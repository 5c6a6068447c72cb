import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareProfiles } from '../../src/drift/compare.ts';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import { encodeProfile } from '../../src/profile/format/encode.ts';
import { distinctValues } from '../../src/profile/model/distinct-values.ts';
import type { Profile } from '../../src/profile/model/model.ts';
import { factsOf } from '../../src/report/facts.ts';
import { renderDrift, renderProfile, renderValidation } from '../../src/report/render.ts';
import { parseSchema } from '../../src/schema/format/parse.ts';
import { stringifySchema } from '../../src/schema/format/stringify.ts';
import { inferSchema } from '../../src/schema/infer.ts';
import { validateProfile } from '../../src/schema/validate.ts';
import { dataFiles, folder } from './profiling.ts';

/** Laws of every table, whatever it holds: derived figures agree with exact ones, the inferred schema fits, and what is printed is a figure. */

const LOOK = { color: false, width: 100, name: 'data' };

async function holdsFor(profile: Profile, other: Profile = profile): Promise<void> {
  derivedAgreesWithExact(profile);

  const schema = parseSchema(stringifySchema(inferSchema([profile])), 'x.schema.yaml');
  const report = await validateProfile(profile, schema, { name: 'data', schemaName: 'x.schema.yaml' });
  expect(report.anomalies).toEqual([]);
  const judged = await validateProfile(other, schema, { name: 'data', schemaName: 'x.schema.yaml' });

  const itself = compareProfiles(profile, profile, { names: ['a', 'b'] });
  expect(itself.verdict).toBe('none');
  const drift = compareProfiles(profile, other, { names: ['a', 'b'] });
  for (const format of ['text', 'json', 'markdown', 'html', 'prometheus'] as const) {
    printsFigures(renderProfile(profile, format, LOOK));
    printsFigures(renderDrift(drift, format, LOOK));
    printsFigures(renderValidation(judged, format, LOOK));
  }
  printsFigures(renderProfile(profile, 'html', { ...LOOK, compareWith: { name: 'other', profile: other } }));
}

function derivedAgreesWithExact(profile: Profile): void {
  for (const table of profile.tables) {
    for (const feature of table.features) {
      const facts = factsOf(feature, table);
      const values = feature.count - feature.nullElements;
      expect(feature.present + feature.nulls).toBe(table.rows);
      expect(distinctValues(feature).count).toBeLessThanOrEqual(values);
      expect(facts.missing).toBeGreaterThanOrEqual(0);
      if (feature.numeric === undefined || feature.numeric.min === null) continue;
      const [min, max] = [Number(feature.numeric.min), Number(feature.numeric.max)];
      for (const figure of [...facts.quartiles!, facts.mean!]) {
        expect(figure).toBeGreaterThanOrEqual(min);
        expect(figure).toBeLessThanOrEqual(max);
      }
      expect([...facts.quartiles!].sort((a, b) => a - b)).toEqual(facts.quartiles);
    }
  }
}

/** The page's own program has these words, and base64 may. */
function printsFigures(report: string): void {
  const said = report.replace(/<(script|style)\b[\s\S]*?<\/\1>/g, '').replace(/"hashes":"[^"]*"/g, '');
  const wrong = said.match(/.{0,60}(?:\bNaN\b|\bundefined\b|\bInfinity\b|\[object ).{0,40}/g);
  expect(wrong).toBeNull();
}

const scalar = fc.oneof(
  fc.integer(),
  fc.bigInt(-(2n ** 70n), 2n ** 70n),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constantFrom('', 'a', 'b', '2024-01-31', '0001-01-01', '9999-12-31 23:59:59', '12:30:00', '1e400'),
  fc.tuple(fc.nat(3), fc.constantFrom('x', 'y')).map(([times, end]) => 'long '.repeat(60 * times) + end),
);

/** A column's cells are of one shape or another, many of them empty: lists, structs and maps within each other. */
const { cell } = fc.letrec<{ cell: unknown }>((tie) => ({
  cell: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: scalar },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: fc.array(tie('cell'), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('k', 'l', 'm'), tie('cell'), { maxKeys: 3 }) },
  ),
}));

const table = fc.array(fc.record({ p: cell, q: cell, r: cell }), { minLength: 1, maxLength: 6 });

const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `#${each}#` : each)).replace(
    /"#(-?\d+)#"/g,
    '$1',
  );

test('of any table of JSON Lines', async () => {
  await fc.assert(
    fc.asyncProperty(table, table, async (rows, others) => {
      const read = (of: readonly unknown[]) =>
        profileFiles(dataFiles({ 'a.jsonl': of.map(jsonOf).join('\n') }), {});
      await holdsFor(await read(rows), await read(others));
    }),
    { numRuns: 40 },
  );
}, 120_000);

/** Every type of the engine, with a few values that are at its ends. */
const TYPES: readonly (readonly [type: string, ...values: string[]])[] = [
  ['BOOLEAN', 'true', 'false'],
  ['TINYINT', '-128', '127'],
  ['BIGINT', '-9223372036854775808', '9223372036854775807', '0'],
  ['UBIGINT', '18446744073709551615', '0'],
  ['HUGEINT', '-170141183460469231731687303715884105728', '1'],
  ['FLOAT', '3.4e38', '1e-45', '-0.0', '0.1'],
  ['DOUBLE', '1.7976931348623157e308', '5e-324', '0.1', '-1.7976931348623157e308'],
  ['DECIMAL(38,10)', '-9999999999999999999999999999.9999999999', '0.0000000001'],
  ['DECIMAL(4,2)', '-99.99', '99.99'],
  ['VARCHAR', "''", "'x'", "repeat('long ', 100)"],
  ['BLOB', "'\\x00'", "repeat('long ', 100)"],
  ['DATE', "'5877642-06-25 (BC)'", "'5881580-07-10'", "'0044-03-15 (BC)'", "'12345-01-01'", "'infinity'"],
  ['TIME', "'00:00:00'", "'23:59:59.999999'"],
  ['TIMESTAMP', "'290309-12-22 (BC) 00:00:00'", "'294247-01-10 04:00:54.775806'", "'-infinity'"],
  ['TIMESTAMP_NS', "'1677-09-22 00:00:00'", "'2262-04-11 23:47:16.854775806'"],
  ['TIMESTAMPTZ', "'2024-01-01 00:00:00+00'", "'10000-01-01 00:00:00+00'"],
  ['UUID', "'00000000-0000-0000-0000-000000000000'"],
  ['STRUCT(a INTEGER, b VARCHAR)', "{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': NULL}"],
  ['MAP(VARCHAR, INTEGER)', "MAP {'k': 1}", 'MAP {}'],
];

/** Shapes that a column can have; the last is a list of empty lists. */
const SHAPES: readonly ((type: string, value: string) => string)[] = [
  (type, value) => `CAST(${value} AS ${type})`,
  (type) => `CAST(NULL AS ${type})`,
  (type) => `CAST([] AS ${type}[])`,
  (type) => `CAST([NULL] AS ${type}[])`,
  (type, value) => `CAST([${value}, NULL] AS ${type}[])`,
  (type) => `CAST([[], []] AS ${type}[][])`,
];

test('of any type of Parquet: at its ends, and where there is nothing', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const read = async (shape: (typeof SHAPES)[number]) => {
    const rows = [0, 1, 2, 3, 4].map((row) => {
      const cells = TYPES.map(([type, ...values], column) => {
        return `${shape(type, values[row % values.length]!)} AS c${column}`;
      });
      return `SELECT ${cells.join(', ')}`;
    });
    const path = join(folder(), 'types.parquet');
    await connection.run(`COPY (${rows.join(' UNION ALL ')}) TO '${path}' (FORMAT parquet)`);
    return profileFiles([{ absolutePath: path, path: 'types.parquet', size: 0 }], {});
  };
  try {
    const profiles: Profile[] = [];
    for (const shape of SHAPES) profiles.push(await read(shape));
    for (const profile of profiles) {
      await holdsFor(profile, profile === profiles[0] ? profiles[1] : profile);
      expect(encodeProfile(profile).length).toBeGreaterThan(0);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}, 120_000);

test('of columns with more values than are counted one by one', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const path = join(folder(), 'large.parquet');
  await connection.run(
    `COPY (SELECT i, i % 9000 AS few, (i % 30000)::VARCHAR AS t, (i * 7919 % 100000) / 7 AS f, 0.1 AS same, 1e300 * (i + 1) AS huge, ['a'] AS l FROM range(100000) r(i)) TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  const profile = await profileFiles([{ absolutePath: path, path: 'large.parquet', size: 0 }], {});
  await holdsFor(profile);
  const [i, few, t] = profile.tables[0]!.features;
  // SELECT count(DISTINCT …) gives 100,000, 9,000 and 30,000.
  expect(distinctValues(i!).count).toBeLessThanOrEqual(100_000);
  expect(distinctValues(few!).count).toBeLessThanOrEqual(9000);
  expect(distinctValues(few!).exact).toBe(false);
  expect(Math.abs(distinctValues(t!).count / 30_000 - 1)).toBeLessThan(0.05);
  expect(renderProfile(profile, 'text', LOOK)).toMatch(/^t +string +≈\d\d,\d\d\d /m);
  expect(renderProfile(profile, 'markdown', LOOK)).toMatch(/≈\d\d,\d\d\d/);
  expect(renderProfile(profile, 'html', LOOK)).toMatch(/≈\d\d,\d\d\d/);
});

test('a column of which the counts prove that no value repeats has as many distinct values as values', async () => {
  const rows = Array.from({ length: 20_000 }, (_, row) => `k${row}`);
  const profile = await profileFiles(dataFiles({ 'a.csv': `k\n${rows.join('\n')}\n` }), {});
  expect(distinctValues(profile.tables[0]!.features[0]!)).toEqual({ count: 20_000, exact: true });
});
