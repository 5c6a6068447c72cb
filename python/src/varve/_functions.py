"""The functions of the module: the methods of `Repository`, in the folder that the process stands in."""

from __future__ import annotations

import io
import os
from typing import IO, Any

from ._repository import Repository
from ._tables import PathLike
from ._versions import open_version

_HERE = Repository()

init = _HERE.init
profile = _HERE.profile
infer_schema = _HERE.infer_schema
validate = _HERE.validate
drift = _HERE.drift
drift_history = _HERE.drift_history
add = _HERE.add
status = _HERE.status
resolve = _HERE.resolve
describe = _HERE.describe
log = _HERE.log
push = _HERE.push
fetch = _HERE.fetch
pull = _HERE.pull
checkout = _HERE.checkout
get = _HERE.get


def open(
    path: PathLike,
    mode: str = "r",
    *,
    repo: PathLike | None = None,
    rev: str | None = None,
    encoding: str | None = None,
) -> IO[Any]:
    """Open a file of any version, to read it.

    Args:
        path: ``path``, ``path@REV``, or ``path@REV/inside`` for a file within a dataset.
        mode: ``"r"`` for text, ``"rb"`` for bytes.
        repo: another repository: a path, or what ``git clone`` takes.
        rev: the revision, if the path names none.
        encoding: of text; UTF-8 unless given.

    Raises:
        VarveError: ``dataset-missing``, ``path-missing``, ``object-missing``, ``digest-mismatch``; those of what is not
            there are a ``FileNotFoundError`` too.
    """
    if mode not in ("r", "rt", "rb"):
        raise ValueError(f"a version is read, with the mode r or rb, not {mode!r}")
    named = os.fspath(path) if rev is None else f"{os.fspath(path)}@{rev}"
    repository = None if repo is None else os.fspath(repo)
    file = open_version(_HERE.folder, named, repository)
    return file if mode == "rb" else io.TextIOWrapper(file, encoding=encoding or "utf-8")


def read(
    path: PathLike,
    *,
    repo: PathLike | None = None,
    rev: str | None = None,
) -> bytes:
    """The bytes of a file of any version, as ``open`` finds it."""
    with open(path, "rb", repo=repo, rev=rev) as file:
        data: bytes = file.read()
        return data
