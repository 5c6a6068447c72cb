"""Profiles a folder of Parquet files by Deequ's ColumnProfilerRunner, as scripts/bench/deequ.mjs asks, and prints how many columns it has."""

import json
import sys

from pyspark.sql import SparkSession

folder, kll = sys.argv[1], sys.argv[2] == "kll"
spark = SparkSession.builder.appName("deequ").getOrCreate()
profiles = spark._jvm.com.amazon.deequ.profiles
run = profiles.ColumnProfilerRunner().onData(spark.read.parquet(folder)._jdf)
if kll:
    run = run.withKLLProfiling()
found = json.loads(profiles.ColumnProfiles.toJson(run.run().profiles().values().toSeq()))
print(len(found["columns"]))
spark.stop()
