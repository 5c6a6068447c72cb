import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AddResult } from '../../src/index.ts';
import { describeWithMinio } from '../support/minio.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

/** Written by delta-rs and pyiceberg: `scripts/make-table-fixtures.py`. */
const TABLES = join(import.meta.dirname, '..', '..', 'fixtures', 'tables');

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

describeWithMinio('places in a bucket that are a part of a table, or hold one', (server) => {
  let bucket: string;
  // All at once: while commands run, nobody tends the connections to the server.
  beforeAll(async () => {
    bucket = await server.makeBucket();
    for (const table of ['delta', 'iceberg'])
      for (const file of readdirSync(join(TABLES, table), { recursive: true, withFileTypes: true })) {
        const path = join(file.parentPath, file.name);
        if (file.isFile()) await server.client.fPutObject(bucket, `lake${path.slice(TABLES.length)}`, path);
      }
    for (const key of ['lake/plain/a.csv', 'lake/some/data/b.csv'])
      await server.client.putObject(bucket, key, Buffer.from('a\n1\n'));
  });

  test('they are refused, with the table by its name, and the command that is told adds it', () => {
    Object.assign(box.env, server.env);
    const add = (place: string, ...more: string[]) => [
      'add',
      `s3://${bucket}/lake${place}`,
      '--to',
      'x',
      ...more,
    ];
    const [file] = readdirSync(join(TABLES, 'delta/day=2'));
    for (const [place, table] of [
      ['/delta/day=2', 'delta'],
      ['/delta/day=a b', 'delta'],
      [`/delta/day=2/${file}`, 'delta'],
      ['/delta/_delta_log', 'delta'],
      ['/iceberg/data', 'iceberg'],
      ['/iceberg/metadata', 'iceberg'],
      ['', 'delta'],
    ] as const) {
      const told = refused(box, add(place), 'table-misplaced', `lake${place}`);
      expect(told).toContain(`\`varve add s3://${bucket}/lake/${table} --to x\``);
    }
    // What was named goes with it.
    for (const [place, table, at] of [
      ['/delta/day=2', 'delta', '1'],
      [`/delta/day=2/${file}`, 'delta', '1'],
      ['/iceberg/data', 'iceberg', 'two'],
    ] as const) {
      const told = refused(box, add(place, '--at', at), 'table-misplaced', `lake${place}`);
      const [, command = ''] = /`varve (add [^`]+)`/.exec(told)!;
      expect(command).toBe(`add s3://${bucket}/lake/${table} --at ${at} --to x`);
      expect(box.json<AddResult>(command.split(' ')).datasets[0]).toMatchObject({ table: { at }, files: 2 });
      box.ok(['rm', 'x']);
    }
    refused(box, add('/plain', '--at', '1'), 'table-version-missing', 'plain');
    refused(box, add('/plain/a.csv', '--at', '1'), 'table-version-missing', 'plain/a.csv');
  });

  test('two listings at most are what plain files cost more', () => {
    Object.assign(box.env, server.env);
    const listings = (to: string): string[] => {
      box.env.VARVE_DEBUG = '1';
      const { code, err } = box.varve(['add', `s3://${bucket}/lake/${to}`, '--to', to.replaceAll('/', '-')]);
      delete box.env.VARVE_DEBUG;
      expect(code, err).toBe(0);
      return err.split('\n').filter((line) => line.includes('_delta_log') || line.includes('metadata'));
    };
    const above = (place: string) =>
      listings(place).filter((line) => !line.includes(`prefix=lake/${place}/`));
    expect(above('plain')).toEqual([expect.stringContaining('prefix=lake/_delta_log/ ')]);
    expect(above('some/data')).toEqual([
      expect.stringContaining('prefix=lake/some/_delta_log/ '),
      expect.stringContaining('prefix=lake/some/metadata/ '),
    ]);
  });

  test('a second place in a bucket is told how the first is reached, and no credentials go there by themselves', () => {
    const { AWS_ENDPOINT_URL_S3: _, ...keys } = server.env;
    // Nobody named this server for the second place, and the one that is asked for it is not AWS here.
    const closed = 'http://127.0.0.1:9';
    Object.assign(box.env, keys);
    box.ok(['add', `s3://${bucket}/lake/delta`, '--to', 'one', '--endpoint', server.endpoint]);
    box.env.AWS_ENDPOINT_URL_S3 = closed;
    box.env.AWS_MAX_ATTEMPTS = '1';
    const second = ['add', `s3://${bucket}/lake/plain`, '--to', 'two'];
    const told = refused(box, second, 'endpoint-unreachable', 'lake/plain');
    expect(told).toContain(`.varve/config.local.yaml says for s3://${bucket}/lake/delta alone`);
    const [, command = ''] = /`(varve remote source [^`]+)`/.exec(told)!;
    expect(command).toBe(`varve remote source s3://${bucket} --endpoint ${server.endpoint}`);
    box.ok(command.split(' ').slice(1));
    box.ok(second);
  });
});
