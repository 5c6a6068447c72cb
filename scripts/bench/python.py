"""Times the Python package beside others in one run; each measurement runs in a process of its own.

Usage: python scripts/bench/python.py start|reading|tables

start: the console script beside the program that it becomes, and import, the first open and its parts, RUNS times in turn
(VARVE_BENCH_RUNS, 40 unless given); of DVCFileSystem too (VARVE_DVC_PYTHON). This Python has varve from its wheel.
reading: import, the first open, small files and a large one, beside DVCFileSystem (VARVE_DVC_PYTHON names a Python that has DVC), s3fs
(VARVE_S3FS_PYTHON, with `minio` on PATH) and plain files. tables: statistics of tables in memory and drift between two, beside whylogs
(VARVE_WHYLOGS_PYTHON) and Evidently (VARVE_EVIDENTLY_PYTHON). This Python has varve, pandas and pyarrow. What is not there is left out, in
words. Beside the seconds stand those of processor time, children included: they say more on a machine with other work.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SMALL_FILES = int(os.environ.get("VARVE_BENCH_FILES", "10000"))
LARGE_BYTES = int(os.environ.get("VARVE_BENCH_BYTES", str(1 << 30)))
RUNS = int(os.environ.get("VARVE_BENCH_RUNS", "40"))
ROWS = int(os.environ.get("VARVE_BENCH_ROWS", "10000000"))
FLIGHTS = Path(__file__).resolve().parents[2] / ".bench" / "flights.csv"

TIMER = """
import json, os, resource, sys, time
def seconds():
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in each)
started, used = time.perf_counter(), seconds()
def lap(name, work=1.0):
    global started, used
    wall = time.perf_counter() - started
    print(json.dumps([name, wall, work / wall]), flush=True)
    started = time.perf_counter()
def whole():
    print(json.dumps(["processor", seconds(), 0]), flush=True)
"""


def run(python: str, program: str, folder: Path) -> list[tuple[str, float, float]]:
    done = subprocess.run(
        [python, "-c", TIMER + program], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{python}: {done.stderr[-2000:]}")
    laps = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return [(name, wall, rate) for name, wall, rate in laps]


def show(who: str, laps: list[tuple[str, float, float]]) -> None:
    for name, wall, rate in laps:
        print(f"  {who:16} {name:24} {wall:9.3f} s  {rate:12,.0f} a second", flush=True)


def other(variable: str, who: str) -> str | None:
    python = os.environ.get(variable)
    if python is None:
        print(f"  {who} is left out: {variable} names no Python")
    return python


READ_LARGE = """
def read_all(file):
    size = 0
    with file as opened:
        while True:
            piece = opened.read(1 << 20)
            if not piece: break
            size += len(piece)
    lap(name, size / 1e6)
"""

VARVE = (
    """
import varve
lap("import")
with varve.open("first.txt@v1", "rb") as file: assert len(file.read(10)) == 10
lap("open, 10 bytes")
from varve import VarveFileSystem
system = VarveFileSystem(rev="v1")
names = system.find("small")
lap("list")
for name in names: system.cat_file(name)
lap("small files, one by one", len(names))
system.cat(names)
lap("small files, together", len(names))
"""
    + READ_LARGE
    + """
for name in ("large file, first", "large file, again", "large file, again"): read_all(varve.open("large.txt@v1", "rb"))
varve.close()
whole()
"""
)

PLAIN = (
    """
import pathlib
lap("import")
names = [str(path) for path in pathlib.Path("small").rglob("*") if path.is_file()]
lap("list")
for name in names:
    with open(name, "rb") as file: file.read()
lap("small files, one by one", len(names))
"""
    + READ_LARGE
    + """
for name in ("large file, first", "large file, again", "large file, again"): read_all(open("large.txt", "rb"))
whole()
"""
)

DVC = (
    """
from dvc.api import DVCFileSystem
lap("import")
system = DVCFileSystem(".", rev="v1")
with system.open("first.txt", "rb") as file: assert len(file.read(10)) == 10
lap("open, 10 bytes")
names = [name for name in system.find("small", dvc_only=True)]
lap("list")
some = names[:500]
for name in some: system.cat_file(name)
lap("small files, one by one", len(some))
"""
    + READ_LARGE
    + """
for name in ("large file, first", "large file, again"): read_all(system.open("large.txt", "rb"))
whole()
"""
)


def s3_program(port: int) -> str:
    return (
        f"""
import s3fs
lap("import")
options = dict(key="minioadmin", secret="minioadmin", client_kwargs=dict(endpoint_url="http://127.0.0.1:{port}"))
system = s3fs.S3FileSystem(**options)
with system.open("bench/first.txt", "rb") as file: assert len(file.read(10)) == 10
lap("open, 10 bytes")
names = system.find("bench/small")
lap("list")
some = names[:2000]
for name in some: system.cat_file(name)
lap("small files, one by one", len(some))
system.cat(names)
lap("small files, together", len(names))
"""
        + READ_LARGE
        + """
for name in ("large file, first", "large file, again"): read_all(system.open("bench/large.txt", "rb", block_size=1 << 24))
whole()
"""
    )


def command(*words: str, folder: Path) -> None:
    subprocess.run(words, cwd=folder, check=True, capture_output=True)


def write_files(folder: Path) -> None:
    (folder / "first.txt").write_bytes(b"the first line\n" * 100)
    for number in range(SMALL_FILES):
        place = folder / "small" / f"{number % 100:02d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.bin").write_bytes(os.urandom(2000))
    with (folder / "large.txt").open("wb") as file:
        line = 0
        while file.tell() < LARGE_BYTES:
            file.write(b"".join(b"%d,%d,%d\n" % (at, at * 7919 % 10007, at % 13) for at in range(line, line + 100_000)))
            line += 100_000


def repository(folder: Path, program: str) -> None:
    for name, value in {"user.name": "Ann", "user.email": "ann@example.org"}.items():
        command("git", "config", name, value, folder=folder)
    command(program, "init", folder=folder)
    for path in ("first.txt", "small", "large.txt"):
        command(program, "add", path, folder=folder)
    command("git", "add", "-A", folder=folder)
    command("git", "commit", "-qm", "one", folder=folder)
    command("git", "tag", "v1", folder=folder)


def reading(root: Path) -> None:
    data = root / "data"
    data.mkdir()
    write_files(data)
    command("git", "init", "-q", "-b", "main", folder=data)
    repository(data, "varve")
    for _ in range(2):
        show("plain files", run(sys.executable, PLAIN, data))
        show("varve", run(sys.executable, VARVE, data))
    dvc = other("VARVE_DVC_PYTHON", "DVC")
    if dvc is not None:
        tracked = root / "dvc"
        tracked.mkdir()
        for name in ("first.txt", "small", "large.txt"):
            command("cp", "-r", str(data / name), name, folder=tracked)
        command("git", "init", "-q", "-b", "main", folder=tracked)
        repository(tracked, str(Path(dvc).parent / "dvc"))
        show("DVCFileSystem", run(dvc, DVC, tracked))
        shutil.rmtree(tracked)
    s3fs = other("VARVE_S3FS_PYTHON", "s3fs")
    if s3fs is None or shutil.which("minio") is None:
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        ["minio", "server", "--quiet", "--address", f"127.0.0.1:{port}", str(root / "minio")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        put = f"""
import s3fs, time
options = dict(key="minioadmin", secret="minioadmin", client_kwargs=dict(endpoint_url="http://127.0.0.1:{port}"))
for _ in range(100):
    try:
        system = s3fs.S3FileSystem(skip_instance_cache=True, **options)
        system.mkdir("bench")
        break
    except Exception: time.sleep(0.2)
for name in ("first.txt", "large.txt"): system.put(name, f"bench/{{name}}")
system.put("small", "bench/small", recursive=True)
"""
        run(s3fs, put, data)
        show("s3fs and MinIO", run(s3fs, s3_program(port), data))
    finally:
        server.terminate()
        server.wait()


MAKE = """
import numpy, pandas
random = numpy.random.default_rng(1)
rows = {rows}
words = numpy.array(["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "a longer text"])
def table(shift):
    frame = pandas.DataFrame({{
        **{{f"i{{at}}": random.integers(0, 10 ** (at + 2), rows) for at in range(4)}},
        **{{f"f{{at}}": random.normal(shift, 1, rows) for at in range(4)}},
        "word": words[random.integers(0, 7, rows)],
        "id": numpy.char.add("id", random.integers(0, 10_000, rows).astype(str)),
        "flag": random.random(rows) < 0.3,
        "at": pandas.to_datetime(random.integers(1_600_000_000, 1_700_000_000, rows), unit="s").astype("datetime64[us]"),
    }})
    frame.loc[::17, "f1"] = numpy.nan
    return frame
table(0).to_parquet("before.parquet")
table(0.01).to_parquet("after.parquet")
"""

LOAD = """
import pandas
read = pandas.read_csv if "{path}".endswith(".csv") else pandas.read_parquet
frame = read("{path}")
lap("load (not counted)")
"""

PROFILE = {
    "varve": "import varve\nlap('import')\nvarve.profile(frame)\nlap('profile', len(frame))\nvarve.close()\nwhole()",
    "whylogs": "import whylogs\nlap('import')\nwhylogs.log(frame).view()\nlap('profile', len(frame))\nwhole()",
    "evidently": (
        "from evidently import Report\nfrom evidently.presets import DataSummaryPreset\nlap('import')\n"
        "Report([DataSummaryPreset()]).run(frame, None).dict()\nlap('profile', len(frame))\nwhole()"
    ),
}
DRIFT = {
    "varve": "import varve\nlap('import')\nvarve.drift(before, after)\nlap('drift', len(after))\nvarve.close()\nwhole()",
    "evidently": (
        "from evidently import Report\nfrom evidently.presets import DataDriftPreset\nlap('import')\n"
        "Report([DataDriftPreset()]).run(after, before).dict()\nlap('drift', len(after))\nwhole()"
    ),
}


def tables(root: Path) -> None:
    run(sys.executable, MAKE.format(rows=ROWS), root)
    pythons = {
        "varve": sys.executable,
        "whylogs": other("VARVE_WHYLOGS_PYTHON", "whylogs"),
        "evidently": other("VARVE_EVIDENTLY_PYTHON", "Evidently"),
    }
    paths = [str(root / "before.parquet"), *([str(FLIGHTS)] if FLIGHTS.exists() else [])]
    for path in paths:
        print(Path(path).name)
        for who, program in PROFILE.items():
            python = pythons[who]
            if python is not None:
                show(who, run(python, LOAD.format(path=path) + program, root))
    print("drift between two tables")
    two = 'import pandas\nbefore, after = (pandas.read_parquet(f"{name}.parquet") for name in ("before", "after"))\nlap("load (not counted)")\n'
    for who, program in DRIFT.items():
        python = pythons[who]
        if python is not None:
            show(who, run(python, two + program, root))


FIRST_READ = """
import varve
lap("import varve")
with varve.open("first.txt@v1", "rb") as file: assert len(file.read(10)) == 10
lap("varve.open, 10 bytes")
"""
FIRST_FSSPEC = """
from varve import VarveFileSystem
lap("import VarveFileSystem")
system = VarveFileSystem(rev="v1")
with system.open("first.txt", "rb") as file: assert len(file.read(10)) == 10
lap("open by fsspec, 10 bytes")
"""
FIRST_DVC = """
from dvc.api import DVCFileSystem
lap("import DVCFileSystem")
system = DVCFileSystem(".", rev="v1")
with system.open("first.txt", "rb") as file: assert len(file.read(10)) == 10
lap("open by DVC, 10 bytes")
"""


def timed(words: list[str], folder: Path) -> list[tuple[str, float, float]]:
    before, used = time.perf_counter(), children()
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return [("", time.perf_counter() - before, children() - used)]


def children() -> float:
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def start(root: Path) -> None:
    data = root / "data"
    (data / "small").mkdir(parents=True)
    for name in ("first.txt", "large.txt", "small/one.txt"):
        (data / name).write_bytes(b"the first line\n" * 100)
    command("git", "init", "-q", "-b", "main", folder=data)
    script = str(Path(sys.executable).parent / "varve")
    repository(data, script)
    program = subprocess.run(
        [sys.executable, "-c", "from varve._program import find_program; print(*find_program(), sep=chr(10))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    node = program[0]
    kinds: dict[str, Any] = {
        "node -e 0": lambda: timed([node, "-e", "0"], data),
        "python -I -S -c 0": lambda: timed([sys.executable, "-I", "-S", "-c", "0"], data),
        "python -c 0": lambda: timed([sys.executable, "-c", "0"], data),
        "node main.cjs --version": lambda: timed([*program, "--version"], data),
        "varve --version": lambda: timed([script, "--version"], data),
        "node main.cjs status": lambda: timed([*program, "status"], data),
        "varve status": lambda: timed([script, "status"], data),
        "varve": lambda: run(sys.executable, FIRST_READ, data),
        "fsspec": lambda: run(sys.executable, FIRST_FSSPEC, data),
    }
    dvc = other("VARVE_DVC_PYTHON", "DVC")
    if dvc is not None:
        tracked = root / "dvc"
        shutil.copytree(data, tracked, ignore=shutil.ignore_patterns(".git", ".varve", "*.varve", ".gitignore"))
        command("git", "init", "-q", "-b", "main", folder=tracked)
        repository(tracked, str(Path(dvc).parent / "dvc"))
        kinds["DVC"] = lambda: run(dvc, FIRST_DVC, tracked)
    found: dict[str, list[tuple[float, float]]] = {}
    for turn in range(RUNS + 1):
        for kind, work in kinds.items():
            for name, wall, processor in work():
                # The first turn compiles what the others find.
                if turn > 0:
                    found.setdefault(name or kind, []).append((wall, processor if name == "" else 0))
    for name, times in found.items():
        walls = sorted(wall for wall, _ in times)
        processor = min(used for _, used in times)
        shown = f"  processor, least {processor * 1000:6.1f} ms" if processor else ""
        print(f"  {name:26} least {walls[0] * 1000:6.1f} ms  median {walls[len(walls) // 2] * 1000:6.1f} ms{shown}")


def main() -> None:
    kinds: dict[str, Any] = {"start": start, "reading": reading, "tables": tables}
    kind = kinds.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if kind is None:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(prefix="varve-bench-", dir=os.environ.get("VARVE_BENCH_FOLDER")) as folder:
        started = time.perf_counter()
        kind(Path(folder).resolve())
        print(f"in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
