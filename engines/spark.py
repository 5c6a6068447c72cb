"""Runs the parts of some work as tasks of a Spark job: each starts varve beside itself and gives back what it prints.

varve starts this file by `spark-submit` with the name of a file of JSON. It decides nothing that varve decides: which
files are in a part, and how parts are put together, is no matter of Spark.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

from pyspark import SparkContext, SparkFiles

# Parts that one task merges. The driver gets no more results than these.
MERGED_AT_ONCE = 16


def run_varve(request, words, folder, given=None):
    """What varve prints. Whatever fails is raised, so that Spark tries again where its settings say so."""
    # Where Spark has unpacked what came by --archives.
    shipped = os.path.abspath(os.path.join(SparkFiles.getRootDirectory(), "varve"))
    command = [word.replace("{shipped}", shipped) for word in request["command"]]
    if not os.access(command[0], os.X_OK):
        # Spark unpacks without the permissions.
        os.chmod(command[0], 0o755)
    environment = {**os.environ, **request["variables"]}
    done = subprocess.run(
        command + words,
        cwd=folder,
        env=environment,
        input=(given or "").encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or f"varve ended by {done.returncode}"
        raise RuntimeError(f"<<varve:{said}>>")
    return done.stdout


def do_part(request, part, of):
    """The bytes of one part."""
    folder = request["folder"]
    if not os.path.isdir(folder):
        raise RuntimeError(f"<<varve:{folder} is not a folder of this machine: every worker has to see the data>>")
    work = request["work"]
    words = [f"{part}/{of}" if word == "{part}" else word for word in work["words"]]
    return run_varve(request, words, folder, work["input"])


def merge_parts(request, parts):
    """The bytes of one part that stands for several."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "parts")
        with open(path, "wb") as file:
            file.writelines(parts)
        words = [path if word == "{parts}" else word for word in request["work"]["merge"]]
        return run_varve(request, words, folder)


def merged(request, parts, count):
    """Parts by their numbers from 0, merged as a tree until they are few."""
    while request["work"]["merge"] is not None and count > MERGED_AT_ONCE:
        count = -(-count // MERGED_AT_ONCE)
        grouped = parts.map(lambda part: (part[0] // MERGED_AT_ONCE, part[1]))
        parts = grouped.groupByKey(count, lambda group: group).mapValues(lambda some: merge_parts(request, some))
    return parts


def main(path):
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    context = SparkContext(appName="varve profile")
    of = request["parts"] or 2 * context.defaultParallelism
    numbers = context.parallelize(range(of), of)
    try:
        parts = merged(request, numbers.map(lambda part: (part, do_part(request, part + 1, of))), of).values().collect()
    except Exception as error:  # pylint: disable=broad-exception-caught
        said = re.search(r"RuntimeError: <<varve:(.*?)>>", str(error), re.DOTALL)
        if said is None:
            raise
        with open(request["failure"], "w", encoding="utf-8") as file:
            file.write(said.group(1))
        sys.exit(1)
    finally:
        context.stop()
    with open(request["output"], "wb") as file:
        file.writelines(parts)


if __name__ == "__main__":
    main(sys.argv[1])
