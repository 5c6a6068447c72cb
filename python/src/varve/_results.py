"""What calls answer: small objects, each made of the document that the command of the same name prints with --json."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Union

from ._connection import call
from ._errors import neutral

if TYPE_CHECKING:
    import os

    import pandas

Document = Mapping[str, Any]
Number = Union[int, float]


Item = TypeVar("Item")
#: Digits of a digest or a commit by which people know it.
_SHOWN_DIGITS = 12


class Listing(list[Item]):
    """A list of results, which a notebook shows as a table."""

    def to_frame(self) -> pandas.DataFrame:
        """A row for each."""
        return _frame([vars(each) for each in self], None)

    def _repr_html_(self) -> str:
        if not self:
            return "<em>none</em>"
        names = list(vars(self[0]))
        head = "".join(f"<th>{name}</th>" for name in names)
        rows = ("".join(f"<td>{_cell(name, vars(each)[name])}</td>" for name in names) for each in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody><tr>{'</tr><tr>'.join(rows)}</tr></tbody></table>"


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in ("digest", "commit"):
        return f"<code>{html.escape(str(value).rsplit(':', 1)[-1][:_SHOWN_DIGITS])}</code>"
    return f"{value:,}" if isinstance(value, int) else html.escape(neutral(str(value)))


class _Report:
    """A result that can be shown: as text, as the page that the command line writes, as a data frame."""

    _kind = ""

    def _rendered(self, format: str) -> str:
        raise NotImplementedError

    def to_html(self) -> str:
        """The page that the command line writes with ``--format html``: whole, and without anything from elsewhere."""
        return self._rendered("html")

    def to_markdown(self) -> str:
        """The text that the command line writes with ``--format markdown``."""
        return self._rendered("markdown")

    def to_dict(self) -> dict[str, Any]:
        """The document that the command line prints with ``--json``."""
        document: dict[str, Any] = json.loads(self._rendered("json"))
        return document

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Write a file in the format that its name says: ``.html``, ``.md``, ``.json`` or, for all else, text."""
        formats = {".html": "html", ".htm": "html", ".md": "markdown", ".json": "json"}
        target = Path(path)
        target.write_text(self._rendered(formats.get(target.suffix.lower(), "text")), encoding="utf-8")

    def __str__(self) -> str:
        return self._rendered("text")

    def _repr_html_(self) -> str:
        """Show the page in a notebook, in a frame of its own that reaches neither the notebook nor the network."""
        page = html.escape(self.to_html(), quote=True)
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="varve" '
            'style="width: 100%; height: 640px; box-sizing: border-box; border: 1px solid #8884; resize: vertical">'
            "</iframe>"
        )


def _document_rendered(kind: str, document: Document, format: str) -> str:
    text, _ = call("render", {"kind": kind, "document": document, "format": format})
    return str(text)


def _frame(rows: list[dict[str, Any]], columns: list[str] | None = None) -> pandas.DataFrame:
    import pandas

    frame: pandas.DataFrame = pandas.DataFrame(rows, columns=columns)
    return frame


@dataclass(frozen=True)
class Feature:
    """A column, or a field within one, by what is known of its values."""

    #: The path as people write it: ``trips.[].fare``.
    name: str
    type: str
    #: Rows that have it, and rows that do not.
    present: int
    nulls: int
    #: ``nulls`` as a share of all rows.
    missing: float
    distinct: int
    is_distinct_exact: bool
    mean: float | None
    #: Population standard deviation.
    deviation: float | None
    #: Numbers where the type is one, else text: dates as ISO 8601.
    min: Union[Number, str, None]
    max: Union[Number, str, None]
    #: First quartile, median, third quartile: within 0.8 % of their values.
    quartiles: tuple[float, float, float] | None
    #: The most frequent values, with their shares.
    top: tuple[tuple[str, float], ...]


def _feature(facts: Document) -> Feature:
    kind = str(facts["type"])
    quartiles = facts["quartiles"]
    return Feature(
        name=facts["feature"],
        type=kind,
        present=facts["present"],
        nulls=facts["nulls"],
        missing=facts["missing"],
        distinct=facts["distinct"],
        is_distinct_exact=facts["isDistinctExact"],
        mean=facts["mean"],
        deviation=facts["deviation"],
        min=_bound(kind, facts["min"]),
        max=_bound(kind, facts["max"]),
        quartiles=None if quartiles is None else (quartiles[0], quartiles[1], quartiles[2]),
        top=tuple((each["value"], each["share"]) for each in facts["top"]),
    )


def _bound(kind: str, text: str | None) -> Union[Number, str, None]:
    if text is None or kind not in ("integer", "float"):
        return text
    return int(text) if kind == "integer" else float(text)


@dataclass(frozen=True)
class Table:
    """The rows of a file, or of the files of a folder that have the same columns."""

    #: ``''`` for the only table of a dataset, else its folder; ``'.files'`` for the table of the files themselves.
    name: str
    rows: int
    features: Mapping[str, Feature]


@dataclass(frozen=True, repr=False)
class Profile(_Report):
    """The statistics of a dataset.

    Attributes:
        name: what it is of, as it was named.
        digest: the version's digest; ``None`` for data that is in no version.
        tables: by their names.
    """

    name: str
    digest: str | None
    tables: Mapping[str, Table]
    _bytes: bytes

    def __repr__(self) -> str:
        return f"<Profile {self.name}: {self.rows:,} rows, {len(self.features)} features>"

    @property
    def rows(self) -> int:
        """Rows of all tables, without that of the files."""
        return sum(table.rows for table in self._of_rows())

    @property
    def features(self) -> Mapping[str, Feature]:
        """The features of all tables: where there are several, ``table/feature``."""
        tables = self._of_rows()
        if len(tables) == 1:
            return tables[0].features
        return {f"{table.name}/{name}": each for table in tables for name, each in table.features.items()}

    def to_frame(self) -> pandas.DataFrame:
        """A row for each feature."""
        rows = []
        for table in self.tables.values():
            for each in table.features.values():
                first, median, third = each.quartiles or (None, None, None)
                rows.append(
                    {
                        "table": table.name,
                        "feature": each.name,
                        "type": each.type,
                        "present": each.present,
                        "nulls": each.nulls,
                        "distinct": each.distinct,
                        "mean": each.mean,
                        "std": each.deviation,
                        "min": each.min,
                        "25%": first,
                        "50%": median,
                        "75%": third,
                        "max": each.max,
                        "top": each.top[0][0] if each.top else None,
                    }
                )
        return _frame(rows)

    def _of_rows(self) -> list[Table]:
        tables = [table for table in self.tables.values() if table.name != ".files"]
        return tables or list(self.tables.values())

    def _rendered(self, format: str) -> str:
        text, _ = call("render", {"kind": "profile", "name": self.name, "format": format}, self._bytes)
        return str(text)


def profile_of(result: Document, payload: bytes) -> Profile:
    """Make a profile of an answer."""
    tables = {}
    for each in result["tables"]:
        features = {facts["feature"]: _feature(facts) for facts in each["features"]}
        tables[each["name"]] = Table(each["name"], each["rows"], features)
    return Profile(result["name"], result["digest"], tables, payload)


@dataclass(frozen=True)
class Measure:
    """A distance between two distributions, and what it speaks for."""

    #: ``jensen-shannon``, ``kolmogorov-smirnov``, ``psi``, ``null-share`` and others.
    name: str
    value: float
    #: ``none``, ``warning`` or ``drift``.
    verdict: str
    #: What sampling alone would give at these sizes, in 95 of 100 cases.
    expected: float | None = None
    threshold: float | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class FeatureDrift:
    """What changed in a feature."""

    name: str
    table: str
    type: str
    #: ``none``, ``warning`` or ``drift``.
    verdict: str
    #: 1 is just drift; below 1 where the change only ever warns, as of keys; at most ½ if chance explains the change.
    strength: float
    #: Sentences for people, strongest first.
    reasons: tuple[str, ...]
    measures: Mapping[str, Measure]


def _feature_drift(document: Document) -> FeatureDrift:
    measures = {
        each["name"]: Measure(
            each["name"],
            each["value"],
            each["verdict"],
            each.get("expected"),
            each.get("threshold"),
            each.get("pValue"),
        )
        for each in document["measures"]
    }
    return FeatureDrift(
        document["feature"],
        document["table"],
        document["type"],
        document["verdict"],
        document["strength"],
        tuple(document["reasons"]),
        measures,
    )


class DriftReport(_Report):
    """What changed between two datasets or versions."""

    def __init__(self, document: Document) -> None:
        self._document = document
        #: The strongest verdict of any feature: ``none``, ``warning`` or ``drift``.
        self.verdict: str = document["verdict"]
        #: The answer in one line.
        self.summary: str = document["summary"]
        self.before: str = document["before"]["name"]
        self.after: str = document["after"]["name"]
        drifts = [_feature_drift(each) for each in document["features"]]
        is_one = len({each.table for each in drifts}) <= 1
        #: By name, strongest first; where there are several tables, ``table/feature``.
        self.features: Mapping[str, FeatureDrift] = {
            each.name if is_one else f"{each.table}/{each.name}": each for each in drifts
        }
        #: Features that one side alone has.
        self.added: list[str] = [each["feature"] for each in document["added"]]
        self.removed: list[str] = [each["feature"] for each in document["removed"]]

    @property
    def drifted(self) -> list[str]:
        """The features that drifted, strongest first."""
        return [name for name, each in self.features.items() if each.verdict == "drift"]

    def to_frame(self) -> pandas.DataFrame:
        """A row for each feature, strongest first."""
        return _frame(
            [
                {
                    "table": each.table,
                    "feature": each.name,
                    "type": each.type,
                    "verdict": each.verdict,
                    "strength": each.strength,
                    "reasons": "; ".join(each.reasons),
                    **{measure.name: measure.value for measure in each.measures.values()},
                }
                for each in self.features.values()
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """The document that ``varve drift --json`` prints."""
        return dict(self._document)

    def __repr__(self) -> str:
        return f"<DriftReport {self.before} → {self.after}: {self.summary}>"

    def _rendered(self, format: str) -> str:
        return _document_rendered("drift", self._document, format)


class DriftHistory(_Report):
    """Every version of a dataset against the one before it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        #: Oldest first.
        self.steps: list[Document] = list(document["steps"])

    def to_dict(self) -> dict[str, Any]:
        """The document that ``varve drift --history --json`` prints."""
        return dict(self._document)

    def to_frame(self) -> pandas.DataFrame:
        """A row for each step."""
        return _frame([{key: each[key] for key in each if not isinstance(each[key], list)} for each in self.steps])

    def _rendered(self, format: str) -> str:
        return _document_rendered("driftSeries", self._document, format)


@dataclass(frozen=True)
class Anomaly:
    """Something in the data that the schema does not allow."""

    table: str
    #: ``''`` for what concerns the whole dataset.
    feature: str
    #: TFDV's name, such as ``ENUM_TYPE_UNEXPECTED_STRING_VALUES``.
    kind: str
    #: ``error`` or ``warning``.
    severity: str
    short: str
    description: str
    expected: str
    observed: str


class ValidationReport(_Report):
    """A dataset, held against its schema."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.valid: bool = document["valid"]
        self.unchecked: int = document.get("unchecked", 0)
        self.dataset: str = document["dataset"]["name"]
        self.anomalies: list[Anomaly] = [
            Anomaly(**{name: each[name] for name in Anomaly.__dataclass_fields__}) for each in document["anomalies"]
        ]

    def __bool__(self) -> bool:
        return self.valid

    def to_frame(self) -> pandas.DataFrame:
        """A row for each anomaly."""
        return _frame([dict(vars(each)) for each in self.anomalies], [*Anomaly.__dataclass_fields__])

    def to_dict(self) -> dict[str, Any]:
        """The document that ``varve validate --json`` prints."""
        return dict(self._document)

    def __repr__(self) -> str:
        found = "valid" if self.valid else f"{len(self.anomalies)} anomalies"
        return f"<ValidationReport {self.dataset}: {found}>"

    def _rendered(self, format: str) -> str:
        return _document_rendered("validation", self._document, format)


@dataclass(frozen=True)
class Schema:
    """What data should look like, as the YAML that people review."""

    text: str
    tables: int
    features: int

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Write it, as ``data.csv.schema.yaml`` beside ``data.csv``, say."""
        Path(path).write_text(self.text, encoding="utf-8")

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Schema(tables={self.tables}, features={self.features})"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


@dataclass(frozen=True)
class Version:
    """A commit that changed a dataset."""

    commit: str
    #: ISO 8601, with its zone.
    date: str
    author: str
    subject: str
    path: str
    #: ``None``, as the figures are, if this commit took the dataset out.
    digest: str | None
    bytes: int | None
    files: int | None
    rows: int | None


def version_of(document: Document) -> Version:
    """Make a version of what ``log`` tells of it."""
    facts = document["snapshot"] or {}
    names = ("digest", "bytes", "files", "rows")
    told = {name: document[name] for name in ("commit", "date", "author", "subject", "path")}
    figures: dict[str, Any] = {name: facts.get(name) for name in names}
    return Version(**told, **figures)


@dataclass(frozen=True)
class DatasetVersion:
    """A version of a dataset, by what its pointer says."""

    #: From the root of the repository.
    path: str
    #: The commit that has it; ``None`` for the version that the pointer of the working tree names.
    commit: str | None
    #: ``file`` or ``directory``.
    kind: str
    digest: str
    bytes: int
    files: int
    #: ``None`` if the data is not tabular.
    rows: int | None


@dataclass(frozen=True)
class AddedDataset:
    """A dataset as ``add`` left it."""

    path: str
    #: ``new``, ``changed`` or ``unchanged``.
    change: str
    #: ``file`` or ``directory``.
    kind: str
    digest: str
    bytes: int
    files: int
    rows: int | None


@dataclass(frozen=True)
class DatasetStatus:
    """A dataset against its pointer."""

    path: str
    #: ``unchanged``, ``modified``, ``outdated`` or ``missing``.
    state: str
    kind: str
    digest: str | None


@dataclass(frozen=True)
class Transfer:
    """What a push or a fetch sent."""

    #: The remote's name; ``None`` if none had to be asked.
    remote: str | None
    snapshots: int
    objects: int
    bytes: int


def transfer_of(document: Document) -> Transfer:
    """Make a transfer of an answer."""
    remote = document["remote"]
    name = None if remote is None else remote["name"]
    return Transfer(name, document["snapshots"], document["objects"], document["bytes"])


@dataclass(frozen=True)
class CheckedOutDataset:
    """A dataset whose data was made to match its pointer."""

    path: str
    #: Files that were written, and removed.
    written: int
    removed: int


@dataclass(frozen=True)
class CopiedVersion:
    """A version, or a part of one, that ``get`` copied."""

    #: From the root of its repository.
    path: str
    #: ``None`` for the version that the pointer of the working tree names.
    commit: str | None
    #: Where it lies now.
    output: str
    files: int
    bytes: int
