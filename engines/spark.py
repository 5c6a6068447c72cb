"""Runs the parts of some work as tasks of a Spark job.

varve starts this file by `spark-submit`, which ships `varve_task.py` beside it, with the name of a file of JSON.
"""

import contextlib
import json
import os
import re
import sys
import threading
import time

import varve_task
from pyspark import SparkContext, SparkFiles
from pyspark.accumulators import AccumulatorParam

# What Spark shows of an error that a task raised holds its text between these.
MARKED = "<<varve:%s>>"


class First(AccumulatorParam):
    """The first text that any task adds."""

    def zero(self, value):
        return value

    def addInPlace(self, value1, value2):
        return value1 or value2


def shipped_here():
    """Where Spark has unpacked what came by --archives."""
    place = os.path.abspath(os.path.join(SparkFiles.getRootDirectory(), "varve"))
    node = os.path.join(place, "node")
    if os.path.exists(node) and not os.access(node, os.X_OK):
        # Spark unpacks without the permissions.
        os.chmod(node, 0o755)
    return place


@contextlib.contextmanager
def attempt(failures):
    """Around some work. A failure that would be the same everywhere is no error to Spark, which would try again: the work ends without result."""
    try:
        yield
    except varve_task.Lasting as failure:
        failures.add(str(failure))
    except varve_task.Passing as failure:
        raise RuntimeError(MARKED % failure) from None


def results_of(context, request, failures):
    """The parts, merged as a tree until they are few where they are to be merged."""
    count = request["parts"] or 2 * context.defaultParallelism
    of = count

    def part_of(number):
        with attempt(failures):
            return varve_task.do_part(request, shipped_here(), number + 1, of)
        return b""

    def merged(some):
        # The job is about to be cancelled if one of them is empty.
        if all(some):
            with attempt(failures):
                return varve_task.merge_parts(request, shipped_here(), some)
        return b""

    numbers = context.parallelize(range(of), of)
    if varve_task.ranges_of(request, of) > 0:
        return with_ranges(request, numbers, of, failures).collect()
    parts = numbers.map(lambda number: (number, part_of(number)))
    while varve_task.is_merged(request, count):
        count = -(-count // varve_task.MERGED_AT_ONCE)
        grouped = parts.map(lambda part: (part[0] // varve_task.MERGED_AT_ONCE, part[1]))
        parts = grouped.groupByKey(count, lambda group: group).mapValues(lambda some: merged(list(some)))
    return parts.values().collect()


def with_ranges(request, numbers, of, failures):
    """What parts print, and what varve says of each range that they leave bytes for."""

    def left_by(number):
        with attempt(failures):
            left = varve_task.do_part_by_range(request, shipped_here(), number + 1, of)
            yield from (each for each in left if each[1])

    def told(number, pieces):
        if number == varve_task.NO_RANGE:
            return b"".join(pieces)
        with attempt(failures):
            return varve_task.look_at_range(request, shipped_here(), pieces)
        return b""

    # What is printed goes the same way, as that of no range: no part is made twice.
    grouped = numbers.flatMap(left_by).groupByKey(of, lambda number: number)
    return grouped.map(lambda each: told(*each))


def cancel_on(failures, context):
    """End the job once a task told of a failure, rather than read all else before it is said."""
    while not failures.value:
        time.sleep(0.5)
    context.cancelAllJobs()


def main(path):
    with open(path, encoding="utf-8") as file:
        request = json.load(file)
    try:
        context = SparkContext(appName="varve")
    except Exception as error:  # pylint: disable=broad-exception-caught
        varve_task.write_unreached(request, error)
        sys.exit(1)
    failures = context.accumulator("", First())
    threading.Thread(target=cancel_on, args=(failures, context), daemon=True).start()
    try:
        parts = results_of(context, request, failures)
        failure = failures.value
    except Exception as error:  # pylint: disable=broad-exception-caught
        said = re.search((MARKED % "(.*?)"), str(error), re.DOTALL)
        failure = failures.value or (said and said.group(1))
        if not failure:
            raise
    finally:
        context.stop()
    if failure:
        varve_task.write_failure(request, failure)
        sys.exit(1)
    with open(request["output"], "wb") as file:
        file.writelines(parts)


if __name__ == "__main__":
    main(sys.argv[1])
