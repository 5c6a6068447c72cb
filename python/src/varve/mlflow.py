"""Versions as datasets of MLflow's tracking: what a run was trained on, and the way back to it.

MLflow finds this module by its entry points: ``mlflow.data.from_varve`` is there wherever varve is installed.
"""

# MLflow looks at the annotations of this module as they are: they must not become strings.
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any, Optional, Union
from urllib.parse import urlsplit, urlunsplit

from mlflow.data.dataset import Dataset
from mlflow.data.dataset_source import DatasetSource
from mlflow.types import ColSpec, DataType, Schema

from ._errors import VarveError
from ._functions import get, profile, resolve
from ._results import DatasetVersion

PathLike = Union[str, "os.PathLike[str]"]

_PREFIX = "varve://"
#: What MLflow keeps of a digest, in characters: so many hexadecimal digits of the SHA-256.
_MAX_DIGEST = 36
_TYPES = {
    "boolean": DataType.boolean,
    "integer": DataType.long,
    "float": DataType.double,
    "string": DataType.string,
    "bytes": DataType.binary,
    "date": DataType.datetime,
    "timestamp": DataType.datetime,
    # Without any value it has no type of its own, and is a column all the same.
    "unknown": DataType.string,
}


class VarveDatasetSource(DatasetSource):  # type: ignore[misc]
    """Where a version is: its repository, its path there, its commit, and its digest.

    Args:
        uri: ``varve://`` and the path from the root of the repository, ``@`` and the commit.
        repository: what ``git clone`` takes, without a password; a path if the repository has no remote.
        digest: of the version, in full.
        revision: as it was named: a tag, a branch, a commit.
    """

    def __init__(self, uri: str, repository: str, digest: str, revision: Optional[str] = None) -> None:
        self.uri = uri
        self.repository = repository
        self.digest = digest
        self.revision = revision

    @staticmethod
    def _get_source_type() -> str:
        return "varve"

    @staticmethod
    def _can_resolve(raw_source: Any) -> bool:
        return isinstance(raw_source, str) and raw_source.startswith(_PREFIX)

    @classmethod
    def _resolve(cls, raw_source: str) -> "VarveDatasetSource":
        return _source_of(raw_source[len(_PREFIX) :], None)[0]

    @property
    def dataset(self) -> str:
        """The path from the root of the repository, ``@`` and the commit."""
        return self.uri[len(_PREFIX) :]

    def load(self, dst_path: Optional[PathLike] = None) -> str:
        """Copy the version, verified, and return where it lies now.

        The clone around the process's folder is used if it is one of the same repository; else the repository is asked.

        Args:
            dst_path: where nothing lies yet, or a folder; a new temporary folder unless given.

        Raises:
            VarveError: ``version-outdated`` if the version was never committed, and the dataset is another one now.
        """
        here = _repository_around(os.getcwd())
        is_here = here is not None and here[1] == self.repository
        path = os.path.join(here[0], self.dataset) if here is not None and is_here else self.dataset
        repo = None if is_here else self.repository
        found = resolve(path, repo=repo)
        if found.digest != self.digest:
            raise VarveError(
                "version-outdated",
                f"{found.path} is {found.digest} now; the run had {self.digest}, which was not committed then",
                f"`varve which {self.digest}` in a clone tells which commit has it now, if any has.",
                found.path,
            )
        output = dst_path if dst_path is not None else tempfile.mkdtemp(prefix="varve-")
        copied = get(path, output=os.path.abspath(os.fspath(output)), repo=repo)
        return copied.output

    def to_dict(self) -> dict[str, Any]:
        """The source as MLflow keeps it."""
        return {
            "uri": self.uri,
            "repository": self.repository,
            "digest": self.digest,
            "revision": self.revision,
        }

    @classmethod
    def from_dict(cls, source_dict: Mapping[str, Any]) -> "VarveDatasetSource":
        """Make a source of what MLflow kept."""
        return cls(source_dict["uri"], source_dict["repository"], source_dict["digest"], source_dict.get("revision"))


class VarveDataset(Dataset):  # type: ignore[misc]
    """A version as MLflow logs it: by its facts, without reading data."""

    def __init__(
        self, source: VarveDatasetSource, version: DatasetVersion, schema: Optional[Schema], name: str, digest: str
    ) -> None:
        self._version = version
        self._schema = schema
        super().__init__(source, name, digest)

    def _compute_digest(self) -> str:
        return _short(self._version.digest)

    @property
    def profile(self) -> dict[str, Any]:
        """Its size."""
        return {name: getattr(self._version, name) for name in ("rows", "files", "bytes")}

    @property
    def schema(self) -> Optional[Schema]:
        """The columns, if it is one table."""
        return self._schema

    @property
    def tags(self) -> dict[str, str]:
        """What ``mlflow.log_input`` may be given as ``tags``, so that runs are found by it."""
        source: VarveDatasetSource = self.source
        facts = {
            "varve.path": self._version.path,
            "varve.revision": source.revision or "",
            "varve.commit": self._version.commit or "",
            "varve.digest": self._version.digest,
        }
        return {name: value for name, value in facts.items() if value}

    def to_dict(self) -> dict[str, str]:
        """The dataset as MLflow keeps it."""
        schema = None if self._schema is None else json.dumps({"mlflow_colspec": self._schema.to_dict()})
        told = {**super().to_dict(), "profile": json.dumps(self.profile)}
        return told if schema is None else {**told, "schema": schema}


def from_varve(
    dataset: PathLike,
    *,
    repo: Optional[PathLike] = None,
    name: Optional[str] = None,
    digest: Optional[str] = None,
) -> VarveDataset:
    """A version for ``mlflow.log_input``.

    Args:
        dataset: ``path`` or ``path@REV``.
        repo: another repository: a path, or what ``git clone`` takes.
        name: its path from the root of the repository, unless given.
        digest: the first 36 hexadecimal digits of the version's digest, unless given.

    Raises:
        VarveError: ``dataset-missing``, ``revision-unknown``.
    """
    source, version = _source_of(os.fspath(dataset), None if repo is None else os.fspath(repo))
    schema = None
    if version.rows is not None and repo is None:
        schema = _schema_of(os.fspath(dataset))
    return VarveDataset(source, version, schema, name or version.path, digest or _short(version.digest))


def _short(digest: str) -> str:
    """As many digits of a digest as MLflow keeps: 36."""
    return digest.rsplit(":", 1)[-1][:_MAX_DIGEST]


def _source_of(dataset: str, repo: Optional[str]) -> tuple[VarveDatasetSource, DatasetVersion]:
    version = resolve(dataset, repo=repo)
    revision = dataset.rsplit("@", 1)[1] if version.commit is not None and "@" in dataset else None
    pinned = version.path if version.commit is None else f"{version.path}@{version.commit}"
    repository = _address(repo)
    return VarveDatasetSource(_PREFIX + pinned, repository, version.digest, revision), version


def _address(repo: Optional[str]) -> str:
    """What a colleague would clone, of the repository that was named or lies around the process's folder."""
    if repo is not None and not os.path.isdir(repo):
        return _without_secrets(repo)
    around = _repository_around(repo or os.getcwd())
    return os.path.abspath(repo or os.getcwd()) if around is None else around[1]


def _repository_around(folder: str) -> Optional[tuple[str, str]]:
    """The root of a clone, and the address of its repository: of `origin`, else of the clone itself."""
    root = _git(folder, "rev-parse", "--show-toplevel")
    if not root:
        return None
    origin = _git(folder, "config", "--get", "remote.origin.url")
    return root, _without_secrets(origin) if origin else root


def _git(folder: str, *words: str) -> str:
    said = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=False)
    return said.stdout.strip()


def _without_secrets(address: str) -> str:
    """An address without its password: a tracking server shows it to everyone."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https", "ssh", "git") or "@" not in parts.netloc:
        return address
    user, host = parts.netloc.rsplit("@", 1)
    kept = f"{user.split(':')[0]}@{host}" if parts.scheme == "ssh" else host
    return urlunsplit(parts._replace(netloc=kept))


def _schema_of(dataset: str) -> Optional[Schema]:
    tables = [table for table in profile(dataset).tables.values() if table.name != ".files"]
    if len(tables) != 1:
        return None
    columns = [
        ColSpec(_TYPES[each.type], name, required=each.nulls == 0)
        for name, each in tables[0].features.items()
        if each.type in _TYPES and "." not in name
    ]
    return Schema(columns) if columns else None
