"""Errors, with the codes and remedies of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class VarveError(Exception):
    """What went wrong on purpose: a stable code, a sentence, and what to do next.

    Attributes:
        code: one of the codes of docs/reference/errors.md, such as ``dataset-missing``; or one of this package's own:
            ``program-missing`` and ``protocol-unsupported`` of an installation, ``helper-ended`` of the process that
            does the work.
        message: what happened, and to which path.
        remedy: what to do next.
        path: what it happened to, if it is one thing.
        details: facts that the message speaks of, a line each.
    """

    def __init__(
        self,
        code: str,
        message: str,
        remedy: str = "",
        path: str | None = None,
        details: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.path = path
        self.details: list[str] = list(details)

    def __str__(self) -> str:
        lines = [self.message, *(f"  {detail}" for detail in self.details), self.remedy]
        return "\n".join(line for line in lines if line)

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.message, self.remedy, self.path, self.details)


class VarveNotFoundError(VarveError, FileNotFoundError):
    """A dataset, file or revision that there is not: a ``FileNotFoundError`` too, as file systems have it."""


_NOT_FOUND = frozenset(["path-missing", "dataset-missing", "revision-unknown"])


def error_of(error: Mapping[str, Any]) -> VarveError:
    """Make an exception of the error of an answer."""
    data: dict[str, Any] = dict(error.get("data") or {})
    code = str(data.get("code", "defect"))
    remedy = str(data.get("remedy", "This is a defect of varve: please report it."))
    kind = VarveNotFoundError if code in _NOT_FOUND else VarveError
    return kind(code, str(error["message"]), remedy, data.get("path"), data.get("details") or ())
