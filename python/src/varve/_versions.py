"""Versions that the helper has open, and files of them."""

from __future__ import annotations

import io
import logging
import threading
from typing import IO, Any

from ._connection import Connection, connection

log = logging.getLogger("varve")

#: Files that are asked for at once.
FILES_PER_CALL = 1024


class Tree:
    """A repository that the helper has open. It is opened anew where the helper is another: after a fork, its end."""

    def __init__(self, folder: str, repository: str | None, revision: str | None) -> None:
        self._params = {"folder": folder, "repository": repository, "revision": revision}
        self._opened: tuple[Connection, int] | None = None
        self._opening = threading.Lock()

    def call(self, method: str, **params: Any) -> tuple[Any, bytes]:
        opened = self._opened
        if opened is None or not opened[0].is_open or opened[0] is not connection():
            opened = self._open()
        return opened[0].call(f"tree.{method}", {"tree": opened[1], **params})

    def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None and opened[0].is_open:
            opened[0].call("tree.close", {"tree": opened[1]})

    def _open(self) -> tuple[Connection, int]:
        with self._opening:
            link = connection()
            if self._opened is None or self._opened[0] is not link:
                result, _ = link.call("tree.open", self._params)
                log.debug("%s at %s", result["root"], result["commit"] or "the working tree")
                if self._params["revision"] is not None:
                    # Whatever becomes of a branch, one file system reads one version.
                    self._params["revision"] = result["commit"]
                self._opened = (link, result["tree"])
            return self._opened

    def __getstate__(self) -> dict[str, Any]:
        return dict(self._params)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["folder"], state["repository"], state["revision"])  # type: ignore[misc]


def open_bytes(result: dict[str, Any], payload: bytes) -> IO[bytes]:
    """Open what ``tree.read`` answered: the bytes of a small file, or the place of a large one."""
    return io.BytesIO(payload) if "path" not in result else open(result["path"], "rb")


_trees: dict[tuple[str, str | None], Tree] = {}


def open_version(folder: str, path: str, repository: str | None) -> IO[bytes]:
    """Open a file as its revision has it now. A repository that had to be cloned is as it was then."""
    tree = _trees.setdefault((folder, repository), Tree(folder, repository, None))
    return open_bytes(*tree.call("read", path=path, fresh=True))
