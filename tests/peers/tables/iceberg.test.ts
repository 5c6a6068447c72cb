import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Sandbox } from '../../support/sandbox.ts';
import { ask, sumOf, twoVersions } from './trips.ts';

/** Engines are the judges: each reads the table that an export wrote, in each of its snapshots. */
const python = process.env.VARVE_TABLES_PYTHON;
const isHere = python !== undefined && existsSync(python);

const PYICEBERG = `
import json, sys, polars
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(sys.argv[1] + "/metadata/v2.metadata.json")
answers = []
for snapshot in table.snapshots():
    frame = polars.from_arrow(table.scan(snapshot_id=snapshot.snapshot_id, selected_fields=("id", "day", "who")).to_arrow())
    answers.append([*frame.select(polars.len(), polars.col("id").sum(), polars.col("who").struct.field("a").sum(), polars.col("day").max()).row(0), snapshot.summary["varve.git-commit"]])
skipped = [len(list(table.scan(row_filter=f).plan_files())) for f in ["id < 0", "id < 100000", "day = 3"]]
print(json.dumps([answers, skipped, polars.scan_iceberg(table).select(polars.col("id").sum()).collect().item()]))
`;

const DUCKDB = `
import importlib, json, pathlib, sys, duckdb
connection = duckdb.connect()
for name in ["avro", "iceberg"]:
    folder = pathlib.Path(importlib.import_module("duckdb_extension_" + name).__file__).parent
    connection.execute(f"LOAD '{next(folder.rglob('*.duckdb_extension'))}'")
print(json.dumps(connection.execute("SELECT count(*), sum(id)::BIGINT, max(day) FROM iceberg_scan(?)", [sys.argv[1]]).fetchone()))
`;

test.skipIf(!isHere)(
  'pyiceberg, polars and DuckDB read each snapshot (skipped where VARVE_TABLES_PYTHON names no Python with `pyiceberg`)',
  async () => {
    const box = new Sandbox().repository().withRemote();
    await twoVersions(box);
    const { table } = box.json<{ table: string }>(['export', 'iceberg', 'tables/trips', 'trips']);
    const [first, second] = [sumOf(0, 120_003), sumOf(60_000, 120_003) + sumOf(120_000, 180_000)];
    expect(ask(box, python!, PYICEBERG, table)).toEqual([
      [
        [120_003, first, first, 2, box.git(['rev-parse', 'HEAD~1']).trim()],
        [120_003, second, second, 3, box.git(['rev-parse', 'HEAD']).trim()],
      ],
      // Files are skipped by their bounds and by the parts that they are of.
      [0, 1, 1],
      second,
    ]);
    expect(ask(box, python!, DUCKDB, box.path('remote/tables/trips'))).toEqual([120_003, second, 3]);
    box.remove();
  },
  120_000,
);
