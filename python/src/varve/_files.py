"""Files of any version: they load no more than reading needs."""

from __future__ import annotations

import io
import os

from ._versions import open_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from ._tables import PathLike


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
    file = open_version(os.getcwd(), named, repository)
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
