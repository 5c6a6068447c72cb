"""A repository, or a plain folder, and what can be done in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Union

from ._connection import call
from ._errors import VarveError
from ._progress import Bars, ProgressOption
from ._results import (
    AddedDataset,
    CheckedOutDataset,
    CopiedVersion,
    DatasetStatus,
    DatasetVersion,
    DriftHistory,
    DriftReport,
    Listing,
    Profile,
    Schema,
    Transfer,
    ValidationReport,
    Version,
    profile_of,
    transfer_of,
    version_of,
)
from ._tables import Data, PathLike, named

Paths = Union[PathLike, Sequence[PathLike]]
#: ``("carrier", "UA")``: the rows whose feature has this value, as text.
Slice = tuple[str, str]


class Repository:
    """A folder, in a repository of varve or DVC or in none: relative paths start here.

    All functions of the module are methods of this class for the folder that the process stands in.

    Args:
        folder: where to work; where the process stands, at each call, unless given.
        progress: whether long calls show a bar (needs tqdm; unless given, where somebody looks on), or a function that
            is told of each step.
    """

    def __init__(self, folder: PathLike | None = None, *, progress: ProgressOption = None) -> None:
        self._folder = None if folder is None else os.path.abspath(os.fspath(folder))
        self._progress = progress

    def __repr__(self) -> str:
        return f"Repository({self.folder!r})"

    @property
    def folder(self) -> str:
        """Absolute."""
        return self._folder or str(Path.cwd())

    def init(self) -> str:
        """Start varve in the Git repository around the folder, and return the repository's root."""
        result, _ = call("init", {"folder": self.folder})
        return str(result["root"])

    def profile(
        self,
        data: Data,
        *,
        name: str | None = None,
        slice: Slice | None = None,
        weight: str | None = None,
        date_format: Mapping[str, str] | None = None,
        memory: str | None = None,
        threads: int | None = None,
    ) -> Profile:
        """The statistics of a dataset, a version, a plain file or folder, or a table in memory.

        Those that travel with a version are taken as they are, and no data is read.

        Args:
            data: a path, ``path@REV`` or a pattern; or a data frame of pandas or polars, a table of pyarrow, a dataset
                of Hugging Face, arrays by the names of their columns, a list of rows.
            name: what a table in memory is called in the report.
            slice: of some of the rows only, as ``("carrier", "UA")``.
            weight: the column that weights rows.
            date_format: how dates are written in columns of CSV, by their names: ``{"sold": "%d/%m/%Y"}``.
            memory: the engine's most memory, such as ``"1GB"``.
            threads: of the engine.

        Raises:
            VarveError: ``path-missing``, ``data-not-tabular``, ``profile-not-fetched``.
        """
        options = _profiling(slice, weight, date_format, memory, threads)
        with named(data, name) as path:
            result, payload = self._call("profile", [path], options)
        return profile_of(result, payload)

    def infer_schema(
        self,
        *data: Data,
        output: PathLike | None = None,
        strict: bool = False,
        explain: bool = False,
        source: PathLike | None = None,
    ) -> Schema:
        """The schema that data bears out: of several datasets, one that each of them satisfies.

        Nothing is written unless ``output`` is given; a schema that lies beside its data, as
        ``flights.csv.schema.yaml`` does, is the one that ``validate`` takes.

        Args:
            data: as ``profile`` takes it.
            output: a file that is written, in the place of one that is there.
            strict: allow only what the data has: no value, number or null beyond it.
            explain: write above each feature why it has its constraints.
            source: a document that says what holds, in place of the data, which is not read: metadata of Croissant, or
                ``constraints.json`` or ``statistics.json`` of SageMaker.

        Raises:
            VarveError: ``schema-source-invalid``, ``output-reserved`` where ``output`` is data or a pointer.
        """
        import tempfile

        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="varve-schema-"))
            paths = [stack.enter_context(named(each)) for each in data]
            target = os.path.join(folder, "schema.yaml") if output is None else os.fspath(output)
            options: dict[str, Any] = {"output": target, "strict": strict, "explain": explain, "force": True}
            if source is not None:
                options["from"] = os.fspath(source)
            result, _ = self._call("schema.infer", [paths], options)
        return Schema(result["text"], result["tables"], result["features"])

    def validate(
        self,
        data: Data,
        schema: Union[PathLike, Schema, None] = None,
        *,
        name: str | None = None,
        environment: str | None = None,
        previous: Data = None,
        serving: Data = None,
        strict: bool = False,
        slice: Slice | None = None,
        memory: str | None = None,
        threads: int | None = None,
    ) -> ValidationReport:
        """Hold data against a schema. The report is true where there is no anomaly.

        Args:
            data: as ``profile`` takes it.
            schema: a file, or what ``infer_schema`` gave; the one beside the data unless given.
            name: what a table in memory is called in the report.
            environment: of the schema, such as ``SERVING``.
            previous: what comparisons with an earlier version are made with; the version before unless given.
            serving: what comparisons of training with serving are made with.
            strict: that a check which could not be made, since the rows are not here, is an error.
            slice: of some of the rows only.
            memory: the engine's most memory, such as ``"1GB"``.
            threads: of the engine.

        Raises:
            VarveError: ``schema-missing``, ``schema-invalid``, ``environment-unknown``.
        """
        options = _profiling(slice, None, None, memory, threads)
        with ExitStack() as stack:
            path = stack.enter_context(named(data, name))
            options.update(_set(environment=environment, strict=strict or None))
            for word, other in (("previous", previous), ("serving", serving)):
                if other is not None:
                    options[word] = stack.enter_context(named(other))
            if isinstance(schema, Schema):
                import tempfile

                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="varve-schema-"))
                file = os.path.join(folder, "schema.yaml")
                schema.save(file)
                options["schema"] = file
            elif schema is not None:
                options["schema"] = os.fspath(schema)
            result, _ = self._call("validate", [path], options)
        if isinstance(schema, Schema):
            result = {**result, "schema": "the inferred schema"}
        return ValidationReport(result)

    def drift(
        self,
        before: Data,
        after: Data,
        *,
        names: tuple[str, str] | None = None,
        schema: PathLike | None = None,
        baseline: str | None = None,
        disjoint_keys: bool = False,
        slice: Slice | None = None,
        slice_after: Slice | None = None,
        weight: str | None = None,
        memory: str | None = None,
        threads: int | None = None,
    ) -> DriftReport:
        """What changed between two datasets, versions, slices or tables in memory, strongest first.

        Args:
            before: as ``profile`` takes it.
            after: likewise.
            names: what tables in memory are called in the report.
            schema: a file whose drift settings hold in place of those beside ``after``.
            baseline: versions whose differences are usual, as ``v1..v5``.
            disjoint_keys: the two are splits, such as training and test data: rows in common are a finding.
            slice: of some of the rows only, as ``("origin", "JFK")``.
            slice_after: of ``after``, if it is another slice.
            weight: the column that weights rows.
            memory: the engine's most memory, such as ``"1GB"``.
            threads: of the engine.

        Raises:
            VarveError: ``path-missing``, ``profile-not-fetched``, ``slice-empty``, ``baseline-invalid``.
        """
        options = _profiling(slice, weight, None, memory, threads)
        options.update(_set(schema=None if schema is None else os.fspath(schema), baseline=baseline))
        if disjoint_keys:
            options["disjointKeys"] = True
        if slice_after is not None:
            options["sliceAfter"] = _slice(slice_after)
        name_before, name_after = names or (None, None)
        with named(before, name_before) as first, named(after, name_after) as second:
            result, _ = self._call("drift", [first, second], options)
        return DriftReport(result)

    def drift_history(self, dataset: PathLike, *, schema: PathLike | None = None) -> DriftHistory:
        """Every committed version of a dataset against the one before it, from their statistics."""
        options = _set(schema=None if schema is None else os.fspath(schema))
        result, _ = self._call("driftHistory", [os.fspath(dataset)], options)
        return DriftHistory(result)

    def add(
        self,
        paths: Paths,
        *,
        replace: bool = False,
        profiles: bool = True,
        memory: str | None = None,
        threads: int | None = None,
    ) -> Listing[AddedDataset]:
        """Make a snapshot of each path, with its statistics, and point to it. Git is yours: commit the pointers.

        Args:
            paths: files, folders, or what lies within a dataset; all of them are added, or none.
            replace: what lies here is all of the dataset, whichever version it was made from.
            profiles: ``False`` adds data without its statistics.
            memory: the engine's most memory, such as ``"1GB"``.
            threads: of the engine.

        Raises:
            VarveError: ``path-missing``, ``version-outdated``, ``path-tracked``, ``symlink-refused``.
        """
        options = {"replace": replace, "profiles": profiles, **_set(memory=memory, threads=threads)}
        result, _ = self._call("add", [_paths(paths)], options)
        return Listing(_picked(AddedDataset, each) for each in result["datasets"])

    def status(self, paths: Paths | None = None) -> Listing[DatasetStatus]:
        """Every dataset against its pointer."""
        result, _ = self._call("status", [], _chosen(paths))
        return Listing(_picked(DatasetStatus, each) for each in result["datasets"])

    def resolve(self, dataset: PathLike, *, repo: PathLike | None = None) -> DatasetVersion:
        """The version that a name means, with its digest. No data is read; of a folder, the list of its files is.

        Args:
            dataset: ``path`` or ``path@REV``.
            repo: another repository: a path, or what ``git clone`` takes.

        Raises:
            VarveError: ``dataset-missing``, ``revision-unknown``, ``repository-unreachable``; ``usage`` for a folder
                that holds several datasets.
        """
        named = os.fspath(dataset)
        options = _set(repository=None if repo is None else os.fspath(repo))
        result, _ = self._call("list", [], {"paths": [named], **options})
        datasets = result["datasets"]
        if len(datasets) != 1:
            paths = ", ".join(each["path"] for each in datasets)
            raise VarveError("usage", f"{named} holds {len(datasets)} datasets", f"Name one of them: {paths}.", named)
        version: DatasetVersion = _picked(DatasetVersion, datasets[0])
        return version

    def describe(self, dataset: PathLike, *, format: str = "json", base_url: str | None = None) -> Any:
        """The facts of a version: digest, size, commit, features, what people say of it. No data is read.

        Args:
            dataset: ``path`` or ``path@REV``.
            format: ``"json"`` for the facts as they are; ``"openlineage"``, ``"croissant"`` or ``"mlflow"`` for a
                document of that standard, as JSON is read; ``"mltable"`` for the text of such a file.
            base_url: where the files are served, as ``http://localhost:9000/project/v1``.

        Raises:
            VarveError: ``dataset-missing``, ``revision-unknown``.
        """
        named = os.fspath(dataset)
        if format == "json":
            return self._call("describe", [named], {})[0]
        text, _ = self._call("describeAs", [named, format], _set(baseUrl=base_url))
        return text if format in ("mltable", "text") else json.loads(text)

    def log(self, dataset: PathLike, *, rev: str | None = None) -> Listing[Version]:
        """The versions of a dataset over Git's history, newest first."""
        result, _ = self._call("log", [os.fspath(dataset)], _set(revision=rev))
        return Listing(version_of(each) for each in result["versions"])

    def push(
        self,
        paths: Paths | None = None,
        *,
        remote: str | None = None,
        all_commits: bool = False,
        profiles_only: bool = False,
        jobs: int | None = None,
    ) -> Transfer:
        """Send what the remote lacks: of all datasets of the working tree, or of those that are named."""
        return self._moved("push", _transfer(paths, remote, all_commits, profiles_only, jobs))

    def fetch(
        self,
        paths: Paths | None = None,
        *,
        remote: str | None = None,
        all_commits: bool = False,
        profiles_only: bool = False,
        jobs: int | None = None,
    ) -> Transfer:
        """Bring what the cache lacks. The data of the working tree stays as it is."""
        return self._moved("fetch", _transfer(paths, remote, all_commits, profiles_only, jobs))

    def pull(
        self,
        paths: Paths | None = None,
        *,
        remote: str | None = None,
        force: bool = False,
        jobs: int | None = None,
    ) -> Listing[CheckedOutDataset]:
        """Fetch, then make the data match its pointers. Unsaved changes stay unless ``force`` gives them up."""
        options: dict[str, Any] = {**_chosen(paths), **_set(remote=remote, jobs=jobs)}
        if force:
            options["force"] = True
        result, _ = self._call("pull", [], options)
        return Listing(_picked(CheckedOutDataset, each) for each in result["datasets"])

    def checkout(self, paths: Paths | None = None, *, force: bool = False) -> Listing[CheckedOutDataset]:
        """Make the data match its pointers. Unsaved changes stay unless ``force`` gives them up."""
        result, _ = self._call("checkout", [], {**_chosen(paths), **({"force": True} if force else {})})
        return Listing(_picked(CheckedOutDataset, each) for each in result["datasets"])

    def get(self, dataset: PathLike, *, output: PathLike | None = None, repo: str | None = None) -> CopiedVersion:
        """Copy a version, or a file or folder within one, to where nothing lies: it is no dataset there.

        Args:
            dataset: ``path`` or ``path@REV``.
            output: where the copy goes, or a folder that is there; the folder of this repository unless given.
            repo: another repository: a path, or what ``git clone`` takes.
        """
        options = _set(output=None if output is None else os.fspath(output), repository=repo)
        result, _ = self._call("get", [os.fspath(dataset)], options)
        copied: CopiedVersion = _picked(CopiedVersion, result)
        return copied

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call any method of the library by its own name, as ``call("remotes.add", "origin", "s3://bucket/x")``.

        Arguments and options are those of docs/reference/api.md; the answer is the plain document.
        """
        result, _ = self._call(method, list(arguments), options)
        return result

    def _moved(self, verb: str, options: Mapping[str, Any]) -> Transfer:
        result, _ = self._call(verb, [], options)
        return transfer_of(result)

    def _call(self, method: str, arguments: list[Any], options: Mapping[str, Any]) -> tuple[Any, bytes]:
        params = {"folder": self.folder, "arguments": arguments, "options": options}
        with Bars(self._progress) as bars:
            return call(method, params, on_progress=bars.show)


def _paths(paths: Paths) -> list[str]:
    if isinstance(paths, (str, os.PathLike)):
        return [os.fspath(paths)]
    return [os.fspath(path) for path in paths]


def _chosen(paths: Paths | None) -> dict[str, Any]:
    return {} if paths is None else {"paths": _paths(paths)}


def _set(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _slice(slice: Slice) -> dict[str, str]:
    feature, value = slice
    return {"feature": feature, "value": str(value)}


def _profiling(
    slice: Slice | None,
    weight: str | None,
    date_format: Mapping[str, str] | None,
    memory: str | None,
    threads: int | None,
) -> dict[str, Any]:
    options = _set(weight=weight, dateFormat=date_format, memory=memory, threads=threads)
    return options if slice is None else {**options, "slice": _slice(slice)}


def _transfer(
    paths: Paths | None,
    remote: str | None,
    all_commits: bool,
    profiles_only: bool,
    jobs: int | None,
) -> dict[str, Any]:
    flags = {"allCommits": all_commits, "profilesOnly": profiles_only}
    asked = {name: True for name, value in flags.items() if value}
    return {**_chosen(paths), **_set(remote=remote, jobs=jobs), **asked}


def _picked(kind: Any, document: Mapping[str, Any]) -> Any:
    """Make a result of those members of a document that it has a place for."""
    return kind(**{name: document.get(name) for name in kind.__dataclass_fields__})
