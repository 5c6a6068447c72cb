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


class _Ranges(io.RawIOBase):
    """A file that is too large to be copied: ranges of it come over the pipe, each verified."""

    def __init__(self, tree: Tree, path: str, size: int) -> None:
        super().__init__()
        self._tree = tree
        self._path = path
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"there is nothing before the start of the file ({start + offset})")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or len(view) == 0:
            return 0
        length = min(len(view), _BYTES_PER_RANGE)
        _, payload = self._tree.call("readRange", path=self._path, offset=self._at, length=length)
        view[: len(payload)] = payload
        self._at += len(payload)
        return len(payload)


#: A call brings at most so many bytes; small reads are served from a buffer of fewer, since ranges may come from afar.
_BYTES_PER_RANGE = 8 * 1024 * 1024
_BYTES_AHEAD = 1024 * 1024


def open_bytes(tree: Tree, path: str, **params: Any) -> IO[bytes]:
    """Open a file as the helper answers for it: the bytes of a small one, the place of a large one, or ranges."""
    result, payload = tree.call("read", path=path, **params)
    if result.get("whole"):
        return io.BytesIO(payload)
    if "path" in result:
        return open(result["path"], "rb")
    return io.BufferedReader(_Ranges(tree, path, result["size"]), _BYTES_AHEAD)


def read_bytes(tree: Tree, path: str) -> bytes:
    """Read all of a file."""
    result, payload = tree.call("read", path=path)
    if result.get("whole"):
        return payload
    with open_bytes(tree, path) as file:
        return file.read()


_trees: dict[tuple[str, str | None], Tree] = {}


def open_version(folder: str, path: str, repository: str | None) -> IO[bytes]:
    """Open a file as its revision has it now. A repository that had to be cloned is as it was then."""
    tree = _trees.setdefault((folder, repository), Tree(folder, repository, None))
    return open_bytes(tree, path, fresh=True)
