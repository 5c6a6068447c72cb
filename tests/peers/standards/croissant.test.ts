import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Sandbox } from '../../support/sandbox.ts';
import { type ServeProcess, startServe } from '../../support/serve-process.ts';

/** The reader of MLCommons is the judge: it validates what varve says of a version, and loads the rows by it. */
const python = process.env.VARVE_STANDARDS_PYTHON;
const isHere = python !== undefined && existsSync(python);
const PEOPLE =
  'name,born on,age,at\nAnn,1985-02-03,41,2026-01-01T10:00:00\nBob,1990-12-01,,2026-01-02T10:00:00\n';

let box: Sandbox;
let server: ServeProcess | undefined;
beforeAll(async () => {
  if (!isHere) return;
  box = new Sandbox().repository();
  const db = await DuckDBConnection.create();
  for (const year of [2024, 2025]) {
    const path = box.write(`repo/data/trips/year=${year}/a.parquet`, '');
    await db.run(
      `COPY (SELECT range AS id, [range, 7] AS legs, {'a b': range} AS who FROM range(3)) TO '${path}' (FORMAT parquet)`,
    );
  }
  db.closeSync();
  box.write('repo/data/people.csv', PEOPLE);
  box.write('repo/data/packed ü.csv.gz', gzipSync(PEOPLE));
  box.write('repo/data/lines.jsonl', '{"a":1}\n{"a":null}\n');
  box.write('repo/data/whole.json', '[{"a":{"b":true}},{"a":{"b":false}}]');
  box.ok([
    'add',
    ...['trips', 'people.csv', 'packed ü.csv.gz', 'lines.jsonl', 'whole.json'].map((path) => `data/${path}`),
  ]);
  box.ok([
    'meta',
    'data/people.csv',
    'license=CC-BY-4.0',
    'citation=Ann 2026',
    'creator=Ann',
    'version=1.0.0',
  ]);
  box.commit('one');
});
afterAll(async () => {
  await server?.stop();
  box?.remove();
});

/** What the reader says of each document, and the records of its only record set. */
const JUDGE = `
import json, sys, mlcroissant
answers = []
for path in sys.argv[1:]:
    dataset = mlcroissant.Dataset(path)
    [rows] = dataset.metadata.record_sets
    records = [{key.split("/rows/")[1]: value for key, value in each.items()} for each in dataset.records(rows.uuid)]
    answers.append({"report": dataset.metadata.issues.report(), "records": records})
say = lambda value: value.decode() if isinstance(value, bytes) else str(value)
print(json.dumps(answers, default=say))`;

interface Judged {
  readonly report: string;
  readonly records: Record<string, unknown>[];
}

function judge(...datasets: (readonly [dataset: string, ...args: string[]])[]): Judged[] {
  const documents = datasets.map(([dataset, ...args], index) => {
    const output = `croissant-${index}.json`;
    box.ok(['describe', dataset, '--format', 'croissant', '--output', output, ...args]);
    return output;
  });
  const options = { cwd: box.path('repo'), env: box.env, encoding: 'utf8' } as const;
  const said = spawnSync(python!, ['-c', JUDGE, ...documents], options);
  if (said.status !== 0) throw new Error(said.stderr);
  return JSON.parse(said.stdout.replaceAll('NaN', 'null'));
}

test.skipIf(!isHere)(
  'mlcroissant validates and loads files and folders of every format that it reads (skipped where VARVE_STANDARDS_PYTHON names no Python with mlcroissant and pyarrow)',
  () => {
    const [people, packed, lines, whole, trips] = judge(
      ['data/people.csv'],
      ['data/packed ü.csv.gz'],
      ['data/lines.jsonl'],
      ['data/whole.json'],
      ['data/trips'],
    );
    expect(people!.report).toBe('');
    expect(people!.records).toEqual([
      { name: 'Ann', 'born~20on': '1985-02-03 00:00:00', age: 41, at: '2026-01-01 10:00:00' },
      { name: 'Bob', 'born~20on': '1990-12-01 00:00:00', age: null, at: '2026-01-02 10:00:00' },
    ]);
    expect(packed!.records).toEqual(people!.records);
    expect(lines!.records).toEqual([{ a: 1 }, { a: null }]);
    expect(whole!.records).toEqual([{ 'a.b': true }, { 'a.b': false }]);
    expect(trips!.records).toHaveLength(6);
    expect(trips!.records[4]).toEqual({ id: 1, legs: [1, 7], 'who.a~20b': 1, year: 2025 });
  },
);

test.skipIf(!isHere)(
  'mlcroissant loads a version from the gateway, and refuses other bytes by their digest (skipped where VARVE_STANDARDS_PYTHON names no Python with mlcroissant and pyarrow)',
  async () => {
    server = await startServe(box, ['--anonymous']);
    box.write('repo/data/people.csv', PEOPLE.replace('Ann', 'Eve'));
    const [served] = judge(['data/people.csv@main', '--base-url', `${server.url}/repo/main`]);
    expect(served!.records[0]).toMatchObject({ name: 'Ann' });
    expect(() => judge(['data/people.csv@main'])).toThrow(
      'is not identical with the reference in the Croissant JSON-LD',
    );
  },
);
