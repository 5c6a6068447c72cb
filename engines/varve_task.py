"""What a task of any engine does: starts varve beside itself, and gives back what it prints.

It is shipped beside the program of the engine, and decides nothing that varve decides: which files are in a part, and how parts are put
together, is no matter of an engine.
"""

import json
import os
import signal
import subprocess
import tempfile

# Parts that one task merges. Whoever started the work gets no more results than these.
MERGED_AT_ONCE = 16

# Stands for what a part prints, among the numbers of ranges.
NO_RANGE = -1


class Lasting(Exception):
    """What was said of a part, and would be said of it on any machine: trying again is no use."""


class Passing(Exception):
    """What was said of a part, and may be otherwise when it is tried again."""


def run_varve(request, shipped, words, folder, given=None):
    """What varve prints, where it was unpacked at `shipped`. @raises Lasting, Passing with the failure as JSON."""
    command = [word.replace("{shipped}", shipped) for word in request["command"]]
    done = subprocess.run(
        command + words,
        cwd=folder,
        env={**os.environ, **request["variables"]},
        input=(given or "").encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode == 0:
        return done.stdout
    failure = failure_of(done, words)
    failure["isLasting"] = failure.get("code") is not None and failure["code"] not in request["again"]
    raise (Lasting if failure["isLasting"] else Passing)(json.dumps(failure))


def failure_of(done, words):
    """The error that varve printed, or what is known of one that it did not."""
    try:
        error = json.loads(done.stdout)["error"]
        return {name: error[name] for name in ("code", "message", "remedy", "path") if error.get(name) is not None}
    except (ValueError, KeyError, TypeError):
        command = f"`varve {' '.join(words)}`"
        if done.returncode < 0:
            return ended_by(command, -done.returncode)
        said = done.stderr.decode("utf-8", "replace").strip()
        return {"message": said or f"{command} ended with {done.returncode}, and said nothing"}


def ended_by(command, number):
    """What is known of a command that a signal ended."""
    name = next((one.name for one in signal.Signals if one == number), f"signal {number}")
    if name != "SIGKILL":
        return {"message": f"{command} was ended by {name}"}
    return {
        "message": f"{command} was ended by {name}, as a system does where memory is short",
        "remedy": "Give workers more memory, or each task less to do by more `--parts`, or a bound by `--memory`.",
    }


def do_part(request, shipped, part, of, keys=""):
    """The bytes of one part, from 1. What it leaves for ranges lies in the folder `keys`."""
    words = [{"{part}": f"{part}/{of}", "{keys}": keys}.get(word, word) for word in request["work"]["words"]]
    return run_where_seen(request, shipped, words)


def do_part_by_range(request, shipped, part, of):
    """Gives the bytes of one part, then those that it left for each range, with its number. No more than one of them is held."""
    with tempfile.TemporaryDirectory() as keys:
        yield NO_RANGE, do_part(request, shipped, part, of, keys)
        for number in range(ranges_of(request, of)):
            path = os.path.join(keys, str(number))
            yield number, bytes_of(path) if os.path.exists(path) else b""


def run_where_seen(request, shipped, words):
    """What varve prints in the folder in which the dataset is named."""
    folder = request["folder"]
    if not os.path.isdir(folder):
        message = f"{folder} is not a folder of this machine: every worker has to see the data"
        raise Passing(json.dumps({"message": message, "isLasting": False}))
    return run_varve(request, shipped, words, folder, request["work"]["input"])


def bytes_of(path):
    """All bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def ranges_of(request, of):
    """How many ranges each of so many parts leaves bytes for; 0 if none does."""
    ranges = request["work"]["ranges"]
    return 0 if ranges is None else min(of, ranges["most"])


def merge_parts(request, shipped, parts):
    """The bytes of one part that stands for several."""
    return run_on(request, shipped, parts, request["work"]["merge"], "{parts}")


def look_at_range(request, shipped, pieces):
    """What varve prints of all that parts left for one range."""
    work = request["work"]
    return run_on(request, shipped, pieces, work["ranges"]["words"], "{range}", work["input"])


def run_on(request, shipped, pieces, words, meant, given=None):
    """What varve prints of a file of these pieces, for which a word stands."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pieces")
        with open(path, "wb") as file:
            file.writelines(pieces)
        return run_varve(request, shipped, [path if word == meant else word for word in words], folder, given)


def is_merged(request, count):
    """Whether so many parts are merged by tasks before whoever started the work gets them."""
    return request["work"]["merge"] is not None and count > MERGED_AT_ONCE


def write_unreached(request, error):
    """Leave why the engine could not be had, so that nothing of the work was begun."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    write_failure(request, json.dumps({"message": (lines or [type(error).__name__])[0], "isUnreached": True}))


def write_failure(request, failure):
    """Leave the JSON of a failure where varve looks for it."""
    with open(request["failure"], "w", encoding="utf-8") as file:
        file.write(failure)
