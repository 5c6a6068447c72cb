import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'vitest';
import { literal } from '../../../src/engine/quote.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import { unitsOf, unitsOfPart } from '../../../src/profile/parts/plan.ts';
import { directReader } from '../../../src/profile/reading/direct-reader.ts';
import { answerUnits, askedUnits } from '../../../src/profile/rows/answer-units.ts';
import { sealed } from '../../../src/profile/rows/part-seal.ts';
import { findRepeated } from '../../../src/profile/rows/repeated-keys.ts';
import { decodeUnits, encodeRepeated, encodeUnits } from '../../../src/profile/rows/rows-part.ts';
import { askedDigest, type RowQuestion, type RowsPlan } from '../../../src/profile/rows/rows-plan.ts';
import { repeatedIn } from '../../../src/schema/rules/uniqueness.ts';

export const UNIT_BYTES = 20_000;

/** Queries of files of several units, with other columns in each. */
export const BIG = {
  'big/a.parquet':
    "SELECT i AS id, i % 7 AS x, 'name ' || (i + CASE WHEN i > 8000 THEN -7 ELSE 0 END) AS text, CASE WHEN i = 5 THEN '-0.0'::DOUBLE WHEN i = 7 THEN 'nan'::DOUBLE END AS zero, DATE '2024-01-01' + (i % 3)::INT AS at FROM range(9000) t(i)",
  'big/b.parquet':
    "SELECT i + 9000 - CASE WHEN i = 8999 THEN 9000 ELSE 0 END AS id, (i % 7) / 2 AS x, CASE WHEN i < 3 THEN 0::DOUBLE WHEN i = 4000 THEN 'nan'::DOUBLE END AS zero FROM range(9000) t(i)",
};

export const BIG_ASKED: readonly RowQuestion[] = [
  { failing: 'x = 3', value: 'x' },
  { failing: 'x / 2 > 1 OR text IS NULL', value: "concat(text, ' ', x)" },
  { failing: 'id = 17998', value: 'id' },
  { ...repeatedIn(['id']), value: 'id' },
  { ...repeatedIn(['x']), value: 'x' },
  { ...repeatedIn(['zero']), value: 'zero' },
  { ...repeatedIn(['x', 'text']), value: "concat_ws(', ', x, text)" },
  { ...repeatedIn(['"at"', '"id"']), value: '"at"' },
];

/** @param queries by the paths of the files */
export async function parquetFiles(
  root: string,
  queries: Readonly<Record<string, string>>,
): Promise<DataFile[]> {
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  const files: DataFile[] = [];
  for (const [path, rows] of Object.entries(queries)) {
    const absolutePath = join(root, path);
    mkdirSync(dirname(absolutePath), { recursive: true });
    await connection.run(`COPY (${rows}) TO ${literal(absolutePath)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
    files.push({ path, absolutePath, digest: `sha256:${path}`, size: statSync(absolutePath).size });
  }
  connection.closeSync();
  database.closeSync();
  return files;
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Asks in parts, as tasks on other machines do. @returns what each of them writes; ranges are behind the first part */
async function runTasks(
  plan: RowsPlan,
  files: readonly DataFile[],
  of: number,
  reader: Pick<typeof directReader, 'openRows'> = directReader,
): Promise<string[]> {
  const crossed = JSON.parse(JSON.stringify(plan)) as RowsPlan;
  const parts: string[] = [];
  const asked = askedDigest(crossed);
  const keys = {
    folder: mkdtempSync(join(tmpdir(), 'varve-test-')),
    ranges: Math.min(of, 7),
    asked,
    secret: crossed.secret,
  };
  const all = unitsOf(files, UNIT_BYTES);
  for (let part = 1; part <= of; part++) {
    const mine = unitsOfPart(all, part, of, UNIT_BYTES).map((unit) => [all.indexOf(unit), unit] as const);
    const toAsk = { ...crossed, unitBytes: UNIT_BYTES };
    const own = askedUnits(mine, toAsk);
    const withUnit = <T>({ file }: { file: { path: string } }, work: (file: DataFile) => Promise<T>) =>
      work(files.find(({ path }) => path === file.path)!);
    const head = { part, of, files: 'these', asked, units: own.length };
    const units = answerUnits(own, toAsk, reader, withUnit, { keys });
    let lines = '';
    for await (const line of encodeUnits(head, crossed.secret, units)) lines += line;
    parts.push(lines);
  }
  for (const range of readdirSync(keys.folder)) {
    const repeated = findRepeated(join(keys.folder, range), crossed.secret, 1000);
    expect(findRepeated(join(keys.folder, range), crossed.secret)).toEqual(repeated);
    parts[0] += encodeRepeated(crossed, repeated);
  }
  rmSync(keys.folder, { recursive: true });
  return parts;
}

export function askParts(
  files: readonly DataFile[],
  of: number,
  order: (parts: string[]) => string[] = (parts) => parts,
  reader?: Pick<typeof directReader, 'openRows'>,
) {
  return async (plan: RowsPlan) =>
    decodeUnits(bytesOf(order(await runTasks(plan, files, of, reader)).join('')), plan);
}

/** What tasks once wrote when they were asked something, by what that was but for its secret. */
export type Recordings = Map<string, { readonly plan: RowsPlan; readonly parts: readonly string[] }>;

/** As askParts, by what the tasks wrote when they were first asked the same. */
export function askRecorded(
  recordings: Recordings,
  files: readonly DataFile[],
  change: (parts: string[], plan: RowsPlan, asking: number) => readonly string[],
) {
  let asking = 0;
  return async (plan: RowsPlan) => {
    const key = JSON.stringify({ ...plan, secret: '' });
    const known = recordings.get(key) ?? { plan, parts: await runTasks(plan, files, 3) };
    recordings.set(key, known);
    return decodeUnits(bytesOf(change([...known.parts], known.plan, asking++).join('')), known.plan);
  };
}

/** What someone who knows the secret makes of parts that were changed: the same lines, sealed anew. */
export function resealed(parts: readonly string[], { secret }: RowsPlan): string[] {
  const sealable: string[][] = [];
  for (const line of linesOf(parts).filter((each) => !each.startsWith('{"seal"')))
    if (sealable.length === 0 || /^\{"(?:varveRowsPart|repeated)"/.test(line)) sealable.push([line]);
    else sealable.at(-1)!.push(line);
  return sealable.map((each) => sealed(secret, each));
}

export function linesOf(parts: readonly string[]): string[] {
  return parts.join('').match(/[^\n]+(?:\n|$)/g) ?? [];
}
