"""Other libraries read versions by `varve://`, with no word of varve but that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from conftest import Sandbox

from varve import VarveFileSystem

pandas = pytest.importorskip("pandas")
pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

ROWS = 60_000


@pytest.fixture(scope="module")
def flights(versions: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A folder of Parquet files at v1, of which v2 has one more; each is larger than what comes in memory."""
    box = Sandbox(tmp_path_factory.mktemp("flights"))
    box.start()
    (box.repo / "data/flights").mkdir(parents=True)
    for part in range(3):
        if part == 2:
            box.varve("add", "data/flights")
            box.commit("v1")
        ids = range(part * ROWS, (part + 1) * ROWS)
        noise = [number * 2654435761 % 4294967296 for number in ids]
        table = pyarrow.table({"id": list(ids), "noise": noise, "carrier": [f"c{number % 5}" for number in ids]})
        parquet.write_table(table, box.repo / f"data/flights/part-{part}.parquet", row_group_size=10_000)
    box.varve("add", "data/flights")
    box.commit("v2")
    fsspec.register_implementation("varve", VarveFileSystem, clobber=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(box.repo)
        yield box


def test_pandas(flights: Sandbox) -> None:
    frame = pandas.read_parquet("varve://data/flights@v1/part-0.parquet")
    assert list(frame.columns) == ["id", "noise", "carrier"] and len(frame) == ROWS
    assert len(pandas.read_parquet("varve://data/flights@v1")) == 2 * ROWS
    some = pandas.read_parquet("varve://data/flights@v2", columns=["id"], storage_options={"repo": str(flights.repo)})
    assert some["id"].sum() == sum(range(3 * ROWS))


def test_polars(flights: Sandbox) -> None:
    polars = pytest.importorskip("polars")
    with fsspec.open("varve://data/flights@v1/part-1.parquet") as file:
        assert polars.read_parquet(file)["id"].min() == ROWS
    dataset = pytest.importorskip("pyarrow.dataset").dataset(
        "data/flights@v1", filesystem=VarveFileSystem(), format="parquet"
    )
    lazy = polars.scan_pyarrow_dataset(dataset).filter(polars.col("id") >= ROWS).select(polars.len())
    assert lazy.collect().item() == ROWS


def test_pyarrow_reads_ranges_of_a_dataset(flights: Sandbox) -> None:
    dataset = pytest.importorskip("pyarrow.dataset")
    system = VarveFileSystem(rev="v2")
    found = dataset.dataset("data/flights", filesystem=system, format="parquet")
    assert found.count_rows() == 3 * ROWS
    field = dataset.field("id")
    assert found.to_table(columns=["id"], filter=field < 10).num_rows == 10
    assert parquet.ParquetFile("data/flights/part-2.parquet", filesystem=system).metadata.num_row_groups == 6


def test_dask(flights: Sandbox) -> None:
    dask = pytest.importorskip("dask.dataframe")
    frame = dask.read_parquet("varve://data/flights@v1")
    assert frame.npartitions == 2
    assert int(frame["id"].sum().compute()) == sum(range(2 * ROWS))


def test_hugging_face(flights: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    files = {"train": "varve://data/flights@v1/*.parquet", "test": ["varve://data/flights@v2/part-2.parquet"]}
    found = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path))
    assert {name: len(split) for name, split in found.items()} == {"train": 2 * ROWS, "test": ROWS}
    stream = datasets.load_dataset("parquet", data_files=files, split="test", streaming=True)
    assert next(iter(stream))["id"] == 2 * ROWS


def test_torch_reads_a_folder_of_images_in_workers(versions: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(versions.repo)

    class Photos(torch.utils.data.Dataset):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.system = VarveFileSystem(rev="v1")
            self.paths = self.system.find("data/photos")

        def __len__(self) -> int:
            return len(self.paths)

        def __getitem__(self, index: int) -> Any:
            return len(self.system.cat_file(self.paths[index]))

    loader = torch.utils.data.DataLoader(Photos(), batch_size=3, num_workers=2)
    assert [batch.tolist() for batch in loader] == [[100, 100, 600]]


def test_ray_data(flights: Sandbox) -> None:
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, runtime_env={"working_dir": None})
    try:
        found = ray.data.read_parquet("data/flights@v1", filesystem=VarveFileSystem())
        assert found.count() == 2 * ROWS
    finally:
        ray.shutdown()
