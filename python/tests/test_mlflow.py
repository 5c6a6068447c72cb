"""A version as a dataset of MLflow: addresses, and versions without a commit."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from conftest import Sandbox

import varve

pytest.importorskip("mlflow")

from varve import mlflow as tracking


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://ann:secret@git.example.org/flights.git", "https://git.example.org/flights.git"),
        ("https://token@git.example.org:8443/flights.git", "https://git.example.org:8443/flights.git"),
        ("ssh://git:secret@git.example.org/flights.git", "ssh://git@git.example.org/flights.git"),
        ("git@git.example.org:flights.git", "git@git.example.org:flights.git"),
        ("/srv/flights", "/srv/flights"),
    ],
)
def test_no_password_goes_to_the_tracking_server(in_versions: Sandbox, address: str, kept: str) -> None:
    in_versions.git("remote", "add", "origin", address)
    try:
        source = tracking.from_varve("data/trips.csv@v1").source
    finally:
        in_versions.git("remote", "remove", "origin")
    assert source.repository == kept
    assert "secret" not in json.dumps(source.to_dict())


def test_a_version_is_loaded_from_a_bare_repository(
    in_versions: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "trips.git"
    in_versions.git("clone", "-q", "--bare", str(in_versions.repo), str(bare))
    kept = tracking.from_varve("data/trips.csv@v1", repo=bare).source.to_dict()
    monkeypatch.chdir(tmp_path)
    source = tracking.VarveDatasetSource.from_dict(kept)
    assert (source.revision, source.repository) == ("v1", str(bare))
    # Its remote is a folder that the repository's files name: a tracking server cannot have it read without consent.
    with pytest.raises(varve.VarveError) as caught:
        source.load()
    consent = re.search(r"varve (trust .*?)`", caught.value.remedy)
    assert consent is not None
    in_versions.varve(*shlex.split(consent[1]))
    assert Path(source.load()).read_bytes() == varve.read("data/trips.csv@v1", repo=in_versions.repo)
    with pytest.raises(varve.VarveError) as refused:
        tracking.VarveDatasetSource.from_dict({**kept, "repository": "ext::sh -c id"}).load()
    assert refused.value.code == "repository-unreachable"


def test_a_version_without_a_commit_is_told_from_the_one_that_is_there_now(in_versions: Sandbox) -> None:
    logged = tracking.from_varve("data/trips.csv")
    assert logged.source.revision is None and "varve.commit" not in logged.tags
    assert Path(logged.source.load()).read_bytes() == (in_versions.repo / "data/trips.csv").read_bytes()
    other = tracking.VarveDatasetSource(logged.source.uri, logged.source.repository, "sha256:" + "0" * 64)
    with pytest.raises(varve.VarveError) as caught:
        other.load()
    assert caught.value.code == "version-outdated"
