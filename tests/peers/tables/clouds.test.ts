import { readFileSync } from 'node:fs';
import { BlobServiceClient } from '@azure/storage-blob';
import { Storage } from '@google-cloud/storage';
import { expect, test } from 'vitest';
import type { ExportTableResult, LocateResult } from '../../../src/index.ts';
import { describeWithAzurite } from '../../support/azurite.ts';
import { describeWithGcs } from '../../support/gcs.ts';
import { writeParquet } from '../../support/parquet.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { ask, sumOf } from './trips.ts';

const python = process.env.VARVE_TABLES_PYTHON;
const WITHOUT = '(skipped where VARVE_TABLES_PYTHON names no Python with `deltalake`, `pyiceberg`, `polars`)';

/** Count and sum of the Iceberg table, by the JSON protocol of Google, which is all that the server has, then of the plain addresses. */
const READ_GOOGLE = `
import json, sys, polars, pyarrow.parquet
from pyarrow.fs import GcsFileSystem
from pyiceberg.table import StaticTable
options, iceberg, *urls = [json.loads(sys.argv[1]), *sys.argv[2:]]
table = StaticTable.from_metadata(iceberg + "/metadata/v1.metadata.json", {"py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO", "gcs.service.host": options["endpoint"], "gcs.oauth2.token": "any", "gcs.oauth2.token-expires-at": "4000000000000"})
frame = polars.from_arrow(table.scan().to_arrow())
found = [list(frame.select(polars.len(), polars.col("id").sum(), polars.col("day").max()).row(0))]
files = GcsFileSystem(anonymous=True, scheme="http", endpoint_override=options["endpoint"].removeprefix("http://"))
ids = [pyarrow.parquet.read_table(url.removeprefix("gs://"), filesystem=files, partitioning=None)["id"].to_pylist() for url in urls]
print(json.dumps([*found, [sum(map(len, ids)), sum(map(sum, ids))]]))
`;

/** Count and sum of the Delta table, then of the plain addresses. */
const READ = `
import json, sys, polars
from deltalake import DeltaTable, QueryBuilder
options, delta, *urls = [json.loads(sys.argv[1]), *sys.argv[2:]]
reader = QueryBuilder().register("t", DeltaTable(delta, storage_options=options))
rows = polars.DataFrame(reader.execute("SELECT count(*) AS c, sum(id) AS s, max(day) AS d FROM t").read_all())
frame = polars.scan_parquet(urls, storage_options=options, hive_partitioning=False)
print(json.dumps([list(rows.row(0)), list(frame.select(polars.len(), polars.col("id").sum()).collect().row(0))]))
`;

interface Cloud {
  /** Of the bucket. */
  readonly url: string;
  readonly endpoint: string;
  readonly env: Readonly<Record<string, string>>;
  /** By which delta-rs and polars reach the server. */
  readonly options: Readonly<Record<string, string>>;
  put(key: string, bytes: Buffer): Promise<void>;
  readonly format: 'delta' | 'iceberg';
  readonly read: string;
}

/** @returns the table, and the addresses of its files */
async function exported({
  url,
  endpoint,
  env,
  options,
  put,
  format,
  read,
}: Cloud): Promise<{ table: string; urls: string[] }> {
  const box = new Sandbox().repository();
  Object.assign(box.env, env);
  const save = async (key: string, rows: string) => {
    await writeParquet({ [box.path('one.parquet')]: rows });
    await put(key, readFileSync(box.path('one.parquet')));
  };
  await save('raw/day=a%20b/x y.parquet', 'SELECT range AS id FROM range(100)');
  await save('raw/day=b/ü.parquet', 'SELECT range AS id FROM range(100, 250)');
  box.ok(['remote', 'add', 'origin', `${url}/store x`, '--endpoint', endpoint]);
  box.ok(['add', `${url}/raw`, '--to', 'raw', '--endpoint', endpoint]);
  box.commit('one');
  box.ok(['push']);
  const { table } = box.json<ExportTableResult>(['export', format, 'tables/x', 'raw']);
  const urls = box.json<LocateResult>(['url', 'raw']).files.map((file) => file.url!);
  const found = ask(box, python!, read, JSON.stringify(options), table, ...urls);
  expect(found).toEqual([
    [250, sumOf(0, 250), 'b'],
    [250, sumOf(0, 250)],
  ]);
  box.remove();
  return { table, urls };
}

describeWithGcs('tables of data on Google Cloud Storage', (server) => {
  test.skipIf(python === undefined)(
    `name it as delta-rs and polars do ${WITHOUT}`,
    async () => {
      const name = await server.makeBucket();
      const bucket = new Storage({ apiEndpoint: server.endpoint, projectId: 'tests' }).bucket(name);
      const { table, urls } = await exported({
        url: `gs://${name}`,
        endpoint: server.endpoint,
        env: {},
        options: { endpoint: server.endpoint },
        format: 'iceberg',
        read: READ_GOOGLE,
        put: (path, bytes) => bucket.file(path).save(bytes, { resumable: false }),
      });
      expect(table).toBe(`gs://${name}/store x/tables/x`);
      expect(urls).toEqual([`gs://${name}/raw/day=a%20b/x y.parquet`, `gs://${name}/raw/day=b/ü.parquet`]);
    },
    240_000,
  );
});

describeWithAzurite('tables of data on Azure', (server) => {
  test.skipIf(python === undefined)(
    `name it as delta-rs and polars do ${WITHOUT}`,
    async () => {
      const name = await server.makeContainer();
      const container = BlobServiceClient.fromConnectionString(server.connection).getContainerClient(name);
      const { AZURE_STORAGE_ACCOUNT: account, AZURE_STORAGE_KEY: key } = server.env;
      const { table } = await exported({
        url: `azure://${name}`,
        endpoint: server.endpoint,
        env: server.env,
        options: {
          ...{ azure_storage_account_name: account, azure_storage_account_key: key },
          ...{ azure_storage_endpoint: server.endpoint, allow_http: 'true' },
        },
        format: 'delta',
        read: READ,
        put: async (path, bytes) => void (await container.getBlockBlobClient(path).uploadData(bytes)),
      });
      expect(table).toBe(`abfss://${name}@${account}.dfs.core.windows.net/store%20x/tables/x`);
    },
    240_000,
  );
});
