#!/usr/bin/env python3
"""Makes fixtures/arrow/ by pyarrow: one small table, plain and compressed in each way that Feather has.

    python -m pip install pyarrow && python scripts/make-arrow-fixtures.py fixtures/arrow
"""
import datetime
import decimal
import sys

import pyarrow as pa
from pyarrow import feather

ROWS = 600
START = datetime.datetime(2024, 1, 1)
table = pa.table({
    "id": pa.array([2**62 + i for i in range(ROWS)]),
    "name": pa.array([None if i % 7 == 0 else f"name {i % 3}" for i in range(ROWS)]),
    "price": pa.array([decimal.Decimal(i) / 100 for i in range(ROWS)], pa.decimal128(20, 2)),
    "at": pa.array([START + datetime.timedelta(minutes=i) for i in range(ROWS)], pa.timestamp("us", "Europe/Vienna")),
    "tags": pa.array([["x"] * (i % 3) for i in range(ROWS)]),
    "kind": pa.array([f"kind {i % 4}" for i in range(ROWS)]).dictionary_encode(),
})
for compression in ("uncompressed", "lz4", "zstd"):
    feather.write_feather(table, f"{sys.argv[1]}/{compression}.feather", compression=compression, chunksize=250)
feather.write_feather(table.select(["name"]), f"{sys.argv[1]}/version-1.feather", version=1)
