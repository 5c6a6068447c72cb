"""Any file of any version, as a file system and by `varve.open`."""

from __future__ import annotations

import multiprocessing
import pickle
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest
from conftest import Sandbox, trips

import varve
from varve import VarveFileSystem


@pytest.fixture
def system(in_versions: Sandbox) -> VarveFileSystem:
    # As the entry point of an installed package does.
    fsspec.register_implementation("varve", VarveFileSystem, clobber=True)
    return VarveFileSystem(skip_instance_cache=True)


def test_a_file_of_any_version_opens(in_versions: Sandbox) -> None:
    with varve.open("data/trips.csv@v1") as text:
        assert text.read() == trips(500)
    with varve.open("data/trips.csv", "rb", rev="v2") as file:
        assert file.read() == trips(500, fare=20).encode()
    assert varve.read("data/photos/deep/c.bin@v1") == b"deep/c" * 100
    assert varve.read("data/photos@v1/a.bin") == b"a" * 100
    assert varve.read("data/photos/d.bin") == b"new"


def test_a_large_file_is_read_in_place(in_versions: Sandbox) -> None:
    whole = (in_versions.repo / "data/large.txt").read_bytes()
    with varve.open("data/large.txt@v1", "rb") as file:
        assert file.seekable()
        file.seek(1_000_000)
        assert file.read(10) == whole[1_000_000:1_000_010]
        file.seek(0)
        assert file.read() == whole


def test_what_is_not_there_is_said(in_versions: Sandbox) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        varve.open("data/nothing.csv@v1")
    assert isinstance(missing.value, varve.VarveError)
    assert missing.value.code == "dataset-missing"
    assert missing.value.remedy
    with pytest.raises(varve.VarveError, match="no file x"):
        varve.open("data/photos@v1/x")
    copy = pickle.loads(pickle.dumps(missing.value))
    assert (copy.code, copy.message, copy.path) == ("dataset-missing", missing.value.message, missing.value.path)


def test_a_branch_that_moves_is_seen_by_open_but_not_by_a_file_system(in_versions: Sandbox) -> None:
    in_versions.git("branch", "-f", "moving", "v1")
    system = VarveFileSystem(skip_instance_cache=True)
    assert system.cat_file("data/trips.csv@moving") == trips(500).encode()
    assert varve.read("data/trips.csv@moving") == trips(500).encode()
    in_versions.git("branch", "-f", "moving", "v2")
    assert system.cat_file("data/trips.csv@moving") == trips(500).encode()
    assert varve.read("data/trips.csv@moving") == trips(500, fare=20).encode()
    system.invalidate_cache()
    assert system.cat_file("data/trips.csv@moving") == trips(500, fare=20).encode()


def test_a_copy_of_a_file_system_reads_the_commit_that_it_reads(in_versions: Sandbox) -> None:
    in_versions.git("branch", "-f", "moving", "v1")
    system = VarveFileSystem(rev="moving", skip_instance_cache=True)
    copy = pickle.dumps(system)
    in_versions.git("branch", "-f", "moving", "v2")
    assert system.cat_file("data/trips.csv") == trips(500).encode()
    assert pickle.loads(copy).cat_file("data/trips.csv") == trips(500).encode()
    assert pickle.loads(pickle.dumps(pickle.loads(copy))).cat_file("data/trips.csv") == trips(500).encode()


def test_a_repository_that_is_gone_is_said_to_be(versions: Sandbox, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(versions.repo, copy)
    system = VarveFileSystem(repo=copy, skip_instance_cache=True)
    file = system.open("data/large.txt@v1")
    assert file.read(2) == b"0\n"
    shutil.rmtree(copy)
    assert file.read(2) == b"1\n"
    with pytest.raises(varve.VarveNotFoundError, match="is there no more") as gone:
        system.ls("data")
    assert gone.value.code == "repository-missing"
    with pytest.raises(varve.VarveError, match="cannot be cloned: fatal: repository") as unreachable:
        varve.read("data/trips.csv", repo=copy)
    assert unreachable.value.code == "repository-unreachable"


def test_folders_are_listed(system: VarveFileSystem) -> None:
    assert system.ls("varve://", detail=False) == ["data"]
    assert sorted(system.ls("data", detail=False)) == ["data/large.txt", "data/photos", "data/trips.csv"]
    assert sorted(system.ls("data/photos@v1", detail=False)) == [
        "data/photos@v1/a.bin",
        "data/photos@v1/b.bin",
        "data/photos@v1/deep",
    ]
    assert system.find("data/photos@v1") == [f"data/photos@v1/{name}.bin" for name in ("a", "b", "deep/c")]
    assert len(system.find("data/photos@v2")) == 4
    assert system.glob("varve://data/photos@v1/**/*.bin") == system.find("data/photos@v1")
    info = system.info("varve://data/photos@v1/a.bin")
    assert (info["type"], info["size"], info["digest"][:7]) == ("file", 100, "sha256:")
    assert system.isdir("data/photos@v1/deep") and not system.exists("data/photos@v1/none")
    assert system.isfile("data/trips.csv@v1") and not system.isfile("data/photos@v1")
    assert [path for path, _, _ in system.walk("data/photos@v1")] == ["data/photos@v1", "data/photos@v1/deep"]


def test_bytes_come_whole_in_parts_and_many_at_once(system: VarveFileSystem, tmp_path: Path) -> None:
    assert system.cat_file("data/trips.csv@v1", 0, 7) == b"id,fare"
    assert system.cat_file("data/trips.csv@v1", -9) == trips(500).encode()[-9:]
    many = system.cat("data/photos@v1", recursive=True)
    assert many == {f"data/photos@v1/{name}.bin": name.encode() * 100 for name in ("a", "b", "deep/c")}
    assert len(system.cat(["data/large.txt@v1", "data/trips.csv@v1"])["data/large.txt@v1"]) > 1 << 20
    system.get("data/photos@v1", str(tmp_path / "copy"), recursive=True)
    assert (tmp_path / "copy/deep/c.bin").read_bytes() == b"deep/c" * 100
    assert system.ukey("data/trips.csv@v1") != system.ukey("data/trips.csv@v2")
    with pytest.raises(varve.VarveError, match="cannot be written"):
        system.open("data/trips.csv", "wb")


def test_another_repository_is_read_by_its_path_and_by_what_git_clones(
    versions: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(varve.VarveError) as none:
        varve.open("data/trips.csv")
    assert none.value.code == "repository-missing"
    assert varve.read("data/trips.csv@v1", repo=versions.repo) == trips(500).encode()
    absolute = f"varve://{versions.repo}/data/trips.csv@v1"
    assert fsspec.open(absolute, "rb").open().read() == trips(500).encode()
    bare = tmp_path / "bare.git"
    versions.git("clone", "-q", "--bare", str(versions.repo), str(bare))
    url = f"file://{bare}"
    # Its remote is a folder outside of it, to which this machine has to agree.
    with pytest.raises(varve.VarveError) as untrusted:
        varve.read("data/trips.csv@v1", repo=url)
    assert untrusted.value.code == "settings-untrusted"
    fingerprint = re.search(r"sha256:[0-9a-f]{64}", untrusted.value.remedy)
    assert fingerprint is not None
    versions.varve("trust", "--repository", url, fingerprint[0])
    assert varve.read("data/trips.csv@v1", repo=url) == trips(500).encode()
    assert VarveFileSystem(repo=url, rev="v1").find("data/photos") == [
        f"data/photos/{name}.bin" for name in ("a", "b", "deep/c")
    ]


def test_what_the_cache_lacks_is_fetched_into_it(
    versions: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "repo"
    versions.git("clone", "-q", str(versions.repo), str(clone))
    monkeypatch.chdir(clone)
    versions.varve("trust", folder=clone)
    system = VarveFileSystem(skip_instance_cache=True)
    assert system.cat_file("data/photos@v1/deep/c.bin") == b"deep/c" * 100
    assert varve.read("data/trips.csv@v1") == trips(500).encode()
    versions.varve("remote", "remove", "origin", folder=clone)
    # What came is in the cache of the clone: the command line has it too.
    assert versions.varve("cat", "data/trips.csv@v1", folder=clone) == trips(500)


def test_threads_forks_and_pickles_share_no_pipe(system: VarveFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [f"data/photos@v1/{name}.bin" for name in ("a", "b", "deep/c")] * 50
    with ThreadPoolExecutor(8) as pool:
        assert [len(data) for data in pool.map(system.cat_file, paths)] == [100, 100, 600] * 50
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool_of_processes:
            assert pool_of_processes.map(system.cat_file, paths[:6]) == [system.cat_file(path) for path in paths[:6]]
    copy = pickle.dumps(system)
    monkeypatch.chdir("/")
    assert pickle.loads(copy).cat_file(paths[0]) == b"a" * 100


def test_a_helper_that_ended_is_started_anew(system: VarveFileSystem) -> None:
    varve.close()
    assert system.cat_file("data/photos@v1/a.bin") == b"a" * 100
    from varve import _connection

    link = _connection.connection()
    link._process.kill()
    with pytest.raises(varve.VarveError) as ended:
        system.cat_file("data/photos@v1/b.bin")
    assert ended.value.code == "helper-ended"
    assert system.cat_file("data/photos@v1/b.bin") == b"b" * 100


def test_describe_tells_the_facts_of_a_version_by_standards(in_versions: Sandbox) -> None:
    facts = varve.describe("data/trips.csv@v1")
    assert facts["rows"] == 500 and facts["digest"] == varve.resolve("data/trips.csv@v1").digest
    base = "http://localhost:1/repo/v1"
    croissant = varve.describe("data/trips.csv@v1", format="croissant", base_url=base)
    assert croissant["distribution"][0]["contentUrl"] == f"{base}/data/trips.csv"
    assert varve.describe("data/trips.csv@v1", format="mltable").startswith("$schema")
    with pytest.raises(varve.VarveNotFoundError):
        varve.describe("data/none.csv")


def test_resolve_tells_which_version_a_name_means(in_versions: Sandbox) -> None:
    first, here = varve.resolve("data/trips.csv@v1"), varve.resolve("data/trips.csv")
    assert (first.path, first.kind, first.rows, first.files) == ("data/trips.csv", "file", 500, 1)
    assert first.commit == in_versions.git("rev-parse", "v1").strip() and here.commit is None
    assert first.digest != here.digest == varve.resolve("data/trips.csv@v2", repo=in_versions.repo).digest
    with pytest.raises(varve.VarveNotFoundError):
        varve.resolve("data/none.csv")
    with pytest.raises(varve.VarveError, match="holds 3 datasets") as caught:
        varve.resolve("data")
    assert caught.value.code == "usage" and "data/photos" in caught.value.remedy
