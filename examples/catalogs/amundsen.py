"""An extractor of Amundsen's databuilder: table metadata, statistics of columns and watermarks of a version, without reading data.

Usage in a databuilder job: `VarveExtractor.DATASET` names the dataset, such as data/flights.csv@v1, in the folder where the job runs.
"""

import json
import subprocess
from datetime import datetime
from typing import Any, Iterator

from databuilder.extractor.base_extractor import Extractor
from databuilder.models.table_metadata import ColumnMetadata, TableMetadata
from databuilder.models.table_stats import TableColumnStats
from databuilder.models.watermark import Watermark

DATABASE = "varve"
STATISTICS = {
    "count": "Count",
    "nulls": "Missing values",
    "distinct": "Distinct values",
    "min": "Minimum",
    "max": "Maximum",
    "mean": "Mean",
    "standardDeviation": "Std. deviation",
}


class VarveExtractor(Extractor):
    DATASET = "dataset"
    CLUSTER = "cluster"

    def init(self, conf: Any) -> None:
        dataset = conf.get_string(self.DATASET)
        said = subprocess.run(["varve", "describe", dataset, "--json"], check=True, stdout=subprocess.PIPE, text=True)
        self.records = models(json.loads(said.stdout), conf.get_string(self.CLUSTER, "gold"))

    def extract(self) -> Any:
        return next(self.records, None)

    def get_scope(self) -> str:
        return "extractor.varve"


def models(facts: dict, cluster: str) -> Iterator[Any]:
    """The models of each table of a version. Amundsen's schema is the folder, its table the name of the dataset."""
    folder, _, name = facts["path"].rpartition("/")
    schema = (folder or "root").replace("/", "_").replace(".", "_")
    since = datetime.fromisoformat(facts["commit"]["date"]) if facts["commit"] else datetime.now().astimezone()
    epoch = str(int(since.timestamp()))
    for table in facts["tables"] or []:
        called = name if table["name"] == "" else f"{name}/{table['name']}"
        place = {"cluster": cluster, "schema": schema}
        columns = [
            ColumnMetadata(feature["name"], None, feature["engineType"], order)
            for order, feature in enumerate(table["features"])
        ]
        about = facts["meta"].get("description", f"{facts['path']}, as {facts['digest']} has it.")
        yield TableMetadata(DATABASE, **place, name=called, description=about, columns=columns, tags=[])
        for feature in table["features"]:
            for key, stat in STATISTICS.items():
                if key in feature:
                    yield TableColumnStats(
                        called, feature["name"], stat, str(feature[key]), epoch, "0", DATABASE, cluster, schema
                    )
        times = [each for each in table["features"] if each["type"] in ("date", "timestamp") and "min" in each]
        for feature in times[:1]:
            for kind, value in (("low_watermark", feature["min"]), ("high_watermark", feature["max"])):
                yield Watermark(since.isoformat(), DATABASE, schema, called, f"{feature['name']}={value}", kind, cluster)
