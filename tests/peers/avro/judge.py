"""Writes Avro files by fastavro to the folder that is named, reads them again, and prints of each column, as JSON, its nulls, its number
of different values, and the least and greatest as text."""
import datetime
import decimal
import json
import os
import sys
import uuid

import fastavro

decimal.getcontext().prec = 60
folder = sys.argv[1]


def field(key, kind, **more):
    return {"name": key, "type": {"type": kind, **more} if more else kind}


SUB = {"type": "record", "name": "Sub", "fields": [field("p", "int"), {"name": "q", "type": ["null", {"type": "array", "items": "string"}]}]}
SCHEMA = {
    "type": "record",
    "name": "Row",
    "namespace": "org.example",
    "fields": [
        field("i", "int"),
        field("l", "long"),
        field("f", "float"),
        field("d", "double"),
        field("b", "boolean"),
        field("s", "string"),
        {"name": "o", "type": ["null", "string"], "default": None},
        {"name": "u", "type": ["null", "long", "string"]},
        field("e", "enum", name="E", symbols=["A", "B", "C"]),
        field("a", "array", items=["null", "int"]),
        field("m", "map", values="double"),
        {"name": "r", "type": SUB},
        {"name": "r2", "type": ["null", "Sub"]},
        field("dec", "bytes", logicalType="decimal", precision=10, scale=2),
        field("decf", "fixed", name="DF", size=16, logicalType="decimal", precision=38, scale=5),
        field("date", "int", logicalType="date"),
        field("tm", "int", logicalType="time-millis"),
        field("tsm", "long", logicalType="timestamp-millis"),
        {"name": "tsu", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]},
        field("lts", "long", logicalType="local-timestamp-micros"),
        field("id", "string", logicalType="uuid"),
    ],
}


def row(i):
    time = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=i * 97)
    exact = time.replace(microsecond=i)
    return {
        "i": i - 5, "l": (i - 5) * 10**15, "f": i / 2, "d": i / 3, "b": i % 2 == 0, "s": "t" * (i % 30) + "é",
        "o": None if i % 3 == 0 else "opt", "u": [None, i, "str"][i % 3], "e": "ABC"[i % 3],
        "a": [None if j == 1 else j for j in range(i % 4)], "m": {"k": i / 4},
        "r": {"p": i, "q": None if i % 2 else ["x", "y"]}, "r2": None if i % 5 == 0 else {"p": 1, "q": ["z"]},
        "dec": decimal.Decimal(i - 50) / 100,
        "decf": (decimal.Decimal(i) * decimal.Decimal("12345678901234567890") / 100000) * (-1 if i % 2 else 1),
        "date": time.date(), "tm": time.time(), "tsm": time, "tsu": None if i % 7 == 0 else exact,
        "lts": exact.replace(tzinfo=None), "id": str(uuid.UUID(int=i)),
    }


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f") + ("Z" if value.tzinfo else "")
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S")
    return str(value)


def column(values):
    there = [value for value in values if value is not None]
    ordered = sorted(there)
    return {"nulls": len(values) - len(there), "distinct": len(set(there)), "min": text(ordered[0]), "max": text(ordered[-1])}


def columns(rows):
    flat = {}
    for name in rows[0]:
        if name in ("u", "a", "m", "r", "r2"):
            continue
        flat[name] = column([each[name] for each in rows])
    flat["u.long"] = column([each["u"] if isinstance(each["u"], int) else None for each in rows])
    flat["u.string"] = column([each["u"] if isinstance(each["u"], str) else None for each in rows])
    flat["r.p"] = column([each["r"]["p"] for each in rows])
    flat["r2.p"] = column([each["r2"]["p"] if each["r2"] else None for each in rows])
    return flat


found = {}
# snappy and zstandard take packages that fastavro need not have.
for codec in ["null", "deflate", "snappy", "zstandard"]:
    path = os.path.join(folder, f"{codec}.avro")
    try:
        with open(path, "wb") as file:
            fastavro.writer(file, SCHEMA, (row(i) for i in range(1500)), codec=codec, sync_interval=4000)
    except ValueError:
        continue
    with open(path, "rb") as file:
        found[f"{codec}.avro"] = columns(list(fastavro.reader(file)))
print(json.dumps(found))
