"""A repository with versions, and the command line of this source tree."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

#: A `varve` that was installed answers in place of this source tree's.
INSTALLED = os.environ.get("VARVE_TEST_INSTALLED") == "1"
PROGRAM = Path(__file__).resolve().parents[2] / "bin" / "varve.js"


def run(*words: str, folder: Path) -> str:
    """Run a command that has to work."""
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout


class Sandbox:
    """A home, an identity for Git, and a repository in which varve was started."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repo = root / "repo"

    def start(self) -> None:
        self.repo.mkdir()
        self.git("init", "-q", "-b", "main")
        self.varve("init")

    def varve(self, *words: str, folder: Path | None = None) -> str:
        return run("varve", *words, folder=folder or self.repo)

    def git(self, *words: str, folder: Path | None = None) -> str:
        return run("git", *words, folder=folder or self.repo)

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.repo / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def commit(self, tag: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", tag)
        self.git("tag", tag)


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    git = {"GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        git.update({f"GIT_{role}_NAME": "Ann", f"GIT_{role}_EMAIL": "ann@example.org"})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"HOME": str(home), **git}.items():
            patch.setenv(name, value)
        node = shutil.which("node")
        if not INSTALLED and node is not None:
            shim = home / "bin" / "varve"
            shim.parent.mkdir()
            shim.write_text(f'#!/bin/sh\nexec {shlex.quote(node)} {shlex.quote(str(PROGRAM))} "$@"\n')
            shim.chmod(0o755)
            patch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
        elif INSTALLED:
            patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield


def trips(rows: int, fare: int = 0) -> str:
    lines = [f"{row},{row % 7 + fare},{'abc'[row % 3]}" for row in range(rows)]
    return "\n".join(["id,fare,zone", *lines]) + "\n"


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory, environment: None) -> Sandbox:
    """A repository with the tags v1 and v2, of which tests change nothing: a CSV file, a folder, a large file."""
    box = Sandbox(tmp_path_factory.mktemp("versions"))
    box.start()
    box.write("data/trips.csv", trips(500))
    for name in ("a", "b", "deep/c"):
        box.write(f"data/photos/{name}.bin", name.encode() * 100)
    box.write("data/large.txt", b"".join(b"%d\n" % row for row in range(400_000)))
    box.varve("add", "data/trips.csv", "data/photos", "data/large.txt")
    box.varve("remote", "add", "origin", str(box.root / "remote"))
    box.commit("v1")
    box.write("data/trips.csv", trips(500, fare=20))
    box.write("data/photos/d.bin", b"new")
    box.varve("add", "data/trips.csv", "data/photos")
    box.commit("v2")
    box.varve("push", "--all-commits")
    return box


@pytest.fixture
def in_versions(versions: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.chdir(versions.repo)
    return versions


@pytest.fixture
def new_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Sandbox]:
    def make() -> Sandbox:
        box = Sandbox(tmp_path)
        box.repo.mkdir()
        box.git("init", "-q", "-b", "main")
        monkeypatch.chdir(box.repo)
        return box

    return make
