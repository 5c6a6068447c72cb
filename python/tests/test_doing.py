"""What the command line does, from Python: statistics, schemas, drift, versions."""

from __future__ import annotations

import json
import logging
import signal
from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import Sandbox, trips

import varve
from varve import Repository

pandas = pytest.importorskip("pandas")
pyarrow = pytest.importorskip("pyarrow")


def frame_of(rows: int, fare: int = 0) -> Any:
    numbers = list(range(rows))
    return pandas.DataFrame(
        {
            "id": numbers,
            "fare": [number % 7 + fare for number in numbers],
            "zone": ["abc"[number % 3] for number in numbers],
        }
    )


def test_a_day_of_work(new_repository: Callable[[], Sandbox], caplog: pytest.LogCaptureFixture) -> None:
    box = new_repository()
    assert Path(varve.init()) == box.repo.resolve()
    box.write("data/trips.csv", trips(500))
    [added] = varve.add("data/trips.csv")
    assert (added.path, added.change, added.kind, added.rows) == ("data/trips.csv", "new", "file", 500)
    Repository().call("remotes.add", "origin", "../remote")
    sent = varve.push()
    assert (sent.remote, sent.snapshots) == ("origin", 1) and sent.objects > 0
    box.commit("v1")
    box.write("data/trips.csv", trips(400, fare=2))
    assert [(each.path, each.state) for each in varve.status()] == [("data/trips.csv", "modified")]
    assert [(each.path, each.written) for each in varve.checkout()] == [("data/trips.csv", 0)]
    assert varve.add([Path("data/trips.csv")])[0].change == "changed"
    box.commit("v2")
    assert [(each.subject, each.rows) for each in varve.log("data/trips.csv")] == [("v2", 400), ("v1", 500)]
    listed = varve.log("data/trips.csv")
    table = listed._repr_html_()
    assert "<th>subject</th>" in table and f"<code>{listed[0].commit[:12]}</code>" in table
    assert listed[0].commit not in table and varve.status()[:0] == [] and "400" in table
    (box.repo / "data/trips.csv").unlink()
    [brought] = varve.pull()
    assert (brought.path, brought.written) == ("data/trips.csv", 1)
    assert varve.get("data/trips.csv@v1", output="old.csv").files == 1
    assert (box.repo / "old.csv").read_text() == trips(500)
    assert [step["verdict"] for step in varve.drift_history("data/trips.csv").steps] == ["drift"]
    assert varve.fetch().objects == 0
    varve.push(all_commits=True)
    with pytest.raises(varve.VarveError) as unknown:
        varve.push(remote="nowhere")
    assert unknown.value.code == "remote-unknown"
    with pytest.raises(varve.VarveError, match='no option "jobz"'):
        Repository().call("push", jobz=3)


def test_statistics_of_a_version(in_versions: Sandbox) -> None:
    profile = varve.profile("data/trips.csv@v1")
    assert (profile.rows, profile.name, profile.digest is not None) == (500, "data/trips.csv@v1", True)
    fare = profile.features["fare"]
    assert (fare.type, fare.min, fare.max, fare.distinct, fare.nulls) == ("integer", 0, 6, 7, 0)
    assert fare.mean == pytest.approx(2.988)
    value, share = profile.features["zone"].top[0]
    assert (value, share) == ("a", 167 / 500)
    frame = profile.to_frame()
    assert list(frame["feature"]) == ["id", "fare", "zone"]
    assert profile.to_dict()["tables"][0]["rows"] == 500
    assert varve.profile("data/trips.csv@v1", slice=("zone", "a")).rows == 167
    # Of a folder without tables, there is the table of its files.
    assert varve.profile("data/photos@v1").tables[".files"].rows == 3


def test_drift_between_versions_and_memory(in_versions: Sandbox, tmp_path: Path) -> None:
    report = varve.drift("data/trips.csv@v1", "data/trips.csv@v2")
    assert (report.verdict, report.drifted) == ("drift", ["fare"])
    assert report.features["fare"].strength > 1 and report.features["fare"].reasons
    assert report.features["id"].verdict == "none"
    live = varve.drift("data/trips.csv@v1", frame_of(500), names=("", "live"))
    assert (live.verdict, live.after) == ("none", "live")
    assert varve.drift(frame_of(500), frame_of(500, fare=9)).before == "pandas.DataFrame"
    assert list(report.to_frame()["feature"])[0] == "fare"
    assert report.to_markdown().startswith("#") and "fare" in str(report)
    page = report.to_html()
    assert page.startswith("<!doctype html>") or page.startswith("<!DOCTYPE html>")
    # Nothing of the page reaches the notebook around it.
    shown = report._repr_html_()
    assert "box-sizing" in shown
    schema = varve.infer_schema("data/trips.csv@v1")
    assert repr(schema) == "Schema(tables=1, features=3)" and schema._repr_html_().startswith("<pre># ")
    assert shown.startswith("<iframe srcdoc=") and 'sandbox="allow-scripts"' in shown and "<script" not in shown
    report.save(tmp_path / "drift.html")
    assert (tmp_path / "drift.html").read_text(encoding="utf-8") == page
    assert report.to_dict()["varveDrift"] == 1


def test_a_schema_is_inferred_and_held_against_data(in_versions: Sandbox, tmp_path: Path) -> None:
    schema = varve.infer_schema("data/trips.csv@v1", frame_of(500))
    assert schema.features == 3 and "varveSchema: 1" in schema.text
    assert varve.validate(frame_of(500), schema)
    report = varve.validate(frame_of(500).drop(columns="fare"), schema, name="batch")
    assert not report and report.dataset == "batch"
    assert [(each.feature, each.kind) for each in report.anomalies] == [("fare", "SCHEMA_MISSING_COLUMN")]
    assert list(report.to_frame()["feature"]) == ["fare"]
    assert "fare" in report.to_html() and "fare" in report.to_markdown()
    schema.save(tmp_path / "trips.schema.yaml")
    assert varve.validate("data/trips.csv@v1", tmp_path / "trips.schema.yaml").valid
    with pytest.raises(varve.VarveError) as missing:
        varve.validate("data/trips.csv@v1")
    assert missing.value.code == "schema-missing"
    assert not (in_versions.repo / "data/trips.csv.schema.yaml").exists()
    varve.infer_schema("data/trips.csv", output="trips.yaml")
    assert (in_versions.repo / "trips.yaml").read_text(encoding="utf-8").count("varveSchema: 1") == 1
    with pytest.raises(varve.VarveError) as kept:
        varve.infer_schema("data/trips.csv", output="data/trips.csv")
    assert kept.value.code == "output-reserved"


def test_a_schema_comes_from_a_document_in_place_of_the_data(in_versions: Sandbox, tmp_path: Path) -> None:
    feature = {"name": "fare", "inferred_type": "Fractional", "completeness": 1}
    document = tmp_path / "constraints.json"
    document.write_text(json.dumps({"version": 0, "features": [feature]}), encoding="utf-8")
    schema = varve.infer_schema("data/trips.csv", source=document)
    assert schema.features == 1 and "fare:" in schema.text
    document.write_text(json.dumps({"version": 0, "features": [feature, feature]}), encoding="utf-8")
    with pytest.raises(varve.VarveError) as twins:
        varve.infer_schema("data/trips.csv", source=document)
    assert twins.value.code == "schema-source-invalid" and "two features" in str(twins.value)


def test_tables_in_memory_keep_their_types(in_versions: Sandbox) -> None:
    numpy = pytest.importorskip("numpy")
    times = pandas.to_datetime([1, None, 3], unit="ns", utc=True)
    frame = pandas.DataFrame(
        {
            "big": pandas.array([2**60 + 1, None, 3], dtype="Int64"),
            "when": times,
            "kind": pandas.Categorical(["x", "y", None]),
            "list": [[1.5, 2.5], [], None],
            "flag": [True, False, True],
        }
    )
    profile = varve.profile(frame, name="frame")
    assert profile.name == "frame" and profile.digest is None
    assert profile.features["big"].max == 2**60 + 1
    types = {name: each.type for name, each in profile.features.items()}
    assert types == {"big": "integer", "when": "timestamp", "kind": "string", "list.[]": "float", "flag": "boolean"}
    assert profile.features["kind"].nulls == 1
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    same = [varve.profile(data, name="frame").to_dict() for data in (table, table.to_reader())]
    assert same == [profile.to_dict()] * 2
    arrays = varve.profile({"a": numpy.arange(100_000), "b": numpy.ones(100_000)})
    assert (arrays.rows, arrays.features["a"].max, arrays.features["b"].mean) == (100_000, 99_999, 1)
    assert varve.profile([{"a": 1}, {"a": None}]).features["a"].nulls == 1
    assert varve.profile(frame.head(0)).rows == 0
    for wrong in (3, object(), frame.assign(big=[1, "two", object()])):
        with pytest.raises(varve.VarveError) as refused:
            varve.profile(wrong)
        assert refused.value.code == "usage" and refused.value.remedy


def test_frames_of_polars_and_datasets_of_hugging_face(in_versions: Sandbox) -> None:
    polars = pytest.importorskip("polars")
    expected = varve.profile(frame_of(500)).to_frame()
    for data in (polars.from_pandas(frame_of(500)), polars.from_pandas(frame_of(500)).lazy()):
        assert varve.profile(data).to_frame().equals(expected)
    datasets = pytest.importorskip("datasets")
    dataset = datasets.Dataset.from_pandas(frame_of(500))
    assert varve.profile(dataset).to_frame().equals(expected)
    assert varve.profile(dataset.filter(lambda row: row["zone"] == "a")).rows == 167


def test_ctrl_c_stops_a_call_and_the_next_one_works(in_versions: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    varve.status()
    from varve import _connection

    before = _connection.connection()
    steps: list[Any] = []
    wide = frame_of(400_000)

    def told(event: Any) -> None:
        steps.append(event)
        if len(steps) == 1:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        Repository(progress=told).profile(wide)
    assert steps and {"phase", "unit", "done"} <= set(steps[0])
    assert varve.profile("data/trips.csv@v1").rows == 500
    assert _connection.connection() is before


def test_warnings_are_logged(new_repository: Callable[[], Sandbox], caplog: pytest.LogCaptureFixture) -> None:
    box = new_repository()
    varve.init()
    box.write("broken.parquet", b"PAR1 no more PAR1")
    with caplog.at_level(logging.WARNING, logger="varve"):
        varve.add("broken.parquet")
    assert "broken.parquet is added without statistics" in caplog.text
