"""Runs the parts of some work as tasks of Ray: each starts varve beside itself and gives back what it prints.

varve starts this file by the Python that has Ray, with the name of a file of JSON. It decides nothing that varve decides: which
files are in a part, and how parts are put together, is no matter of Ray.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import ray

# Parts that one task merges. The driver gets no more results than these.
MERGED_AT_ONCE = 16


def unpacked(archive):
    """The folder in which this node has what came from where the job was started; tasks of one node share it."""
    place = os.path.join(tempfile.gettempdir(), f"varve-{os.getuid()}-{archive['sha256']}")
    if not os.path.isdir(place):
        made = tempfile.mkdtemp(prefix="varve-")
        try:
            file = os.path.join(made, "varve.tar")
            with open(file, "wb") as target:
                for piece in archive["pieces"]:
                    target.write(ray.get(piece))
            with tarfile.open(file) as tar:
                tar.extractall(os.path.join(made, "varve"), filter="data")
            try:
                os.rename(os.path.join(made, "varve"), place)
            except OSError:
                # Another task was first.
                if not os.path.isdir(place):
                    raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return place


def run_varve(request, archive, words, folder, given=None):
    """What varve prints. Whatever fails is raised, so that Ray tries again."""
    shipped = "" if archive is None else unpacked(archive)
    command = [word.replace("{shipped}", shipped) for word in request["command"]]
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


def do_part(request, archive, part, of):
    """The bytes of one part."""
    folder = request["folder"]
    if not os.path.isdir(folder):
        raise RuntimeError(f"<<varve:{folder} is not a folder of this machine: every node has to see the data>>")
    work = request["work"]
    words = [f"{part}/{of}" if word == "{part}" else word for word in work["words"]]
    return run_varve(request, archive, words, folder, work["input"])


def merge_parts(request, archive, *parts):
    """The bytes of one part that stands for several."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "parts")
        with open(path, "wb") as file:
            file.writelines(parts)
        words = [path if word == "{parts}" else word for word in request["work"]["merge"]]
        return run_varve(request, archive, words, folder)


def packed(path):
    """Put an archive into the object store, from which each node gets it once."""
    pieces, digest = [], hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(16 << 20):
            digest.update(piece)
            pieces.append(ray.put(piece))
    return {"sha256": digest.hexdigest(), "pieces": pieces}


def main(path):
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    address = request["address"]
    ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level="warning")
    archive = None if request["archive"] is None else packed(request["archive"])
    of = request["parts"] or 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
    again = {"max_retries": 3, "retry_exceptions": True}
    profiling = ray.remote(num_cpus=request["threads"], **again)(do_part)
    merging = ray.remote(num_cpus=1, **again)(merge_parts)
    try:
        results = [profiling.remote(request, archive, part, of) for part in range(1, of + 1)]
        while request["work"]["merge"] is not None and len(results) > MERGED_AT_ONCE:
            groups = [results[at : at + MERGED_AT_ONCE] for at in range(0, len(results), MERGED_AT_ONCE)]
            results = [merging.remote(request, archive, *group) for group in groups]
        parts = ray.get(results)
    except ray.exceptions.RayTaskError as error:
        # What the error itself says holds this as Python writes texts, its ends of lines escaped.
        said = re.search(r"<<varve:(.*)>>", str(error.cause), re.DOTALL)
        if said is None:
            raise
        with open(request["failure"], "w", encoding="utf-8") as file:
            file.write(said.group(1))
        sys.exit(1)
    finally:
        ray.shutdown()
    with open(request["output"], "wb") as file:
        file.writelines(parts)


if __name__ == "__main__":
    main(sys.argv[1])
