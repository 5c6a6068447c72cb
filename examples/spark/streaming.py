"""Hold each micro-batch of a stream of Spark against a version of a dataset, and leave its figures where Prometheus reads them.

The driver needs `varve` on PATH and a clone of the repository that has the version. Put your own source and sink at the marks, then run
`spark-submit streaming.py`. A batch that Spark runs again after a failure writes the same files anew.
"""

import subprocess
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

REPOSITORY = Path("/srv/data")
BASELINE = "data/rides@v1.0"
# The driver reads here what executors write: a folder that both see.
BATCHES = Path("/shared/batches")
# The text file collector of the node exporter takes files from here.
METRICS = Path("/var/lib/node-exporter")
REPORTS = Path("/srv/reports")
CHECKPOINT = "/shared/checkpoint"


def varve(*words: str) -> int:
    done = subprocess.run(["varve", *words], cwd=REPOSITORY, capture_output=True, text=True)
    # 1 says that there is drift. Everything else that is not 0 stops the stream, which then runs this batch again.
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return done.returncode


def watch(batch: DataFrame, number: int) -> None:
    if batch.isEmpty():
        return
    # The metrics have the name up to the @ as their label, so that all batches are one time series.
    folder = BATCHES / f"rides@{number}"
    batch.write.mode("overwrite").parquet(f"file://{folder}")
    varve("profile", str(folder), "--format", "json", "--output", str(REPORTS / f"profile-{number}.json"))
    metrics = ["--prometheus", str(METRICS / "varve-rides.prom")]
    page = ["--format", "html", "--output", str(REPORTS / f"drift-{number}.html")]
    if varve("drift", BASELINE, str(folder), *metrics, *page) == 1:
        print(f"batch {number} has drifted: {page[-1]}")
    # Your sink: what the stream is for.


def main(spark: SparkSession) -> None:
    # Your source.
    stream = spark.readStream.format("kafka").option("subscribe", "rides").load()
    query = stream.writeStream.foreachBatch(watch).option("checkpointLocation", CHECKPOINT)
    query.trigger(processingTime="1 minute").start().awaitTermination()


if __name__ == "__main__":
    main(SparkSession.builder.getOrCreate())
