"""Lets Ceph's s3-tests judge a gateway that is read only: a plugin of pytest that makes their writes versions of a dataset.

What a test puts into a bucket is added to varve and committed on a branch of the bucket's name before the first request that reads.
Reads go to the gateway as they are, but for the beginning of their keys, `<bucket>/d/`, which is put there and taken off here.
VARVE_S3_REPO is the repository that is served, VARVE_S3_COMMAND the words that start varve, as JSON. The repository has one commit, on a
branch named empty, and ignores /d. With this folder in PYTHONPATH and S3TEST_CONF as their README says:

    pytest -p ceph_writes s3tests/functional/test_s3.py -k 'test_bucket_list or test_ranged or test_get_object or test_object_raw_get'

What then fails asks for what is no reading (ACLs, policies, versioning), for extensions of RGW (unordered lists, x-rgw headers), or reads by
a presigned address, which goes past this plugin.
"""

import hashlib
import json
import os
import shutil
import subprocess
import time

import botocore.client
import pytest

REPO = os.environ["VARVE_S3_REPO"]
VARVE = json.loads(os.environ["VARVE_S3_COMMAND"])
BUCKET = os.path.basename(REPO)
# What the server knows of branches is a second old at most.
FRESH_SECONDS = 1.2

buckets = {}
dirty = set()
call = botocore.client.BaseClient._make_api_call


def run(*words):
    subprocess.run(words, cwd=REPO, check=True, capture_output=True)


def flush(bucket):
    if bucket not in dirty:
        return
    dirty.discard(bucket)
    run("git", "checkout", "-q", "-B", bucket, "empty")
    shutil.rmtree(f"{REPO}/d", ignore_errors=True)
    for key, body in buckets[bucket].items():
        if any(other.startswith(key.rstrip("/") + "/") for other in buckets[bucket]) or len(key) > 200 or "\x0a" in key:
            pytest.skip("these keys cannot be the paths of files")
        path = f"{REPO}/d/{key}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(body)
    if buckets[bucket]:
        run(*VARVE, "add", "--replace", "d")
    run("git", "add", "-A")
    run("git", "commit", "-q", "--allow-empty", "-m", bucket)
    time.sleep(FRESH_SECONDS)


def put(params):
    body = params.get("Body", b"")
    body = body.read() if hasattr(body, "read") else body
    data = body.encode() if isinstance(body, str) else bytes(body)
    buckets[params["Bucket"]][params["Key"]] = data
    dirty.add(params["Bucket"])
    return {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "ResponseMetadata": {"HTTPStatusCode": 200}}


def create(params):
    buckets.setdefault(params["Bucket"], {})
    dirty.add(params["Bucket"])
    return {"ResponseMetadata": {"HTTPStatusCode": 200}}


WRITES = {
    "CreateBucket": create,
    "PutObject": put,
    "DeleteBucket": lambda params: {},
    "DeleteObject": lambda params: {},
    "DeleteObjects": lambda params: {},
    "ListObjectVersions": lambda params: {},
    "ListBuckets": lambda params: {"Buckets": []},
}
NAMES = ("Key", "Prefix", "Marker", "StartAfter")
SHOWN = NAMES + ("NextMarker",)


def shown(value, name, base):
    if isinstance(value, dict):
        return {key: shown(one, key, base) for key, one in value.items()}
    if isinstance(value, list):
        return [shown(one, name, base) for one in value]
    if name in SHOWN and isinstance(value, str):
        return value.removeprefix(base)
    return {BUCKET: base.split("/")[0]}.get(value, value) if name == "Name" else value


def make_api_call(self, operation, params):
    if operation in WRITES and self.meta.service_model.service_name == "s3":
        return WRITES[operation](params)
    bucket = params.get("Bucket")
    if bucket not in buckets:
        return call(self, operation, params)
    flush(bucket)
    base = f"{bucket}/d/"
    given = {name: base + params[name] for name in NAMES if params.get(name) not in (None, "")}
    if operation.startswith("ListObjects"):
        given.setdefault("Prefix", base)
    answer = shown(call(self, operation, {**params, **given, "Bucket": BUCKET}), None, base)
    # Whether a parameter came along is told by the answer, too.
    for name in ("Marker", "StartAfter"):
        if params.get(name) == "" and name in params and operation == {"Marker": "ListObjects", "StartAfter": "ListObjectsV2"}[name]:
            answer.setdefault(name, "")
    return answer


botocore.client.BaseClient._make_api_call = make_api_call
