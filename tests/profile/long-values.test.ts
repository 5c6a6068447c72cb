import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import { toStored } from '../../src/profile/format/columnar.ts';
import { decodeProfile, encodeProfile } from '../../src/profile/format/encode.ts';
import { overlap } from '../../src/profile/hashing/sketch.ts';
import { distinctValues } from '../../src/profile/model/distinct-values.ts';
import { mergeProfiles } from '../../src/profile/model/merge.ts';
import type { Profile } from '../../src/profile/model/model.ts';
import { isOutdated } from '../../src/profile/model/tables.ts';
import { isListedValue } from '../../src/profile/model/value-counts.ts';
import { briefValues } from '../../src/report/phrases.ts';
import { quoted } from '../../src/wording/quote.ts';
import { dataFiles, feature, folder, tableOf } from './profiling.ts';

/** 580 characters that every prompt begins with. */
const START = 'You are a careful assistant. '.repeat(20);

/** pandas 1.5 of the same rows: `df.nunique()` is 500 for prompt and 2 for label, `df.label.value_counts()` 250 and 250. */
const ROWS = Array.from({ length: 500 }, (_, row) => ({
  prompt: `${START}${row}`,
  label: `${START}${'ab'[row % 2]}`,
}));

async function parquet(sql: string): Promise<Profile> {
  const path = join(folder(), 'rows.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return profileFiles([{ absolutePath: path, path: 'rows.parquet', size: 0 }], {});
}

const csvOf = (rows: typeof ROWS) =>
  `prompt,label\n${rows.map((row) => `${row.prompt},${row.label}`).join('\n')}\n`;

describe('values that begin alike and are too long to be listed', () => {
  test.each([
    ['CSV', () => tableOf('rows.csv', csvOf(ROWS))],
    ['JSON', () => tableOf('rows.json', JSON.stringify(ROWS))],
    ['JSON Lines', () => tableOf('rows.jsonl', ROWS.map((row) => JSON.stringify(row)).join('\n'))],
    [
      'Parquet',
      async () =>
        (
          await parquet(
            `SELECT repeat('You are a careful assistant. ', 20) || i AS prompt, repeat('You are a careful assistant. ', 20) || ['a', 'b'][1 + i % 2] AS label FROM range(500) t(i)`,
          )
        ).tables[0]!,
    ],
    [
      'Arrow',
      () =>
        tableOf(
          'rows.arrow',
          tableToIPC(
            tableFromArrays({ prompt: ROWS.map((row) => row.prompt), label: ROWS.map((row) => row.label) }),
            'file',
          ),
        ),
    ],
  ])('are counted each by itself in %s', async (_, read) => {
    const table = await read();
    const [prompt, label] = [feature(table, 'prompt'), feature(table, 'label')];
    expect(distinctValues(prompt)).toEqual({ count: 500, exact: true });
    expect(prompt.values).toMatchObject({ exact: true, bound: 0 });
    expect(prompt.values.values.every(([, count]) => count === 1)).toBe(true);
    expect(label.values).toMatchObject({ exact: true, cut: [0, 1] });
    expect(label.values.values.map(([, count]) => count)).toEqual([250, 250]);
    for (const [value] of label.values.values) expect(value.startsWith(`${START.slice(0, 256)}…`)).toBe(true);
  });

  test('are known again, so that versions share what they share', async () => {
    const early = feature(await tableOf('a.csv', csvOf(ROWS.slice(0, 300))), 'prompt');
    const late = feature(await tableOf('b.csv', csvOf(ROWS.slice(200))), 'prompt');
    expect(overlap(early.distinct, late.distinct)).toMatchObject({ shared: 100, exact: true });
    const listed = new Set(early.values.values.map(([value]) => value));
    expect(late.values.values.filter(([value]) => listed.has(value))).toHaveLength(100);
  });

  test('the heaviest are found among very many, and weighed', async () => {
    const long = `repeat('x', 400) || CASE WHEN i % 10 = 0 THEN 'heavy' ELSE i::VARCHAR END`;
    const profile = await parquet(`SELECT ${long} AS v FROM range(100000) t(i)`);
    const { values, distinct } = profile.tables[0]!.features[0]!;
    expect(values.values[0]?.[1]).toBe(10_000);
    expect(values.cut?.[0]).toBe(0);
    expect(values.exact).toBe(false);
    expect(distinct.theta).toBeLessThan(2 ** 48);

    const weighed = await tableOf('w.csv', `t,w\n${START}a,1\n${START}b,2\n${START}b,2\nshort,0.5\n`, {
      weight: 'w',
    });
    expect(feature(weighed, 't').weighted?.values.map(([, weight]) => weight)).toEqual([4, 1, 0.5]);
    const names = feature(weighed, 't').values.values.map(([value]) => value);
    expect(
      feature(weighed, 't')
        .weighted?.values.map(([value]) => value)
        .sort(),
    ).toEqual(names.sort());
  });

  test('bytes are told apart too', async () => {
    const profile = await parquet(`SELECT (repeat('x', 200) || i)::BLOB AS b FROM range(7) t(i)`);
    expect(profile.tables[0]!.features[0]).toMatchObject({
      type: 'bytes',
      values: { cut: [0, 1, 2, 3, 4, 5, 6] },
    });
  });

  test('a byte order mark that a value begins with is part of it', async () => {
    const table = await tableOf('m.jsonl', '{"v":"\\ufeffa"}\n{"v":"a"}\n');
    expect(feature(table, 'v').values.values).toHaveLength(2);
  });

  test('whatever they are, they are as many as there are, and parts merge to the bytes of the whole', async () => {
    const text = fc
      .tuple(fc.constantFrom('a', 'é', '語', '🙂'), fc.nat(300), fc.constantFrom('', 'x', 'y'))
      .map(([letter, times, end]) => letter.repeat(times) + end);
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 30 }), fc.nat(30), async (texts, cut) => {
        const file = (of: readonly string[]) => of.map((v) => JSON.stringify({ k: 1, v })).join('\n');
        const profiles: Profile[] = [];
        for (const part of [texts, texts.slice(0, cut), texts.slice(cut)]) {
          if (part.length > 0) profiles.push(await profileFiles(dataFiles({ 'a.jsonl': file(part) }), {}));
        }
        const [whole, ...parts] = profiles as [Profile, ...Profile[]];
        const v = whole.tables[0]!.features[1]!;
        expect(v.values.values).toHaveLength(new Set(texts).size);
        expect(v.values.values.every(([value]) => isListedValue(value))).toBe(true);
        const merged = encodeProfile(mergeProfiles(parts));
        expect(Buffer.from(merged).equals(encodeProfile(whole))).toBe(true);
        expect(decodeProfile(merged, 'merged').tables[0]!.features[1]!.values).toEqual(v.values);
      }),
      { numRuns: 12 },
    );
  });
});

describe('on disk', () => {
  test('only what holds long values is of format 2', async () => {
    const short = await profileFiles(dataFiles({ 'a.csv': 'v\na\n' }), {});
    const long = await profileFiles(dataFiles({ 'a.csv': `v\n${START}\n` }), {});
    expect(short.varveProfile).toBe(1);
    expect(long.varveProfile).toBe(2);
    expect(isOutdated(decodeProfile(encodeProfile(long), 'long'))).toBe(false);
  });

  test('what format 1 counted by its beginning is no longer believed', async () => {
    const long = await profileFiles(dataFiles({ 'a.csv': `v\n${START}a\n${START}b\nshort\n` }), {});
    const sketches: Buffer[] = [];
    const stored = toStored(long, ({ distinct: { hashes } }) => {
      sketches.push(Buffer.from(hashes, 'base64'));
      return sketches.at(-1)!.length;
    });
    const values = { exact: true, values: [`${START.slice(0, 256)}…`, 'short'], counts: [2, 1], bound: 0 };
    const old = {
      varveProfile: 1,
      tables: stored.tables.map((table) => ({
        ...table,
        features: table.features.map((each) => ({ ...each, values })),
      })),
    };
    const bytes = Buffer.concat([Buffer.from(`${JSON.stringify(old)}\n`), ...sketches]);
    const read = decodeProfile(bytes, 'old');
    expect(read.tables[0]!.features[0]!.values).toEqual({ exact: false, values: [['short', 1]], bound: 2 });
    expect(distinctValues(read.tables[0]!.features[0]!)).toEqual({ count: 3, exact: true });
    expect(isOutdated(read)).toBe(true);

    const forged = Buffer.from(
      bytes.toString('latin1').replace('"varveProfile":1', '"varveProfile":2'),
      'latin1',
    );
    expect(() => decodeProfile(forged, 'forged')).toThrow(/not a value as profiles list it/);
    const later = Buffer.from(
      bytes.toString('latin1').replace('"varveProfile":1', '"varveProfile":5'),
      'latin1',
    );
    expect(() => decodeProfile(later, 'later')).toThrow(/profile format 5/);
  });
});

describe('as they are shown', () => {
  test('two that begin alike stay apart, however little room there is', async () => {
    const { values } = feature(await tableOf('rows.csv', csvOf(ROWS)), 'label');
    const [a, b] = values.values.map(([value]) => value) as [string, string];
    expect(quoted(a)).not.toBe(quoted(b));
    expect(quoted(a)).toMatch(/^"You are a careful .*…[0-9a-f]{8}"$/);
    expect(new Set(briefValues([a, b, `${a.slice(0, 100)}x`, `${a.slice(0, 100)}y`], 24)).size).toBe(4);
    expect(briefValues(['a long name of a city', 'another long name'], 12)).toEqual([
      'a long name…',
      'another lon…',
    ]);
  });
});
