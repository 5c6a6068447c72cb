import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** How a program of Python begins that has Spark write tables below `folder`, and what it shows of them below `truth`: both are its words, and jars. */
export const SPARK_BUILDER = `
import json, sys
from pyspark.sql import SparkSession
folder, truth, jars = sys.argv[1:4]
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.jars", jars)
builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "1")
builder = builder.config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
`;

/** Behind that: a session whose tables are of Delta Lake, by their paths. */
export const DELTA_SESSION = `
builder = builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension").config("spark.databricks.delta.snapshotPartitions", "1")
spark = builder.config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog").getOrCreate()
`;

/** Behind that: a session whose tables `made.db.…` are of Iceberg. */
export const ICEBERG_SESSION = `
builder = builder.config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
builder = builder.config("spark.sql.catalog.made", "org.apache.iceberg.spark.SparkCatalog").config("spark.sql.catalog.made.type", "hadoop")
spark = builder.config("spark.sql.catalog.made.warehouse", folder).getOrCreate()
`;

/** The files of a folder as Spark takes jars. */
export function jarsIn(folder: string): string {
  if (!existsSync(folder)) throw new Error(`${folder} is not there`);
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .join(',');
}
