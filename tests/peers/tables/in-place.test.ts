import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ExportTableResult, LocateResult } from '../../../src/index.ts';
import { describeWithMinio } from '../../support/minio.ts';
import { writeParquet } from '../../support/parquet.ts';
import { refused } from '../../support/refused.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { ask, sumOf } from './trips.ts';

const python = process.env.VARVE_TABLES_PYTHON;
const isHere = python !== undefined && existsSync(python);

/** Count and sum of each version of the Delta table, and of each snapshot of the Iceberg table; then of the plain addresses. */
const READ = `
import json, os, sys, polars
from deltalake import DeltaTable, QueryBuilder
from pyiceberg.table import StaticTable
delta, iceberg, *urls = sys.argv[1:]
found = []
for version in [0, 1]:
    table = DeltaTable(delta, version=version, storage_options={"allow_http": "true"})
    reader = QueryBuilder().register("t", table)
    rows = polars.DataFrame(reader.execute("SELECT count(*) AS c, sum(id) AS s, max(day) AS d FROM t").read_all())
    found.append(list(rows.row(0)))
properties = {"s3.endpoint": os.environ["AWS_ENDPOINT_URL"], "s3.access-key-id": os.environ["AWS_ACCESS_KEY_ID"], "s3.secret-access-key": os.environ["AWS_SECRET_ACCESS_KEY"], "s3.region": "us-east-1"}
table = StaticTable.from_metadata(iceberg + "/metadata/v2.metadata.json", properties)
for snapshot in table.snapshots():
    frame = polars.from_arrow(table.scan(snapshot_id=snapshot.snapshot_id).to_arrow())
    found.append(list(frame.select(polars.len(), polars.col("id").sum(), polars.col("day").max()).row(0)))
frame = polars.scan_parquet(urls, storage_options={"aws_allow_http": "true"})
found.append(list(frame.select(polars.len(), polars.col("id").sum()).collect().row(0)))
print(json.dumps(found))
`;

describeWithMinio('tables of data in place', (server) => {
  test(`name the objects where they lie, and copy none${isHere ? ', as delta-rs, pyiceberg and polars read them' : ''}`, async () => {
    const box = new Sandbox().repository();
    Object.assign(box.env, server.env, { AWS_ENDPOINT_URL: server.endpoint, AWS_ALLOW_HTTP: 'true' });
    const [bucket, store] = [await server.makeBucket(), await server.makeBucket()];
    const put = async (key: string, rows: string) => {
      await writeParquet({ [box.path('one.parquet')]: rows });
      await server.client.fPutObject(bucket, key, box.path('one.parquet'));
    };
    // The name of an object may have what URIs escape.
    await put('raw/day=a%20b/x y.parquet', 'SELECT range AS id FROM range(100)');
    await put('raw/day=b/x.parquet', 'SELECT range AS id FROM range(100, 250)');
    box.ok(['remote', 'add', 'origin', `s3://${store}/store`, '--endpoint', server.endpoint]);
    const add = ['add', `s3://${bucket}/raw`, '--to', 'raw', '--endpoint', server.endpoint];
    box.ok(add);
    box.commit('one');
    await put('raw/day=c/x.parquet', 'SELECT range AS id FROM range(250, 300)');
    box.ok(add);
    box.commit('two');
    box.ok(['push', '--all-commits']);
    // Delta-rs looks for the files of a table in its own bucket alone.
    box.ok(['remote', 'add', 'near', `s3://${bucket}/store`, '--endpoint', server.endpoint]);
    const early = ['export', 'delta', 'tables/delta', 'raw@HEAD', '--remote', 'near'];
    expect(refused(box, early, 'object-missing', 'raw')).toContain(
      'varve push raw --all-commits --remote near',
    );
    box.ok(['push', 'raw', '--all-commits', '--remote', 'near']);
    const exported = (format: string, remote: string) =>
      box.json<ExportTableResult>(['export', format, `tables/${format}`, 'raw', '--remote', remote]);
    const delta = exported('delta', 'near');
    expect(delta).toMatchObject({
      versions: [
        { rows: 250, files: 2 },
        { rows: 300, files: 3, added: 1, removed: 0 },
      ],
      ...{ skipped: [], written: { files: 0, bytes: 0 } },
    });
    const iceberg = exported('iceberg', 'origin');
    expect(iceberg).toMatchObject({ versions: [{ rows: 250 }, { rows: 300 }], written: { files: 0 } });
    const { files, remote } = box.json<LocateResult>(['url', 'raw']);
    expect(remote).toBeNull();
    expect(files.map(({ url, digest }) => [url, digest])).toEqual(
      ['day=a%20b/x y', 'day=b/x', 'day=c/x'].map((name) => [`s3://${bucket}/raw/${name}.parquet`, null]),
    );
    refused(box, ['url', 'raw', '--presign', '1h'], 'presign-unsupported', bucket);
    // Nothing of the bucket is the store's: a gc there neither removes it nor stumbles.
    for (const remote of ['origin', 'near']) box.ok(['gc', '--remote', remote, '--grace', '0']);
    if (isHere) {
      const whole = [300, sumOf(0, 300), 'c'];
      const urls = files.map(({ url }) => url!);
      expect(ask(box, python!, READ, delta.table, iceberg.table, ...urls)).toEqual([
        [250, sumOf(0, 250), 'b'],
        whole,
        [250, sumOf(0, 250), 'b'],
        whole,
        [300, sumOf(0, 300)],
      ]);
    }
    // A version that the bucket has no more is not written as if it were there.
    await put('raw/day=b/x.parquet', 'SELECT 7 AS id');
    const err = refused(box, ['export', 'delta', 'tables/late', 'raw'], 'source-changed', 'day=b/x.parquet');
    expect(err).toContain('was replaced');
    expect(readFileSync(box.path('repo/raw.varve'), 'utf8')).toContain('files: 3');
    box.remove();
  }, 300_000);
});
