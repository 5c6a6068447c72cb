import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { originName } from '../../src/operations/lineage/datasets.ts';
import { lineageName } from '../../src/report/standards/openlineage.ts';

const NAMES = {
  mysql: originName({ url: 'mysql://ann@db.example/shop', table: 'orders' }),
  mysqlPort: originName({ url: 'mysql://db.example:3307/shop', table: 'orders' }),
  postgres: originName({ url: 'postgresql://db.example/shop', table: 'orders' }),
  postgresSchema: originName({ url: 'postgresql://db.example:5433/shop', table: 'sales.orders' }),
  kafka: originName({ url: 'kafka://one.example,two.example:9093/clicks' }),
  s3: lineageName('s3://bucket/raw/flights'),
  gs: lineageName('gs://bucket/raw/flights'),
  file: lineageName('/home/ann/flights.csv'),
};

test('tables, topics and files have the names that OpenLineage gives them, and rows of a query none', () => {
  expect(NAMES).toEqual({
    mysql: { namespace: 'mysql://db.example:3306', name: 'shop.orders' },
    mysqlPort: { namespace: 'mysql://db.example:3307', name: 'shop.orders' },
    postgres: { namespace: 'postgres://db.example:5432', name: 'shop.public.orders' },
    postgresSchema: { namespace: 'postgres://db.example:5433', name: 'shop.sales.orders' },
    kafka: { namespace: 'kafka://one.example:9092', name: 'clicks' },
    s3: { namespace: 's3://bucket', name: 'raw/flights' },
    gs: { namespace: 'gs://bucket', name: 'raw/flights' },
    file: { namespace: 'file', name: '/home/ann/flights.csv' },
  });
  expect(originName({ url: 'mysql://db.example/shop' })).toBeUndefined();
});

const python = process.env.VARVE_STANDARDS_PYTHON;

/** The naming of the standard's own client. */
const JUDGE = `
import json
from openlineage.client.naming import dataset as n
names = {
    "mysql": n.MySQL("db.example", "3306", "shop", "orders"),
    "mysqlPort": n.MySQL("db.example", "3307", "shop", "orders"),
    "postgres": n.Postgres("db.example", "5432", "shop", "public", "orders"),
    "postgresSchema": n.Postgres("db.example", "5433", "shop", "sales", "orders"),
    "kafka": n.Kafka("one.example", "9092", "clicks"),
    "s3": n.S3("bucket", "raw/flights"),
    "gs": n.GCS("bucket", "raw/flights"),
    "file": n.LocalFileSystem("/home/ann/flights.csv"),
}
print(json.dumps({key: {"namespace": each.get_namespace(), "name": each.get_name()} for key, each in names.items()}))`;

test.skipIf(python === undefined || !existsSync(python))(
  'so does the naming of its Python client (skipped where VARVE_STANDARDS_PYTHON names no Python with openlineage-python)',
  () => {
    const said = spawnSync(python!, ['-c', JUDGE], { encoding: 'utf8' });
    expect(said.stderr).toBe('');
    expect(JSON.parse(said.stdout)).toEqual(NAMES);
  },
);
