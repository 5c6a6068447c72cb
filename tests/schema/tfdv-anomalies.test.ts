import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/model/model.ts';
import { parseSchema } from '../../src/schema/format/parse.ts';
import { stringifySchema } from '../../src/schema/format/stringify.ts';
import { anomaliesFromPbtxt, anomaliesToPbtxt } from '../../src/schema/tfdv/anomalies.ts';
import { schemaFromPbtxt } from '../../src/schema/tfdv/schema-from.ts';
import { schemaToPbtxt } from '../../src/schema/tfdv/schema-to.ts';
import { readStatistics } from '../../src/schema/tfdv/statistics-file.ts';
import { profileFromStatistics } from '../../src/schema/tfdv/statistics-from.ts';
import { validateProfile } from '../../src/schema/validate.ts';
import { cases, dataOf, fixtures, profileOfColumns, read } from './tfdv-fixtures.ts';

const options = { name: 'data', schemaName: 'schema.pbtxt' };

function statistics(name: string, file: string): Profile | undefined {
  const text = read(name, file);
  return text === undefined ? undefined : profileFromStatistics(readStatistics(Buffer.from(text), file));
}

function defined<T extends object>(values: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

interface Found {
  readonly feature: string;
  readonly kind: string;
}

function kinds(found: readonly Found[]): string[] {
  return found.map(({ feature, kind }) => `${feature.replace('.[]', '')} ${kind}`).sort();
}

describe.each(cases)('%s', (name) => {
  const schema = schemaFromPbtxt(read(name, 'schema.pbtxt') as string, 'schema.pbtxt');
  const expected = kinds(anomaliesFromPbtxt(read(name, 'anomalies.pbtxt') as string, 'anomalies.pbtxt'));
  const { environment, ...data } = dataOf(name);

  test('the fixture shows its kind', () => {
    const [kind = ''] = name.split('-');
    if (kind === 'none') expect(expected).toEqual([]);
    else expect(expected.some((each) => each.endsWith(kind))).toBe(true);
  });

  test('varve finds in the rows what TFDV found', async () => {
    const others = defined<{ previous: Profile; serving: Profile; environment: string }>({
      previous: profileOfColumns(data.previous),
      serving: profileOfColumns(data.serving),
      environment,
    });
    const report = await validateProfile(profileOfColumns(data.columns) as Profile, schema, {
      ...options,
      ...others,
    });
    expect(kinds(report.anomalies)).toEqual(expected);
    expect(kinds(anomaliesFromPbtxt(anomaliesToPbtxt(report), 'ours'))).toEqual(expected);
  });

  test("varve finds in TFDV's statistics what TFDV found", async () => {
    const others = defined<{ previous: Profile; serving: Profile; environment: string }>({
      previous: statistics(name, 'previous.pbtxt'),
      serving: statistics(name, 'serving.pbtxt'),
      environment,
    });
    const report = await validateProfile(statistics(name, 'stats.pbtxt') as Profile, schema, {
      ...options,
      ...others,
    });
    expect(kinds(report.anomalies)).toEqual(expected);
  });

  test('its schema survives both ways', () => {
    const again = schemaFromPbtxt(schemaToPbtxt(schema), 'again');
    expect(again).toEqual(schema);
    if (/MISSING_TYPE|INVALID/.test(name)) return;
    expect(parseSchema(stringifySchema({ ...schema, comment: ' x' }), 'yaml')).toEqual({
      ...schema,
      comment: ' x',
    });
  });
});

test('every kind that the documentation has under a name of TFDV has a fixture, but for the three that it names', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/schema.md'), 'utf8');
  const [, table = ''] = /\n\| kind [^\n]*\n([\s\S]*?)\n\n/.exec(page) ?? [];
  const ours = [...table.matchAll(/`([A-Z_]{6,})`( ¹)?/g)];
  const theirs = ours.flatMap(([, kind, own]) => (own === undefined ? [kind as string] : []));
  expect(theirs.length).toBeGreaterThan(30);
  const shown = new Set(cases.map((name) => name.split('-')[0]));
  expect(theirs.filter((kind) => !shown.has(kind)).sort()).toEqual([
    'CUSTOM_VALIDATION',
    'FEATURE_MISSING_NAME',
    'STATS_NOT_AVAILABLE',
  ]);
});

test('varve finds in a month of flights what TFDV found', async () => {
  const at = (file: string) => readFileSync(join(fixtures, 'flights', file));
  const [first, seventh] = ['stats-1.pb', 'stats-7.pb'].map((file) =>
    profileFromStatistics(readStatistics(at(file), file)),
  );
  const schema = schemaFromPbtxt(at('schema-edited.pbtxt').toString(), 'schema-edited.pbtxt');
  const report = await validateProfile(seventh as Profile, schema, {
    ...options,
    previous: first as Profile,
  });
  expect(kinds(report.anomalies)).toEqual(
    kinds(anomaliesFromPbtxt(at('anomalies-7.pbtxt').toString(), 'anomalies-7.pbtxt')),
  );
  const tailnum = report.anomalies.find(({ feature }) => feature === 'tailnum');
  expect(tailnum?.description.length).toBeLessThan(300);
});
