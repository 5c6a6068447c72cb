"""Writes fixtures/drift/measures.json: distances as SciPy and Evidently's formulas give them, to check varve's against.

Usage: python scripts/make-drift-fixtures.py   (needs evidently, with a pandas below 3, and what it brings: scipy, numpy)
"""
import json
import pathlib

import numpy as np
import pandas as pd
from evidently.legacy.calculations import stattests
from evidently.legacy.core import ColumnType
from scipy import stats
from scipy.spatial import distance

random = np.random.default_rng(20240607)


def numbers(name, before, after):
    before, after = np.round(before, 6), np.round(after, 6)
    return {
        "name": name,
        "before": before.tolist(),
        "after": after.tolist(),
        "kolmogorovSmirnov": float(stats.ks_2samp(before, after).statistic),
        "wasserstein": float(stats.wasserstein_distance(before, after)),
        # Evidently: Wasserstein distance over the standard deviation of the reference.
        "wassersteinNormed": float(stats.wasserstein_distance(before, after) / np.std(before)),
    }


def counts(name, before, after):
    p, q = np.array(before) / sum(before), np.array(after) / sum(after)
    test = stats.chi2_contingency(np.array([before, after]), correction=False)
    floored = [np.where(x == 0, 1e-4, x) for x in (p, q)]
    return {
        "name": name,
        "before": before,
        "after": after,
        "lInfinity": float(np.max(np.abs(p - q))),
        # SciPy and Evidently give the square root of the divergence; TFDV the divergence in bits.
        "jensenShannonDistance": float(distance.jensenshannon(p, q, base=2)),
        "hellinger": float(np.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2)),
        "psi": float(np.sum((floored[1] - floored[0]) * np.log(floored[1] / floored[0]))),
        "chiSquare": float(test.statistic),
        "chiSquareP": float(test.pvalue),
    }


def evidently_value(test, before, after, kind):
    """Evidently's own value for two columns. It tells kinds apart by the enumeration only: a string counts as numeric."""
    return float(test.func(pd.Series(before), pd.Series(after), kind, 0.1)[0])


def evidently_categorical(case):
    sides = [np.repeat(np.arange(len(side)), side) for side in (case["before"], case["after"])]
    of = lambda test: evidently_value(test, *sides, ColumnType.Categorical)
    return {
        "jensenShannonDistance": of(stattests.jensenshannon_stat_test),
        "hellinger": of(stattests.hellinger_stat_test),
        "psi": of(stattests.psi_stat_test),
    }


def evidently_numeric(case):
    of = lambda test: evidently_value(test, case["before"], case["after"], ColumnType.Numerical)
    return {"wassersteinNormed": of(stattests.wasserstein_stat_test), "kolmogorovSmirnovP": of(stattests.ks_stat_test)}


tails = [
    {"x": float(x), "df": float(df), "p": float(stats.chi2.sf(x, df))}
    for x in (0.01, 0.5, 1, 3.84, 10, 30, 100, 400)
    for df in (1, 2, 3.5, 10, 40, 200)
    if stats.chi2.sf(x, df) > 1e-300
]
student = [
    {"t": float(t), "df": df, "p": float(2 * stats.t.sf(t, df))} for t in (0.5, 1, 2, 3, 5) for df in (20, 50, 200, 5000)
]
categorical = [
    counts("a share moves", [500, 300, 150, 50], [420, 330, 180, 70]),
    counts("a value is new", [700, 200, 100, 0], [650, 190, 100, 60]),
    counts("a value is gone", [25, 50, 25], [0, 300, 100]),
    counts("many values", random.multinomial(5000, np.ones(60) / 60).tolist(), random.multinomial(8000, np.ones(60) / 60).tolist()),
]
numeric = [
    numbers("normal, shifted", random.normal(0, 1, 400), random.normal(0.2, 1, 300)),
    numbers("normal, wider", random.normal(10, 1, 300), random.normal(10, 2, 500)),
    numbers("exponential", random.exponential(3, 500), random.exponential(4, 200)),
    numbers("integers with ties", random.integers(0, 20, 300).astype(float), random.integers(0, 25, 400).astype(float)),
    numbers("apart", random.uniform(-5, -1, 200), random.uniform(1, 5, 200)),
]
fixture = {
    "tails": tails,
    "student": student,
    "numeric": [{**case, "evidently": evidently_numeric(case)} for case in numeric],
    "categorical": [{**case, "evidently": evidently_categorical(case)} for case in categorical],
}
path = pathlib.Path(__file__).parent.parent / "fixtures" / "drift" / "measures.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(fixture) + "\n")
print(path)
