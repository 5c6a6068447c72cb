"""Validates what varve wrote by TFDV: reads a list of {schema, stats, previous, serving, anomalies, environment} from standard
input as JSON, prints for each what TFDV found, as a list of [feature, kind]."""
import json
import sys

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2

kind_name = anomalies_pb2.AnomalyInfo.Type.Name


def load(path):
    if path.endswith(".tfrecord"):
        return tfdv.load_statistics(path)
    return tfdv.load_stats_binary(path) if path.endswith(".pb") else tfdv.load_stats_text(path)


def judge(case):
    tfdv.load_anomalies_text(case["anomalies"])
    more = {f"{role}_statistics": load(case[role]) for role in ("previous", "serving") if case.get(role)}
    found = tfdv.validate_statistics(
        load(case["stats"]), tfdv.load_schema_text(case["schema"]), environment=case.get("environment"), **more)
    kinds = [["", kind_name(r.type)] for r in found.dataset_anomaly_info.reason]
    kinds += [["", "NO_DATA_IN_SPAN"]] if found.data_missing else []
    return kinds + [[".".join(info.path.step), kind_name(r.type)] for info in found.anomaly_info.values() for r in info.reason]


print(json.dumps([judge(case) for case in json.load(sys.stdin)]))
