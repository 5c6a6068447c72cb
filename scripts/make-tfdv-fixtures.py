#!/usr/bin/env python3
"""Makes fixtures/tfdv/ by TensorFlow Data Validation itself: one folder for each kind of anomaly that varve reports.

    python -m pip install tensorflow-data-validation && python scripts/make-tfdv-fixtures.py fixtures/tfdv [KIND…]

Each folder holds data.json (the columns; a list is a row of several values), schema.pbtxt, stats.pbtxt and what TFDV
says, anomalies.pbtxt; where the kind compares two datasets, previous.pbtxt or serving.pbtxt as well. The data is made
up here, row by row, so the fixtures are as free as varve.
"""
import json
import math
import os
import sys

import pyarrow as pa
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2

ROWS = 40
NAMES = ["AA", "DL", "UA", "B6"]
TYPES = {"int": pa.int64(), "float": pa.float64(), "text": pa.binary()}


def column(kind, values):
    return {"type": kind, "values": values}


def ints(make=lambda i: i % 7):
    return column("int", [make(i) for i in range(ROWS)])


def floats(make=lambda i: i / 4):
    return column("float", [make(i) for i in range(ROWS)])


def texts(make=lambda i: NAMES[i % 4]):
    return column("text", [make(i) for i in range(ROWS)])


def feature(rest, kind="BYTES", name="x"):
    return 'feature { name: "%s" type: %s %s }' % (name, kind, rest)


DOMAIN = 'string_domain { value: "AA" value: "DL" value: "UA" }'
OTHER = texts(lambda i: NAMES[0] if i < 30 else NAMES[1])

# kind or kind-variant: (columns, schema, more)
CASES = {
    "BOOL_TYPE_BIG_INT": ({"x": ints()}, feature("bool_domain {}", "INT"), {}),
    "BOOL_TYPE_SMALL_INT": ({"x": ints(lambda i: -(i % 2))}, feature("bool_domain {}", "INT"), {}),
    "BOOL_TYPE_UNEXPECTED_STRING": ({"x": texts(lambda i: ["yes", "no", "maybe"][i % 3])},
                                    feature('bool_domain { true_value: "yes" false_value: "no" }'), {}),
    "BOOL_TYPE_UNEXPECTED_FLOAT": ({"x": floats(lambda i: [0.0, 1.0, 0.5][i % 3])}, feature("bool_domain {}", "FLOAT"), {}),
    "BOOL_TYPE_UNEXPECTED_STRING-wordless": ({"x": texts(lambda i: ["yes", "no"][i % 2])}, feature("bool_domain {}"), {}),
    "BOOL_TYPE_BIG_INT-words": ({"x": ints()}, feature('bool_domain { true_value: "yes" }', "INT"), {}),
    "BOOL_TYPE_UNEXPECTED_FLOAT-words": ({"x": floats()}, feature('bool_domain { true_value: "y" false_value: "n" }', "FLOAT"), {}),
    "BOOL_TYPE_UNEXPECTED_STRING-same": ({"x": texts(lambda i: ["yes", "no"][i % 2])},
                                         feature('bool_domain { true_value: "yes" false_value: "yes" }'), {}),
    "NO_DATA_IN_SPAN": ({"x": column("int", [])}, feature("presence { min_count: 1 }", "INT"), {}),
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": ({"x": texts()}, feature(DOMAIN), {}),
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES-mass": (
        {"x": texts(lambda i: "ZZ" if i == 7 else "AA"), "y": texts(lambda i: "ZZ" if i < 9 else "AA")},
        feature(DOMAIN + " distribution_constraints { min_domain_mass: 0.9 }")
        + feature('domain: "names" distribution_constraints { min_domain_mass: 0.9 }', name="y")
        + 'string_domain { name: "names" value: "AA" }', {}),
    "FEATURE_TYPE_HIGH_NUMBER_VALUES": ({"x": column("int", [[1] * (1 + i % 3) for i in range(ROWS)])},
                                        feature("value_count { min: 1 max: 2 }", "INT"), {}),
    "FEATURE_TYPE_LOW_NUMBER_VALUES": ({"x": column("int", [[1] * (1 + i % 3) for i in range(ROWS)])},
                                       feature("value_count { min: 2 max: 3 }", "INT"), {}),
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": ({"x": ints(lambda i: None if i % 4 == 0 else i)},
                                          feature("presence { min_fraction: 0.9 }", "INT"), {}),
    "FEATURE_TYPE_LOW_FRACTION_PRESENT-all": ({"x": ints(lambda i: None if i == 3 else i)},
                                              feature("presence { min_fraction: 1 }", "INT"), {}),
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": ({"x": ints(lambda i: i if i < 5 else None)},
                                        feature("presence { min_count: 10 }", "INT"), {}),
    "FEATURE_TYPE_NOT_PRESENT": ({"x": ints(lambda i: None), "y": ints()},
                                 feature("presence { min_count: 1 }", "INT") + feature("", "INT", "y"), {}),
    "FEATURE_TYPE_HIGH_UNIQUE": ({"x": texts()}, feature("unique_constraints { min: 1 max: 3 }"), {}),
    "FEATURE_TYPE_LOW_UNIQUE": ({"x": texts()}, feature("unique_constraints { min: 5 max: 9 }"), {}),
    "FLOAT_TYPE_BIG_FLOAT": ({"x": floats()}, feature("float_domain { max: 5 }", "FLOAT"), {}),
    "FLOAT_TYPE_SMALL_FLOAT": ({"x": floats()}, feature("float_domain { min: 0.25 }", "FLOAT"), {}),
    "FLOAT_TYPE_STRING_NOT_FLOAT": ({"x": texts(lambda i: "1.5" if i else "much")}, feature("float_domain {}"), {}),
    "FLOAT_TYPE_BIG_FLOAT-text": ({"x": texts(lambda i: str(i / 2))}, feature("float_domain { min: 0 max: 3.5 }"), {}),
    "FLOAT_TYPE_HAS_NAN": ({"x": floats(lambda i: math.nan if i == 3 else i / 2)},
                           feature("float_domain { disallow_nan: true }", "FLOAT"), {}),
    "FLOAT_TYPE_HAS_INF": ({"x": floats(lambda i: math.inf if i == 3 else i / 2)},
                           feature("float_domain { disallow_inf: true }", "FLOAT"), {}),
    "INT_TYPE_BIG_INT": ({"x": ints()}, feature("int_domain { max: 5 }", "INT"), {}),
    "INT_TYPE_SMALL_INT": ({"x": ints()}, feature("int_domain { min: 1 }", "INT"), {}),
    "INT_TYPE_NOT_INT_STRING": ({"x": texts(lambda i: "15" if i else "1.5")}, feature("int_domain {}"), {}),
    "SCHEMA_MISSING_COLUMN": ({"x": ints()}, feature("", "INT") + feature("presence { min_count: 1 }", name="gone"), {}),
    "SCHEMA_MISSING_COLUMN-environment": (
        {"x": ints()},
        feature("", "INT") + feature('presence { min_count: 1 } not_in_environment: "SERVING"', name="label")
        + feature("presence { min_count: 1 }", name="gone") + 'default_environment: "TRAINING" default_environment: "SERVING"',
        {"environment": "SERVING"}),
    "SCHEMA_NEW_COLUMN": ({"x": ints(), "new": texts()}, feature("", "INT"), {}),
    "SCHEMA_NEW_COLUMN-environment": (
        {"x": ints(), "label": ints()},
        feature("", "INT") + feature('not_in_environment: "SERVING"', "INT", "label")
        + 'default_environment: "TRAINING" default_environment: "SERVING"', {"environment": "SERVING"}),
    "COMPARATOR_CONTROL_DATA_MISSING": ({"x": texts()}, feature("drift_comparator { infinity_norm { threshold: 0.1 } }"),
                                        {"previous": {"y": ints()}}),
    "COMPARATOR_L_INFTY_HIGH": ({"x": texts()}, feature("drift_comparator { infinity_norm { threshold: 0.1 } }"),
                                {"previous": {"x": OTHER}}),
    "COMPARATOR_L_INFTY_HIGH-skew": ({"x": texts()}, feature("skew_comparator { infinity_norm { threshold: 0.1 } }"),
                                     {"serving": {"x": OTHER}}),
    "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH": (
        {"x": texts()}, feature("drift_comparator { normalized_abs_difference { threshold: 0.1 } }"), {"previous": {"x": OTHER}}),
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH": (
        {"x": floats(), "y": texts()},
        feature("drift_comparator { jensen_shannon_divergence { threshold: 0.1 } }", "FLOAT")
        + feature("drift_comparator { jensen_shannon_divergence { threshold: 0.1 } }", name="y"),
        {"previous": {"x": floats(lambda i: i * i / 90), "y": OTHER}}),
    "COMPARATOR_LOW_NUM_EXAMPLES": (
        {"x": column("int", [1, 2, 3])},
        feature("", "INT") + "dataset_constraints { num_examples_drift_comparator { min_fraction_threshold: 0.5 } }",
        {"previous": {"x": ints()}}),
    "COMPARATOR_HIGH_NUM_EXAMPLES": (
        {"x": ints()},
        feature("", "INT") + "dataset_constraints { num_examples_drift_comparator { max_fraction_threshold: 2 } }",
        {"previous": {"x": column("int", [1, 2, 3])}}),
    "DATASET_LOW_NUM_EXAMPLES": ({"x": ints()}, feature("", "INT") + "dataset_constraints { min_examples_count: 100 }", {}),
    "DATASET_HIGH_NUM_EXAMPLES": (
        {"x": ints()}, feature("", "INT") + "dataset_constraints { min_examples_count: 1 max_examples_count: 10 }", {}),
    "VALUE_NESTEDNESS_MISMATCH": (
        {"x": column("int", [[1, 2] for _ in range(ROWS)])},
        feature("value_counts { value_count { min: 1 } value_count { min: 1 } }", "INT"), {}),
    "DOMAIN_INVALID_FOR_TYPE": ({"x": floats()}, feature(DOMAIN, "FLOAT"), {}),
    "FEATURE_MISSING_TYPE": ({"x": ints()}, 'feature { name: "x" presence { min_count: 1 } }', {}),
    "INVALID_SCHEMA_SPECIFICATION": ({"x": ints()}, feature("presence { min_fraction: 1.5 }", "INT"), {}),
    "INVALID_SCHEMA_SPECIFICATION-mass": (
        {"x": ints()}, feature("distribution_constraints { min_domain_mass: 0.9 }", "INT"), {}),
    "INVALID_DOMAIN_SPECIFICATION": ({"x": texts()}, feature('domain: "nowhere"'), {}),
    "UNEXPECTED_DATA_TYPE": ({"x": texts(), "y": floats()}, feature("", "INT") + feature("", name="y"), {}),
    "INVALID_FEATURE_SHAPE": (
        {"x": ints(lambda i: None if i == 3 else i), "y": column("int", [[1, 2, 3] for _ in range(ROWS)])},
        feature("shape { dim { size: 1 } }", "INT") + feature("shape { dim { size: 2 } dim { size: 2 } }", "INT", "y"), {}),
    "none-deprecated": ({"x": texts()}, feature(DOMAIN + " lifecycle_stage: DEPRECATED")
                        + feature(DOMAIN + " lifecycle_stage: ALPHA presence { min_count: 1 }", name="y"), {}),
    "none-inferred": ({"x": texts(), "y": ints(lambda i: i % 2), "z": floats(lambda i: None if i == 3 else i / 2)}, None, {}),
}


def batch(columns):
    arrays = []
    for each in columns.values():
        rows = [v if isinstance(v, list) or v is None else [v] for v in each["values"]]
        coded = [None if r is None else [v.encode() if isinstance(v, str) else v for v in r] for r in rows]
        arrays.append(pa.array(coded, type=pa.large_list(TYPES[each["type"]])))
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def statistics(columns, schema):
    options = tfdv.StatsOptions(schema=schema, num_histogram_buckets=10)
    return stats_impl.generate_statistics_in_memory(batch(columns), options)


def plain(columns):
    def cell(value):
        return str(value) if isinstance(value, float) and not math.isfinite(value) else value

    return {name: {"type": each["type"], "values": [cell(v) for v in each["values"]]} for name, each in columns.items()}


def make(root, name, columns, schema_text, more):
    folder = os.path.join(root, name)
    os.makedirs(folder, exist_ok=True)
    if schema_text is None:
        schema = tfdv.infer_schema(statistics(columns, None))
    else:
        schema = text_format.Parse(schema_text, schema_pb2.Schema())
    data = {"columns": plain(columns)}
    stats = {"statistics": statistics(columns, None)}
    for role in ("previous", "serving"):
        if role in more:
            stats[f"{role}_statistics"] = statistics(more[role], None)
            data[role] = plain(more[role])
    if "environment" in more:
        data["environment"] = more["environment"]
    found = tfdv.validate_statistics(schema=schema, environment=more.get("environment"), **stats)
    found.ClearField("baseline")
    with open(os.path.join(folder, "data.json"), "w") as file:
        json.dump(data, file, separators=(",", ":"))
        file.write("\n")
    texts_out = {"schema": schema, "anomalies": found}
    texts_out.update({key.replace("_statistics", "").replace("statistics", "stats"): value for key, value in stats.items()})
    for key, message in texts_out.items():
        with open(os.path.join(folder, f"{key}.pbtxt"), "w") as file:
            file.write(text_format.MessageToString(message))
    reasons = [f"{key}: {[r.short_description for r in info.reason]}" for key, info in sorted(found.anomaly_info.items())]
    print(name, reasons, [r.short_description for r in found.dataset_anomaly_info.reason])


if __name__ == "__main__":
    root, *names = sys.argv[1:]
    for case, (columns_of, schema_of, more_of) in CASES.items():
        if not names or case in names:
            make(root, case, columns_of, schema_of, more_of)
