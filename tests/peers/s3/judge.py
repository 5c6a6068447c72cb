"""Reads a version through a gateway by each Python client of S3 that is installed, and prints what each of them saw, as JSON.

Arguments: endpoint, access key, secret key, bucket, revision.
"""

import glob
import hashlib
import importlib.util
import io
import json
import os
import sys
import urllib.request

endpoint, key, secret, bucket, revision = sys.argv[1:]
host = endpoint.split("//")[1]
base = f"{bucket}/{revision}"
seen = {}


def judge(module):
    def run(look):
        if importlib.util.find_spec(module) is not None:
            seen[module] = look()

    return run


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@judge("boto3")
def _():
    import boto3
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    s3 = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        region_name="us-east-1",
        config=Config(signature_version="s3v4"),
    )
    whole = io.BytesIO()
    # Several ranges at a time, as for every large download.
    parts = TransferConfig(multipart_threshold=100_000, multipart_chunksize=100_000)
    s3.download_fileobj(bucket, f"{revision}/table.parquet", whole, Config=parts)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{revision}/", PaginationConfig={"PageSize": 2})
    address = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": f"{revision}/x.csv"}, ExpiresIn=60)
    return {
        "keys": [item["Key"].split("/", 1)[1] for page in pages for item in page["Contents"]],
        "table": sha256(whole.getvalue()),
        "presigned": urllib.request.urlopen(address).read().decode(),
    }


@judge("s3fs")
def _():
    import s3fs

    fs = s3fs.S3FileSystem(key=key, secret=secret, client_kwargs={"endpoint_url": endpoint, "region_name": "us-east-1"})
    with fs.open(f"{base}/table.parquet") as file:
        file.seek(1000)
        part = file.read(1234)
    return {
        "keys": sorted(path.removeprefix(f"{base}/") for path in fs.find(base)),
        "table": sha256(fs.cat(f"{base}/table.parquet")),
        "part": sha256(part),
    }


@judge("pyarrow")
def _():
    import pyarrow.dataset
    import pyarrow.fs
    import pyarrow.parquet

    fs = pyarrow.fs.S3FileSystem(access_key=key, secret_key=secret, endpoint_override=host, scheme="http", region="us-east-1")
    days = pyarrow.dataset.dataset(f"{base}/days", filesystem=fs, format="parquet", partitioning="hive")
    return {"rows": pyarrow.parquet.read_table(f"{base}/table.parquet", filesystem=fs).num_rows, "days": days.to_table().num_rows}


@judge("polars")
def _():
    import polars

    options = {
        "aws_access_key_id": key,
        "aws_secret_access_key": secret,
        "aws_endpoint_url": endpoint,
        "aws_region": "us-east-1",
        "aws_allow_http": "true",
    }
    count = lambda path: polars.scan_parquet(f"s3://{base}/{path}", storage_options=options).select(polars.len()).collect().item()
    return {"rows": count("table.parquet"), "days": count("days/**/*.parquet")}


@judge("duckdb_extension_httpfs")
def _():
    import duckdb
    import duckdb_extension_httpfs

    folder = os.path.dirname(duckdb_extension_httpfs.__file__)
    (extension,) = glob.glob(f"{folder}/extensions/**/*.duckdb_extension", recursive=True)
    db = duckdb.connect()
    db.execute(f"load '{extension}'")
    db.execute(
        f"create secret (type s3, key_id '{key}', secret '{secret}', endpoint '{host}', use_ssl false, url_style 'path', region 'us-east-1')"
    )
    count = lambda path: db.sql(f"select count(*) from read_parquet('s3://{base}/{path}', hive_partitioning=true)").fetchone()[0]
    return {"rows": count("table.parquet"), "days": count("days/*/*.parquet")}


@judge("ray")
def _():
    os.environ.update(RAY_TMPDIR="/tmp", RAY_USAGE_STATS_ENABLED="0")
    import pyarrow.fs
    import ray
    import ray.data

    ray.init(num_cpus=2, object_store_memory=200_000_000, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    fs = pyarrow.fs.S3FileSystem(access_key=key, secret_key=secret, endpoint_override=host, scheme="http", region="us-east-1")
    count = lambda path: ray.data.read_parquet(f"{base}/{path}", filesystem=fs).count()
    found = {"rows": count("table.parquet"), "days": count("days")}
    ray.shutdown()
    return found


print(json.dumps(seen))
