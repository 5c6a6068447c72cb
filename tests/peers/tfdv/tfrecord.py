"""Writes TFRecords by TensorFlow to the folder that is named, and prints what TFDV finds in each as JSON: by the name of the file, the
number of examples and of each feature the numbers that both programs have."""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import statistics_pb2

folder = sys.argv[1]


def feature(values):
    if values is None:
        return tf.train.Feature()
    if isinstance(values, str):
        return tf.train.Feature(int64_list=tf.train.Int64List())
    if isinstance(values[0], bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if isinstance(values[0], float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def row(i):
    features = {
        "id": [i * 10**12],
        "fare": [((i * 37) % 101) / 4 - 5],
        "company": [b"company %d" % (i % 7)],
        "stops": [(i + k) % 5 for k in range(i % 4)] or "empty",
        "vector": [i / 8, -i / 8, 0.0],
        "words": [b"w%d" % (k * i % 11) for k in range(1 + i % 3)],
        "tips": None if i % 5 == 0 else [float(i % 9)],
    }
    if i % 3 == 0:
        features["rare"] = [1]
    return {name: feature(values) for name, values in features.items()}


def write(name, rows, compression=None):
    path = os.path.join(folder, name)
    with tf.io.TFRecordWriter(path, compression) as writer:
        for each in rows:
            writer.write(tf.train.Example(features=tf.train.Features(feature=each)).SerializeToString())
    return path


def numbers(one):
    kind = one.WhichOneof("stats")
    stats = getattr(one, kind)
    common = stats.common_stats
    found = {
        "type": statistics_pb2.FeatureNameStatistics.Type.Name(one.type),
        "present": common.num_non_missing,
        "missing": common.num_missing,
        "minValues": common.min_num_values,
        "maxValues": common.max_num_values,
        "values": common.tot_num_values,
    }
    if kind == "num_stats":
        return {**found, "min": stats.min, "max": stats.max, "mean": stats.mean, "deviation": stats.std_dev, "zeros": stats.num_zeros}
    top = [[str(each.value), each.frequency] for each in stats.top_values]
    return {**found, "distinct": stats.unique, "length": stats.avg_length, "top": top}


def judge(path):
    data = tfdv.generate_statistics_from_tfrecord(path).datasets[0]
    return {"rows": data.num_examples, "features": {each.path.step[0]: numbers(each) for each in data.features}}


paths = [
    write("plain.tfrecord", map(row, range(2500))),
    write("packed.tfrecord.gz", map(row, range(700)), "GZIP"),
]
# Beam, which reads for TFDV, does not tell this one by its bytes.
write("zlib.tfrecord", map(row, range(2500)), "ZLIB")
with tf.io.TFRecordWriter(os.path.join(folder, "sequence.tfrecord")) as writer:
    for i in range(50):
        lists = {"tokens": tf.train.FeatureList(feature=[feature([b"t%d" % (k % 4)]) for k in range(i % 6)])}
        writer.write(
            tf.train.SequenceExample(
                context=tf.train.Features(feature={"id": feature([i])}), feature_lists=tf.train.FeatureLists(feature_list=lists)
            ).SerializeToString()
        )

try:
    from tensorflow_serving.apis import prediction_log_pb2

    with tf.io.TFRecordWriter(os.path.join(folder, "log.tfrecord")) as writer:
        for i in range(40):
            log = prediction_log_pb2.PredictionLog()
            log.predict_log.request.model_spec.name = "taxi"
            inputs = log.predict_log.request.inputs
            inputs["fare"].CopyFrom(tf.make_tensor_proto([[i / 2], [i / 4]], dtype=tf.float32))
            inputs["id"].CopyFrom(tf.make_tensor_proto([i, -i], dtype=tf.int64))
            inputs["name"].CopyFrom(tf.make_tensor_proto([b"a", b"b"]))
            inputs["same"].CopyFrom(tf.make_tensor_proto([[7, 7], [7, 7]], dtype=tf.int32))
            log.predict_log.response.outputs["score"].CopyFrom(tf.make_tensor_proto([0.5, 0.5]))
            writer.write(log.SerializeToString())
except ImportError:
    pass

print(json.dumps({os.path.basename(path): judge(path) for path in paths}))
