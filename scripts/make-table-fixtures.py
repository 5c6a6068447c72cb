"""Write fixtures/tables: tables as delta-rs (deltalake) and pyiceberg write them. `python scripts/make-table-fixtures.py fixtures/tables`"""

import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.transforms import BucketTransform

FOLDER = Path(sys.argv[1])
# pyiceberg writes absolute paths: a table is read wherever it was copied to.
MADE_AT = Path("/tmp/varve-tables")
ROWS = pa.schema([("id", pa.int64()), ("name", pa.string()), ("day", pa.string())])


def rows(first, end, day):
    ids = range(first, end)
    columns = {"id": list(ids), "name": [f"trip {i}" if i % 3 else None for i in ids], "day": [day] * len(ids)}
    return pa.table(columns, schema=ROWS)


def delta():
    """Versions 0 to 4 by day: 10 rows of each of three days, a checkpoint, one day deleted, 5 rows more."""
    path = str(FOLDER / "delta")
    shutil.rmtree(path, ignore_errors=True)
    for number, day in enumerate(["a b", "2", "3"]):
        write_deltalake(path, rows(number * 10, number * 10 + 10, day), partition_by=["day"], mode="append")
    DeltaTable(path).create_checkpoint()
    DeltaTable(path).delete("day = 'a b'")
    write_deltalake(path, rows(30, 35, "3"), mode="append")


def iceberg():
    """Snapshots of 10 and of 25 rows, the second with the tag `two`; then the file of the first 10 is deleted."""
    shutil.rmtree(MADE_AT, ignore_errors=True)
    MADE_AT.mkdir()
    catalog = SqlCatalog("made", uri=f"sqlite:///{MADE_AT}/catalog.db", warehouse=f"file://{MADE_AT}")
    catalog.create_namespace("made")
    table = catalog.create_table("made.iceberg", schema=ROWS, location=f"file://{MADE_AT}/iceberg")
    table.append(rows(0, 10, "a b"))
    table.append(rows(10, 25, "2"))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "two").commit()
    table.delete("id < 10")
    shutil.rmtree(FOLDER / "iceberg", ignore_errors=True)
    shutil.copytree(MADE_AT / "iceberg", FOLDER / "iceberg")
    shutil.rmtree(MADE_AT)


def parted():
    """30 rows in partitions that change: 10 by a bucket of `id`, 10 by that and by the name, 5 of a folder without that column, 5 by nothing."""
    shutil.rmtree(MADE_AT, ignore_errors=True)
    MADE_AT.mkdir()
    catalog = SqlCatalog("made", uri=f"sqlite:///{MADE_AT}/catalog.db", warehouse=f"file://{MADE_AT}")
    catalog.create_namespace("made")
    schema = pa.schema([("id", pa.int64()), ("region", pa.string())])

    def of(first, end):
        ids = range(first, end)
        return pa.table({"id": list(ids), "region": [["eu", "7"][i % 2] for i in ids]}, schema=schema)

    table = catalog.create_table("made.parted", schema=schema, location=f"file://{MADE_AT}/parted")
    with table.update_spec() as update:
        update.add_field("id", BucketTransform(2), "id_bucket")
    table.append(of(0, 10))
    with table.update_spec() as update:
        update.add_identity("region")
    table.append(of(10, 20))
    with table.update_spec() as update:
        update.remove_field("id_bucket")
    old = MADE_AT / "parted" / "old" / "kind=x"
    old.mkdir(parents=True)
    pq.write_table(of(20, 25).select(["id"]), old / "part.parquet")
    table.add_files([f"file://{old}/part.parquet"])
    with table.update_spec() as update:
        update.remove_field("region")
    table.append(of(25, 30))
    shutil.rmtree(FOLDER / "parted", ignore_errors=True)
    shutil.copytree(MADE_AT / "parted", FOLDER / "parted")
    shutil.rmtree(MADE_AT)


delta()
iceberg()
parted()
