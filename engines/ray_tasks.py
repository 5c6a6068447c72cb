"""Runs the parts of some work as tasks of Ray.

varve starts this file by the Python that has Ray, with the name of a file of JSON. `varve_task.py` lies beside it, and travels by value.
"""

import contextlib
import hashlib
import json
import os
import shutil
import stat
import sys
import tarfile
import tempfile

import ray
import varve_task
from ray import cloudpickle


def unpacked(archive):
    """The folder in which this node has what came from where the job was started; tasks of one node share it."""
    if archive is None:
        return ""
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
            os.chmod(os.path.join(made, "varve"), 0o700)
            try:
                os.rename(os.path.join(made, "varve"), place)
            except OSError:
                # Another task was first.
                if not os.path.isdir(place):
                    raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    if not is_own(place):
        raise varve_task.Lasting(json.dumps({"message": STRANGE % place, "isLasting": True}))
    return place


STRANGE = "%s, where programs of tasks lie, belongs to somebody else, or others may write to it: nothing in it is run"


def is_own(folder):
    """Whether nobody but this user can have put something into a folder of a place that all may write to."""
    found = os.lstat(folder)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


@contextlib.contextmanager
def attempt():
    """Around some work. Ray tries again what is none of the errors of values."""
    try:
        yield
    except varve_task.Lasting as failure:
        raise ValueError(str(failure)) from None
    except varve_task.Passing as failure:
        raise RuntimeError(str(failure)) from None


def do_part(request, archive, part, of):
    """The bytes of one part."""
    with attempt():
        return varve_task.do_part(request, unpacked(archive), part, of)


def do_part_by_range(request, archive, part, of):
    """The bytes of one part, and behind them those that it left for each range, of which Ray takes one after the other."""
    with attempt():
        for _, left in varve_task.do_part_by_range(request, unpacked(archive), part, of):
            yield left


def look_at_range(request, archive, *pieces):
    """What varve says of all that parts left for one range."""
    with attempt():
        return varve_task.look_at_range(request, unpacked(archive), pieces)


def merge_parts(request, archive, *parts):
    """The bytes of one part that stands for several."""
    with attempt():
        return varve_task.merge_parts(request, unpacked(archive), parts)


def packed(path):
    """Put an archive into the object store, from which each node gets it once."""
    pieces, digest = [], hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(16 << 20):
            digest.update(piece)
            pieces.append(ray.put(piece))
    return {"sha256": digest.hexdigest(), "pieces": pieces}


def results_of(request):
    """The parts, merged as a tree until they are few where they are to be merged."""
    archive = None if request["archive"] is None else packed(request["archive"])
    shared = ray.put(request)
    of = request["parts"] or 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
    again = {"max_retries": 3, "retry_exceptions": [RuntimeError, OSError]}
    ranges = varve_task.ranges_of(request, of)
    task = do_part if ranges == 0 else do_part_by_range
    doing = ray.remote(num_cpus=request["threads"], num_returns=1 + ranges, **again)(task)
    merging = ray.remote(num_cpus=1, **again)(merge_parts)
    looking = ray.remote(num_cpus=1, **again)(look_at_range)
    results = [doing.remote(shared, archive, part, of) for part in range(1, of + 1)]
    if ranges > 0:
        printed, *left = zip(*results)
        results = [*printed, *(looking.remote(shared, archive, *pieces) for pieces in left)]
    at_once = varve_task.MERGED_AT_ONCE
    while varve_task.is_merged(request, len(results)):
        groups = [results[at : at + at_once] for at in range(0, len(results), at_once)]
        results = [merging.remote(shared, archive, *group) for group in groups]
    waiting = results
    while waiting:
        # One that failed is met as soon as it has, whatever the others do.
        done, waiting = ray.wait(waiting)
        ray.get(done)
    return ray.get(results)


def failure_in(error):
    """What a task said of its failure, also where others needed its result; None if it said nothing."""
    cause = error
    while isinstance(cause, ray.exceptions.RayTaskError):
        cause = cause.cause
    said = cause.args[0] if isinstance(cause, (ValueError, RuntimeError)) and cause.args else None
    return said if isinstance(said, str) and said.startswith("{") else None


def main(path):
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    cloudpickle.register_pickle_by_value(varve_task)
    try:
        ray.init(address=request["address"], include_dashboard=False, log_to_driver=False, logging_level="warning")
    except Exception as error:  # pylint: disable=broad-exception-caught
        varve_task.write_unreached(request, error)
        sys.exit(1)
    try:
        parts = results_of(request)
    except ray.exceptions.RayTaskError as error:
        failure = failure_in(error)
        if failure is None:
            raise
        varve_task.write_failure(request, failure)
        sys.exit(1)
    finally:
        ray.shutdown()
    with open(request["output"], "wb") as file:
        file.writelines(parts)


if __name__ == "__main__":
    main(sys.argv[1])
