import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { MinioServer } from './minio.ts';
import { writeParquet } from './parquet.ts';
import type { Sandbox } from './sandbox.ts';

/** Days of a table in Parquet, as they lie in a bucket that tasks of a cluster read, and what one machine says of them. */
export class TablesInBucket {
  readonly #server: MinioServer;
  readonly #box: Sandbox;
  #bucket = '';
  #bytes = 0;

  /** @param box with a repository `repo` */
  constructor(server: MinioServer, box: Sandbox) {
    this.#server = server;
    this.#box = box;
  }

  async fill(): Promise<void> {
    this.#bucket = await this.#server.makeBucket();
    const rows = (day: number) =>
      `SELECT range AS id, hash(range * ${day}) % 5000 AS kind, 'row ' || hash(range) AS text FROM range(100000)`;
    const file = (day: number) => this.#box.path(`made/day=${day}/rows.parquet`);
    await writeParquet({ [file(1)]: rows(1), [file(2)]: rows(2), [file(3)]: rows(3) });
    for (const day of [1, 2, 3]) {
      await this.#server.client.putObject(
        this.#bucket,
        `raw/day=${day}/rows.parquet`,
        readFileSync(file(day)),
      );
      this.#bytes += statSync(file(day)).size;
    }
    await this.#server.client.putObject(this.#bucket, 'raw/notes.txt', Buffer.from('no table'));
  }

  url(): string {
    return `s3://${this.#bucket}/raw`;
  }

  /** Adds them in place with statistics by an engine, and holds them against what is known of the same files on this disk. */
  addedBy(engine: readonly string[]): void {
    const box = this.#box;
    box.ok(['add', this.url(), '--to', 'data/raw', '--endpoint', this.#server.endpoint, ...engine]);
    expect(readFileSync(box.path('repo/data/raw.varve'), 'utf8')).toMatch(/rows: 300000\nprofile: sha256:/);
    box.write('made/notes.txt', 'no table');
    const tables = (of: string, ...words: string[]) =>
      JSON.stringify(box.json<{ tables: unknown }>(['profile', of, ...words]).tables);
    expect(tables('data/raw')).toBe(tables('../made'));
    // A slice is not what travels with the version.
    const slice = ['--slice', 'day=2', '--weight', 'kind'];
    expect(tables('data/raw', ...slice, ...engine)).toBe(tables('../made', ...slice));
    // What the tasks read is kept nowhere.
    expect(bytesIn(box.path('repo/.git/varve'))).toBeLessThan(this.#bytes / 4);
    rmSync(box.path('made/notes.txt'));
  }

  /** Holds a version without statistics against a schema and another version, by an engine that reads the bucket. */
  heldAgainst(engine: readonly string[]): void {
    const box = this.#box;
    box.ok(['add', `${this.url()}/day=1`, '--to', 'data/first', '--endpoint', this.#server.endpoint]);
    expect(readFileSync(box.path('repo/data/first.varve'), 'utf8')).not.toContain('profile');
    box.ok(['schema', 'infer', '../made/day=1', '--output', 'data/first.schema.yaml']);
    expect(box.json(['validate', 'data/first', ...engine])).toMatchObject({ valid: true, anomalies: [] });
    this.#rowsAsked(engine);
    const drift = (after: string, words: readonly string[]) => {
      const { code, out, err } = box.varve(['drift', '../made/day=2', after, ...words, '--json']);
      expect(code, err).toBeLessThan(2);
      const { before: _, after: __, ...found } = JSON.parse(out);
      return { code, found };
    };
    expect(drift('data/first', engine)).toEqual(drift('../made/day=1', []));
  }

  /** What only rows can decide is asked of them in the bucket, with the answers that the same files on this disk give. */
  #rowsAsked(engine: readonly string[]): void {
    const box = this.#box;
    const asked = box.path('repo/asked.schema.yaml');
    box.ok(['add', this.url(), '--to', 'data/asked', '--endpoint', this.#server.endpoint, ...FULL]);
    box.ok(['schema', 'infer', '../made', '--output', 'asked.schema.yaml']);
    const schema = readFileSync(asked, 'utf8');
    writeFileSync(asked, schema.replace(/^features:/m, `${CHECKS}features:`));
    const report = (of: string, ...words: string[]) => {
      const { code, out, err } = box.varve([
        'validate',
        of,
        '--schema',
        'asked.schema.yaml',
        ...words,
        '--json',
      ]);
      expect(code, err).toBe(1);
      const { dataset: _, ...found } = JSON.parse(out);
      return found;
    };
    const expected = report('../made');
    expect(JSON.stringify(expected)).toContain('"file":"day=1/rows.parquet"');
    expect(JSON.stringify(expected)).toContain('300,000 rows of 300,000');
    expect(report('data/asked', ...engine)).toEqual(expected);
    expect(report('data/asked', '--engine', 'local')).toEqual(expected);
  }
}

const FULL = ['--statistics', 'full', '--engine', 'local'];

/** Rows of different days have the first key in common, none the second; some rows of all days break the first check, of one the second, none the last. */
const CHECKS = `keys: [[id, text], [id, day]]
expect:
  - kind < 4990
  - { name: late ones, sql: id < 99990 OR day <> 2 }
  - length(text) > 4
`;

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
