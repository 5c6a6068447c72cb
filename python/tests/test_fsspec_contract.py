"""fsspec's own tests of file systems: those that read. What its fixtures write is added beforehand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from conftest import Sandbox

from varve import VarveError, VarveFileSystem

abstract = pytest.importorskip("fsspec.tests.abstract")

SCENARIO = ("file1", "file2", "subdir/subfile1", "subdir/subfile2", "subdir/nesteddir/nestedfile")
EDGE_CASES = (
    "file1",
    "file2",
    *(f"subdir{at}/{name}" for at in (0, 1) for name in ("subfile1", "subfile2", "nesteddir/nestedfile")),
)
PREFIXES = ("subdir.txt", "subdir/subfile.txt")
HASHED = {f"{hashlib.md5(str(at).encode()).hexdigest()}.txt": str(at) for at in range(10)}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory, environment: None) -> Sandbox:
    box = Sandbox(tmp_path_factory.mktemp("contract"))
    box.start()
    folders = {
        "scenario": dict.fromkeys(SCENARIO, ""),
        "edges": dict.fromkeys(EDGE_CASES, ""),
        "prefixes": dict.fromkeys(PREFIXES, ""),
        "hashed": HASHED,
    }
    for folder, files in folders.items():
        for path, content in files.items():
            box.write(f"{folder}/source/{path}", content)
        box.varve("add", f"{folder}/source")
    box.write("top/src/file", "")
    box.varve("add", "top/src")
    box.commit("v1")
    return box


class Prepared(VarveFileSystem):
    """One in which what a test makes is there already, and stays."""

    def mkdir(self, path: str, **_: Any) -> None:
        assert self.isdir(path)

    def touch(self, path: str, **_: Any) -> None:
        assert self.isfile(path)

    def rm(self, path: str, **_: Any) -> None:
        assert self.exists(path)


class VarveFixtures(abstract.AbstractFixtures):  # type: ignore[misc,name-defined]
    @pytest.fixture
    def fs(self, contract: Sandbox) -> VarveFileSystem:
        return Prepared(repo=contract.repo, rev="v1")

    @pytest.fixture
    def fs_join(self) -> Callable[..., str]:
        return lambda *parts: "/".join(parts)

    @pytest.fixture
    def fs_path(self) -> str:
        # fsspec takes the last step of a path for the name of a copied folder only if there is one before it.
        return "top"

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        return False

    @pytest.fixture
    def fs_bulk_operations_scenario_0(self) -> Iterator[str]:
        yield "scenario/source"

    @pytest.fixture
    def fs_glob_edge_cases_files(self) -> Iterator[str]:
        yield "edges/source"

    @pytest.fixture
    def fs_dir_and_file_with_same_name_prefix(self) -> Iterator[str]:
        yield "prefixes/source"

    @pytest.fixture
    def fs_10_files_with_hashed_names(self) -> Iterator[str]:
        yield "hashed/source"


class TestGet(abstract.AbstractGetTests, VarveFixtures):  # type: ignore[misc,name-defined]
    """Copies out of a version, as all file systems of fsspec make them."""


def test_what_would_write_is_refused_in_words(contract: Sandbox, tmp_path: Any) -> None:
    system = VarveFileSystem(repo=contract.repo, rev="v1")
    file = tmp_path / "file"
    file.write_bytes(b"new")
    path = "scenario/source/file1"
    attempts: list[Callable[[], Any]] = [
        lambda: system.rm(path),
        lambda: system.rm("scenario", recursive=True),
        lambda: system.rm_file(path),
        lambda: system.mkdir("new"),
        lambda: system.makedirs("new/folder", exist_ok=True),
        lambda: system.rmdir("scenario"),
        lambda: system.touch("new"),
        lambda: system.pipe("new", b"1"),
        lambda: system.pipe_file("new", b"1"),
        lambda: system.write_text("new", "1"),
        lambda: system.put(str(file), "new"),
        lambda: system.put_file(str(file), "new"),
        lambda: system.cp(path, "new"),
        lambda: system.mv(path, "new"),
        *(lambda mode=mode: system.open(path, mode) for mode in ("wb", "ab", "xb", "r+b", "w")),
    ]
    for attempt in attempts:
        with pytest.raises(VarveError, match="cannot be written") as refused:
            attempt()
        assert refused.value.code == "usage" and refused.value.remedy


def test_an_open_file_is_what_fsspec_expects_of_one(contract: Sandbox, in_versions: Sandbox) -> None:
    system = VarveFileSystem(rev="v1")
    large = (in_versions.repo / "data/large.txt").read_bytes()
    for path, content in (("data/photos/a.bin", b"a" * 100), ("data/large.txt", large)):
        with system.open(path) as file:
            assert (file.size, file.mode, file.readable(), file.seekable(), file.writable()) == (
                len(content),
                "rb",
                True,
                True,
                False,
            )
            assert file.seek(-1, 2) == len(content) - 1 and file.read() == content[-1:] and file.read() == b""
            with pytest.raises((OSError, ValueError)):
                file.seek(-1)
            with pytest.raises(OSError):
                file.write(b"x")
        with pytest.raises(ValueError, match="closed"):
            file.read()
    assert system.read_block("data/large.txt", 1000, 50, delimiter=b"\n").endswith(b"\n")
    ranges = [(0, 10), (-5, None), (None, 5), (len(large) - 1, len(large) + 99), (len(large) + 5, len(large) + 6)]
    for start, end in ranges:
        assert system.cat_file("data/large.txt", start, end) == large[start:end]
    paths = ["data/large.txt", "data/photos/a.bin", "data/none"]
    found = system.cat_ranges(paths, [5, 98, 0], [9, 1000, 1])
    assert found[:2] == [large[5:9], b"aa"] and isinstance(found[2], FileNotFoundError)
    assert system.head("data/large.txt", 3) == large[:3] and system.tail("data/large.txt", 3) == large[-3:]
    assert sorted(system.get_mapper("data/photos")) == ["a.bin", "b.bin", "deep/c.bin"]
