"""What must work where the wheel alone was installed: no Node, no varve on PATH, nothing but what it depends on.

Usage: python installed.py, in an empty folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import fsspec

import varve


def main() -> None:
    assert shutil.which("node") is None, "a Node on PATH would hide one that is missing"
    varve_command = Path(sys.executable).parent / ("varve.exe" if os.name == "nt" else "varve")
    said = subprocess.run([varve_command, "--version"], check=True, capture_output=True, text=True).stdout
    assert said.strip() == varve.__version__, said
    subprocess.run(["git", "init", "-q", "-b", "main"], check=True)
    varve.init()
    Path("a.csv").write_text("id,name\n" + "1,Ann\n2,Bob\n" * 100)
    assert varve.add("a.csv")[0].rows == 200
    subprocess.run(["git", "add", "-A"], check=True)
    person = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    subprocess.run(["git", *person, "commit", "-qm", "one"], check=True)
    with fsspec.open("varve://a.csv@HEAD", "rt") as file:
        assert file.readline() == "id,name\n"
    Path("a.csv").write_text("id,name\n" + "7,Cid\n8,Dan\n" * 100)
    assert varve.drift("a.csv@HEAD", "a.csv").verdict == "drift"
    assert varve.infer_schema("a.csv").features == 2
    assert "<svg" in varve.profile("a.csv").to_html()
    missing = subprocess.run([varve_command, "log", "b.csv"], check=False, capture_output=True, text=True)
    assert missing.returncode == 2 and "b.csv" in missing.stderr
    print(f"varve {varve.__version__} works where it was installed")


if __name__ == "__main__":
    main()
