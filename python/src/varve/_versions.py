"""Versions that the helper has open, and files of them."""

from __future__ import annotations

import io
import logging
import os
import threading
import weakref

from ._connection import Connection, connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

log = logging.getLogger("varve")

#: Files that are asked for at once.
FILES_PER_CALL = 1024


_trees_alive: weakref.WeakSet[Tree] = weakref.WeakSet()


class Tree:
    """A repository that the helper has open. It is opened anew where the helper is another: after a fork, its end."""

    def __init__(self, folder: str, repository: str | None, revision: str | None) -> None:
        self._params = {"folder": folder, "repository": repository, "revision": revision}
        self._opened: tuple[Connection, int] | None = None
        self._opening = threading.Lock()
        _trees_alive.add(self)

    def after_fork(self) -> None:
        """Forget a lock that a thread of the parent may have held."""
        self._opening = threading.Lock()

    def call(self, method: str, **params: Any) -> tuple[Any, bytes]:
        link, number = self._here()
        return link.call(f"tree.{method}", {"tree": number, **params})

    def commit(self) -> str | None:
        """The commit that the revision names; None for the working tree."""
        self._here()
        commit: str | None = self._params["revision"]
        return commit

    def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None and opened[0].is_open:
            opened[0].call("tree.close", {"tree": opened[1]})

    def _here(self) -> tuple[Connection, int]:
        opened = self._opened
        if opened is None or not opened[0].is_open or opened[0] is not connection():
            return self._open()
        return opened

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


def _in_child() -> None:
    for tree in list(_trees_alive):
        tree.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


class _SmallFile(io.BytesIO):
    """A file whose bytes came over the pipe. As fsspec has it, a file knows its size."""

    mode = "rb"

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.size = len(data)

    def writable(self) -> bool:
        return False

    def _refuse(self, *_: Any) -> Any:
        raise io.UnsupportedOperation("a version cannot be written to")

    write = writelines = truncate = _refuse


class _LargeFile(io.BufferedReader):
    """A file that lies on the disk, or that comes by ranges."""

    def __init__(self, raw: io.RawIOBase, size: int, ahead: int) -> None:
        super().__init__(raw, ahead)
        self.size = size


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

    @property
    def mode(self) -> str:
        return "rb"

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
        return _SmallFile(payload)
    if "path" in result:
        file = io.FileIO(result["path"])
        return _LargeFile(file, os.fstat(file.fileno()).st_size, io.DEFAULT_BUFFER_SIZE)
    return _LargeFile(_Ranges(tree, path, result["size"]), result["size"], _BYTES_AHEAD)


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
