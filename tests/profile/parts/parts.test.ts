import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { literal } from '../../../src/engine/quote.ts';
import { profileDirectory } from '../../../src/profile/dataset/profile-directory.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import { profileInUnits, rangesOf } from '../../../src/profile/dataset/units.ts';
import { encodeProfile } from '../../../src/profile/format/encode.ts';
import { gatherCounters } from '../../../src/profile/parts/gather-counters.ts';
import { joinParts, mergeParts } from '../../../src/profile/parts/merge-parts.ts';
import {
  decodeParts,
  encodeHead,
  encodeUnit,
  type PartHead,
  type ProfilePart,
} from '../../../src/profile/parts/part.ts';
import { type PartPlan, planDigest, unitsOf, unitsOfPart } from '../../../src/profile/parts/plan.ts';
import { optionsOf, profileUnits } from '../../../src/profile/parts/profile-part.ts';
import { directReader } from '../../../src/profile/reading/direct-reader.ts';
import { dataFiles, folder } from '../profiling.ts';

const PLAN: PartPlan = { kind: 'directory', readings: [], unitBytes: 20_000 };

const SQL = `SELECT i::BIGINT AS id, hash(i) % 900 AS few, hash(i * 7)::DOUBLE / 3 AS x,
  'name ' || (hash(i) % 70000) AS many, TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR AS at,
  [i % 7, i % 5, i]::INTEGER[] AS tags, CASE WHEN i > 9000 THEN NULL ELSE i END AS early, (i % 3)::VARCHAR AS kind
  FROM range(12000) t(i)`;

/** Files of each format, among them Parquet of several units, as a dataset's scan would tell of them. */
async function manyFormats(): Promise<DataFile[]> {
  const texts = dataFiles({
    'csv/a.csv': 'n,d\n1,2024-01-01\n2,2024-01-02\n',
    'csv/b.csv': 'n,d\n3,2024-02-01\n,2024-02-02\n',
    'year=2023/l.jsonl': '{"a":1,"b":[1,2]}\n{"a":2.5}\n',
    'year=2024/l.jsonl': '{"a":7,"b":[]}\n{"c":"x"}\n',
    'notes.txt': 'no table',
    'empty.csv': '',
    'images/dot.png': Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    ),
  });
  const root = folder();
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  for (const [path, rows] of [
    ['big/a.parquet', SQL],
    ['big/b.parquet', `${SQL} WHERE i > 2000`],
    ['small/a.parquet', 'SELECT 1 AS one'],
  ] as const) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    await connection.run(
      `COPY (${rows}) TO ${literal(join(root, path))} (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    );
    const absolutePath = join(root, path);
    texts.push({ path, absolutePath, digest: `sha256:${path}`, size: statSync(absolutePath).size });
  }
  connection.closeSync();
  database.closeSync();
  return texts;
}

async function bytesOfPart(files: readonly DataFile[], plan: PartPlan, part: number, of: number) {
  const units = unitsOfPart(unitsOf(files, plan.unitBytes), part, of, plan.unitBytes);
  const digest = planDigest(plan, files);
  const head: PartHead = {
    ...{ name: 'data', parts: [part], of, plan: digest, units: units.length },
    ...plan,
  };
  const lines: Uint8Array[] = [encodeHead(head)];
  const withUnit = <T>({ file }: { file: { path: string } }, work: (file: DataFile) => Promise<T>) =>
    work(files.find(({ path }) => path === file.path)!);
  const profiled = profileUnits(units, plan, directReader, withUnit, {});
  for await (const unit of gatherCounters(profiled)) lines.push(encodeUnit(unit));
  return Buffer.concat(lines);
}

async function allParts(files: readonly DataFile[], plan: PartPlan, of: number): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for (let part = 1; part <= of; part++) parts.push(await bytesOfPart(files, plan, part, of));
  return parts;
}

async function read(files: readonly Buffer[], pieceBytes = 1000): Promise<ProfilePart[]> {
  const parts: ProfilePart[] = [];
  const pieces = async function* (bytes: Buffer) {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  };
  for (const [index, bytes] of files.entries())
    for await (const part of decodeParts(pieces(bytes), `file ${index}`)) parts.push(part);
  return parts;
}

const merged = async (files: readonly Buffer[], pieceBytes?: number) =>
  encodeProfile((await mergeParts(await read(files, pieceBytes), directReader, undefined, {})).profile);

test('the merge of parts is the profile of the whole to the byte, whatever their number, order and grouping', async () => {
  const files = await manyFormats();
  expect(
    rangesOf(files.find(({ path }) => path === 'big/a.parquet')!, PLAN.unitBytes).length,
  ).toBeGreaterThan(5);
  for (const plan of [PLAN, { ...PLAN, slice: { feature: 'kind', value: '1' } }]) {
    const whole = encodeProfile(await profileDirectory(files, directReader, optionsOf(plan)));
    for (const of of [1, 3, 40]) {
      const parts = await allParts(files, plan, of);
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray(parts, { minLength: of }),
          fc.nat(of),
          fc.integer({ min: 1, max: 100_000 }),
          async (order, cut, piece) => {
            const groups = [order.slice(0, cut), order.slice(cut)].map((group) => Buffer.concat(group));
            expect(Buffer.compare(await merged(groups, piece), whole)).toBe(0);
          },
        ),
        { numRuns: 2 },
      );
    }
  }
}, 600_000);

test('parts may be merged in any tree, and are the profile of the whole to the byte all the same', async () => {
  const files = await manyFormats();
  const joined = async (some: readonly Buffer[]) => {
    const lines: Uint8Array[] = [];
    for await (const line of joinParts(await read(some))) lines.push(line);
    return Buffer.concat(lines);
  };
  const coarse = { ...PLAN, unitBytes: 60_000 };
  const big = files.filter(({ path }) => path === 'big/a.parquet');
  for (const [plan, of, some] of [
    [coarse, 14, files],
    [{ ...coarse, slice: { feature: 'kind', value: '1' } }, 6, files],
    [{ ...coarse, kind: 'file', weight: 'few' }, 5, big],
  ] as const) {
    const options = optionsOf(plan);
    const whole = encodeProfile(
      plan.kind === 'file'
        ? await profileInUnits(some[0]!, directReader, options)
        : await profileDirectory(some, directReader, options),
    );
    const parts = await allParts(some, plan, of);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(parts, { minLength: of }),
        fc.array(fc.integer({ min: 2, max: 5 }), { minLength: of, maxLength: of }),
        async (order, sizes) => {
          let level = order;
          for (const size of sizes) {
            if (level.length <= 2) break;
            level = [await joined(level.slice(0, size)), ...level.slice(size)].reverse();
          }
          expect(Buffer.compare(await merged(level), whole)).toBe(0);
        },
      ),
      { numRuns: 2 },
    );
    expect((await joined(parts)).length).toBeLessThan(Buffer.concat(parts).length);
  }
}, 600_000);

test('a file of several units is profiled as one', async () => {
  const [file] = (await manyFormats()).filter(({ path }) => path === 'big/a.parquet');
  const plan: PartPlan = { ...PLAN, kind: 'file', weight: 'few' };
  const whole = await profileInUnits(file!, directReader, optionsOf(plan));
  expect(whole.tables[0]).toMatchObject({ rows: 12_000, weight: 'few' });
  const at = Object.fromEntries(
    whole.tables[0]!.features.map((feature) => [feature.path.join('.'), feature]),
  );
  expect(at.id).toMatchObject({ present: 12_000, numeric: { min: '0', max: '11999' } });
  expect(at.early).toMatchObject({ present: 9001, nulls: 2999 });
  expect(Buffer.compare(await merged(await allParts([file!], plan, 4)), encodeProfile(whole))).toBe(0);
  const inOne = await profileInUnits(file!, directReader, {});
  for (const [index, feature] of inOne.tables[0]!.features.entries()) {
    const { values: _, ...counted } = feature;
    const { weighted: __, ...units } = whole.tables[0]!.features[index]!;
    expect(units).toMatchObject(counted);
  }
}, 600_000);

test('no unit is left out or read twice, and no part is larger than another by more than a unit', () => {
  const file = fc.record({
    path: fc.stringMatching(/^[a-z]{1,3}\.(parquet|csv|png)$/),
    size: fc.integer({ min: 0, max: 1e9 }),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(file, { selector: ({ path }) => path }),
      fc.integer({ min: 1, max: 20 }),
      (files, of) => {
        const units = unitsOf(files, 1e7);
        const parts = Array.from({ length: of }, (_, part) => unitsOfPart(units, part + 1, of, 1e7));
        const names = (some: typeof units) => some.map(({ file: { path }, number }) => `${path} ${number}`);
        expect(names(parts.flat()).sort()).toEqual(names(units).sort());
        const counts = parts.map(({ length }) => length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

describe('parts that do not belong together', () => {
  const files = dataFilesOnce();

  test('are refused by name', async () => {
    const parts = await allParts(files(), PLAN, 3);
    const fails = async (some: readonly Buffer[], code: string, message: RegExp) =>
      expect(merged(some)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await fails([parts[0]!, parts[2]!], 'part-missing', /part 2 of 3 is missing/);
    await fails([], 'part-missing', /missing/);
    await fails([...parts, parts[1]!], 'part-repeated', /file 1 and file 3 are both part 2 of 3/);
    const [ofTwo] = await allParts(files(), PLAN, 2);
    await fails([parts[0]!, ofTwo!], 'parts-differ', /one is of 3 parts and the other of 2/);
    const other = await allParts(files(), { ...PLAN, slice: { feature: 'n', value: '1' } }, 3);
    await fails([parts[0]!, other[1]!, parts[2]!], 'parts-differ', /--slice/);
    const version = await allParts(files(), { ...PLAN, content: 'sha256:other' }, 3);
    await fails([version[0]!, parts[1]!, parts[2]!], 'parts-differ', /different versions/);
    const fewer = await allParts(files().slice(1), PLAN, 3);
    await fails([parts[0]!, parts[1]!, fewer[2]!], 'parts-differ', /other names or sizes/);
  });

  test('are refused where something was changed in them', async () => {
    const parts = await allParts(files(), PLAN, 1);
    const [head, ...units] = parts[0]!
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const written = (h: unknown, us: readonly unknown[]) =>
      Buffer.from([h, ...us].map((line) => `${JSON.stringify(line)}\n`).join(''));
    const damaged = { code: 'part-damaged' };
    await expect(merged([written(head, units.slice(1))])).rejects.toMatchObject(damaged);
    await expect(merged([written(head, [...units.slice(1), units[1]])])).rejects.toMatchObject(damaged);
    const changes: [object, object][] = [
      [{ units: 1 }, {}],
      [{ units: -1 }, {}],
      [{ plan: 'sha256:0' }, {}],
      [{ of: 1e9 }, {}],
      [{ varveProfilePart: 2 }, {}],
      [{ varveProfilePart: 2, parts: [] }, {}],
      [{ varveProfilePart: 2, parts: [1, 1] }, {}],
      [{ varveProfilePart: 2, parts: [2, 1], of: 2 }, {}],
      [{ readings: [['n', { format: 1 }]] }, {}],
      [{}, { path: '../x.csv' }],
      [{}, { path: 'other.csv' }],
      [{}, { number: 1 }],
      [{}, { size: 1.5 }],
      [{}, { image: { width: 'x' } }],
    ];
    for (const [h, u] of changes)
      await expect(
        merged([written({ ...head, ...h }, [{ ...units[0], ...u }, ...units.slice(1)])]),
        JSON.stringify([h, u]),
      ).rejects.toMatchObject(damaged);
    await expect(merged([written({ ...head, varveProfilePart: 3 }, units)])).rejects.toMatchObject({
      code: 'part-too-new',
    });
    await expect(merged([parts[0]!.subarray(0, -1)])).rejects.toMatchObject(damaged);
    await expect(merged([Buffer.from('no part')])).rejects.toMatchObject(damaged);
    const wrong = units.map((unit) => ({ ...unit, ...(unit.profile && { profile: 'AAAA' }) }));
    await expect(merged([written(head, wrong)])).rejects.toMatchObject({ code: 'profile-damaged' });
  });

  test('any bytes are refused or merged, and never crash', async () => {
    const [whole] = await allParts(files(), PLAN, 1);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole!.length - 1), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(whole!);
        bytes[at] = byte;
        await merged([bytes]).catch((error: Error) => expect(error.name, error.stack).toBe('VarveError'));
      }),
      { numRuns: 100 },
    );
  });
});

test('rows that all files together ask to be read otherwise are read again, and without the data that is said', async () => {
  const data = dataFiles({ 'a.csv': 'k,n\n7,1\n8,2\n', 'b.csv': 'k,n\n7a,3\n8b,4\n' });
  const whole = encodeProfile(await profileDirectory(data, directReader, {}));
  const parts = await read(await allParts(data, PLAN, 2));
  await expect(mergeParts(parts, directReader, undefined, {})).rejects.toMatchObject({ code: 'part-unread' });
  const asked: string[] = [];
  const { profile } = await mergeParts(
    parts,
    directReader,
    (files, options) => {
      asked.push(...files.map(({ path }) => path));
      const placed = files.map((file) => data.find(({ path }) => path === file.path)!);
      return directReader.profileFiles(placed, options);
    },
    {},
  );
  expect(asked).toEqual(['a.csv']);
  expect(Buffer.compare(encodeProfile(profile), whole)).toBe(0);
});

function dataFilesOnce(): () => DataFile[] {
  return () => dataFiles({ 'a.csv': 'n\n1\n2\n', 'b.csv': 'n\n3\n4\n', 'c.txt': 'x' });
}
