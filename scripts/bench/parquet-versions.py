"""Write a table and edited versions of it in Parquet, ordinary and with pages cut by content, for parquet-chunking.mjs.

Usage: python parquet-versions.py FOLDER [ROWS, 2000000]. Needs pyarrow >= 21 and numpy.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

folder = Path(sys.argv[1])
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000_000
random = np.random.default_rng(3)
WORDS = np.array([f"word{n}" for n in range(5000)])


def table_of(count: int) -> pa.Table:
    """Logged events: ids, times, categories, numbers and a text of eight words."""
    text = WORDS[(random.pareto(1.2, (count, 8)) * 20).astype(int) % len(WORDS)]
    joined = text[:, 0]
    for word in text.T[1:]:
        joined = np.char.add(np.char.add(joined, " "), word)
    return pa.table({
        "id": np.arange(count),
        "time": 1_600_000_000_000 + np.cumsum(random.integers(0, 2000, count)),
        "user": random.integers(0, 1_000_000, count),
        "event": np.array(["view", "click", "buy"])[random.integers(0, 3, count)],
        "amount": np.round(random.gamma(2, 20, count), 2),
        "score": random.normal(size=count),
        "text": joined,
    })


def edited(table: pa.Table, at: np.ndarray) -> pa.Table:
    """Another amount and another text in the rows `at`, as when somebody corrects labels."""
    amount = table["amount"].to_numpy().copy()
    amount[at] += 1
    text = np.array(table["text"].to_pylist(), dtype=object)
    text[at] = "corrected"
    return table.set_column(4, "amount", pa.array(amount)).set_column(6, "text", pa.array(text, pa.string()))


base = table_of(rows)
count = rows // 1000
middle = rows // 2
versions = {
    "base": base,
    "rows appended: 1 %": pa.concat_tables([base, table_of(rows // 100)]),
    "rows edited, contiguous: 0.1 %": edited(base, np.arange(middle, middle + count)),
    "rows edited, scattered: 0.1 %": edited(base, np.sort(random.choice(rows, count, replace=False))),
    "one row inserted at the top": pa.concat_tables([base.slice(5, 1), base]),
    "a column added": base.append_column("label", pa.array(random.integers(0, 10, rows))),
}
for codec in ("snappy", "zstd"):
    for kind in ("ordinary", "by content"):
        for at, (name, table) in enumerate(versions.items()):
            path = folder / f"{codec}-{kind.replace(' ', '-')}-{at}.parquet"
            pq.write_table(table, path, compression=codec, use_content_defined_chunking=kind == "by content")
            print(codec, kind, name, path, sep="\t", flush=True)
