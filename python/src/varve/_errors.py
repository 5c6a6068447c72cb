"""Errors, with the codes and remedies of the command line."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
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
        return "\n".join(neutral(line) for line in lines if line)

    def __reduce__(self) -> Any:
        return type(self), (self.code, self.message, self.remedy, self.path, self.details)


class VarveNotFoundError(VarveError, FileNotFoundError):
    """A dataset, file or revision that there is not: a ``FileNotFoundError`` too, as file systems have it."""


#: Characters that act instead of being seen, as src/wording/neutral.ts has them: controls, which steer a terminal, and
#: those that reorder or hide text.
_ACTING = (
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def neutral(text: str) -> str:
    """Text that is safe to show: names and answers of strangers are in it."""
    import re

    return re.sub(_ACTING, lambda found: ascii(found[0])[1:-1], text)


_NOT_FOUND = frozenset(["path-missing", "repository-missing", "dataset-missing", "revision-unknown"])


#: As JSON-RPC 2.0 has it.
_METHOD_NOT_FOUND = -32601


def error_of(error: Mapping[str, Any]) -> VarveError:
    """Make an exception of the error of an answer."""
    if error["code"] == _METHOD_NOT_FOUND:
        return VarveError("usage", str(error["message"]), "docs/reference/rpc.md names the methods that there are.")
    data: dict[str, Any] = dict(error.get("data") or {})
    code = str(data.get("code", "defect"))
    remedy = str(data.get("remedy", "This is a defect of varve: please report it."))
    kind = VarveNotFoundError if code in _NOT_FOUND else VarveError
    return kind(code, str(error["message"]), remedy, data.get("path"), data.get("details") or ())
