"""Any version of any dataset as a file system: ``varve://data/flights@v1/part-0.parquet``."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, Union

from fsspec.spec import AbstractFileSystem, make_instance

from ._connection import start
from ._errors import VarveError, VarveNotFoundError
from ._versions import FILES_PER_CALL, Tree, open_bytes, read_bytes


class _Here:
    """The folder that the process stands in, at the time of asking, as an attribute of a class."""

    def __get__(self, *_: object) -> str:
        return str(Path.cwd())


class VarveFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """The versions of the datasets of a repository, to be read.

    A path is that of a dataset or of what lies within one; a revision stands behind the dataset's name:
    ``data/flights@v1/part-0.parquet``. Without one, the version is meant that the pointer of the working tree names.
    What the cache of the clone lacks is fetched into it; every byte is verified before it is handed out.

    What a branch or tag names is looked up once: one file system reads one version for as long as it lives. After
    ``invalidate_cache()`` it is looked up again.

    Args:
        repo: another repository: a path, or what ``git clone`` takes; the one around the process's folder unless given.
        rev: the revision of paths that name none.
    """

    protocol = "varve"
    root_marker = ""
    _here = _Here()
    #: fsspec keeps one instance for equal options: where the process stands counts as one of them.
    _extra_tokenize_attributes = ("_here",)

    def __init__(self, repo: Union[str, os.PathLike[str]] | None = None, rev: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._repo = None if repo is None else os.fspath(repo)
        self._rev = rev
        self._folder = self._here
        self._tree = Tree(self._folder, self._repo, rev)
        self._trees: dict[str, Tree] = {}
        # It takes as long as whoever made this needs to get at a file.
        start()

    def __reduce__(self) -> Any:
        """A copy in another process reads the same commit of the same repository, wherever that process stands."""
        commit = self._rev and self._tree.commit()
        return make_instance, (
            type(self),
            (),
            {**self.storage_options, "repo": self._repo or self._folder, "rev": commit},
        )

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(each) for each in path]
        text = os.fspath(path)
        for prefix in ("varve://", "varve:"):
            if text.startswith(prefix):
                text = text[len(prefix) :]
                break
        return text.rstrip("/")

    @property
    def fsid(self) -> str:
        """The repository and the revision that it reads."""
        return f"varve_{self._folder}_{self._repo}_{self._rev}"

    def invalidate_cache(self, path: str | None = None) -> None:
        """Look up again what branches and tags name."""
        super().invalidate_cache(path)
        for tree in (self._tree, *self._trees.values()):
            tree.close()
        self._tree = Tree(self._folder, self._repo, self._rev)
        self._trees = {}

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        """Size, kind and digest of a file or folder."""
        path = self._strip_protocol(path)
        tree, inside = self._place(path)
        entry, _ = tree.call("entry", path=inside)
        return _info(path, entry)

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> list[Any]:
        """What lies in a folder: datasets, or files of one."""
        path = self._strip_protocol(path)
        tree, inside = self._place(path)
        entry, _ = tree.call("entry", path=inside)
        if entry["kind"] == "file":
            found = [_info(path, entry)]
        else:
            entries, _ = tree.call("list", path=inside)
            prefix = f"{path}/" if path else ""
            found = [_info(prefix + each["name"], each) for each in entries]
        return found if detail else [each["name"] for each in found]

    def find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Every file below a folder, in one question."""
        if maxdepth is not None or withdirs:
            return super().find(path, maxdepth=maxdepth, withdirs=withdirs, detail=detail, **kwargs)
        path = self._strip_protocol(path)
        tree, inside = self._place(path)
        try:
            files, _ = tree.call("walk", path=inside)
        except VarveNotFoundError:
            return {} if detail else []
        prefix = f"{path}/" if path else ""
        found = {}
        for each in files:
            name = prefix + each["path"] if each["path"] not in ("", ".") else path
            found[name] = _info(name, each)
        names = sorted(found)
        return {name: found[name] for name in names} if detail else names

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **kwargs: Any) -> bytes:
        """The bytes of a file, or of a part of it."""
        if start is None and end is None:
            return read_bytes(*self._place(self._strip_protocol(path)))
        with self._open(path) as file:
            size = file.seek(0, io.SEEK_END)
            first, last, _ = slice(start, end).indices(size)
            file.seek(first)
            data: bytes = file.read(max(0, last - first))
            return data

    def cat(self, path: Any, recursive: bool = False, on_error: str = "raise", **kwargs: Any) -> Any:
        """As fsspec has it; many files are asked for together."""
        paths = self.expand_path(path, recursive=recursive)
        if len(paths) == 1 and paths[0] == self._strip_protocol(path):
            return self.cat_file(paths[0])
        if on_error != "raise":
            return super().cat(path, recursive=recursive, on_error=on_error, **kwargs)
        files = [each for each in paths if not recursive or self.isfile(each)]
        return dict(zip(files, self._read_many(files)))

    def open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: dict[str, Any] | None = None,
        compression: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Open a file to read it. It is whole, local and verified, so that it needs no buffer of fsspec's."""
        if set(mode) - {"b", "t"} != {"r"}:
            raise _read_only()
        return super().open(path, mode, block_size, cache_options, compression, **kwargs)

    def _open(self, path: str, mode: str = "rb", *_: Any, **kwargs: Any) -> Any:
        if mode not in ("rb", "r"):
            raise _read_only()
        return open_bytes(*self._place(self._strip_protocol(path)))

    def _read_many(self, paths: list[str]) -> list[bytes]:
        found: list[bytes] = []
        while len(found) < len(paths):
            tree, _ = self._place(paths[len(found)])
            asked: list[str] = []
            start = len(found)
            for path in paths[len(found) : len(found) + FILES_PER_CALL]:
                other, inside = self._place(path)
                if other is not tree:
                    break
                asked.append(inside)
            files, payload = tree.call("readMany", paths=asked)
            at = 0
            for file in files:
                if not file.get("whole"):
                    found.append(read_bytes(tree, asked[len(found) - start]))
                    continue
                found.append(payload[at : at + file["size"]])
                at += file["size"]
        return found

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise _read_only()

    mkdir = makedirs = rmdir = rm = rm_file = _rm = cp_file = mv = mv_file = touch = _refuse
    pipe_file = put_file = _refuse

    def created(self, path: str) -> Any:
        """Versions are made by commits: files have no time of their own."""
        raise NotImplementedError

    modified = created

    def checksum(self, path: str) -> int:
        """Of a file, its digest as a number."""
        digest = self.info(path).get("digest")
        if digest is None:
            return int(super().checksum(path))
        return int(digest.split(":")[1], 16)

    def ukey(self, path: str) -> str:
        """Of a file, its digest: equal bytes have equal keys."""
        return str(self.info(path).get("digest") or super().ukey(path))

    def _place(self, path: str) -> tuple[Tree, str]:
        """The tree that a path is in, and the path there. An absolute path is in the repository around it."""
        if not path.startswith("/") or self._repo is not None:
            return self._tree, path
        known = next((folder for folder in self._trees if path == folder or path.startswith(f"{folder}/")), None)
        folder = known or _folder_around(path)
        if known is None:
            self._trees[folder] = Tree(folder, None, self._rev)
        return self._trees[folder], path[len(folder) :].lstrip("/")


def _folder_around(path: str) -> str:
    """The top of the repository that holds a path of which nothing need lie in the working tree."""
    folder = Path(path)
    for each in folder.parents:
        if (each / ".varve").is_dir() or (each / ".dvc").is_dir():
            return str(each)
    raise VarveNotFoundError(
        "repository-missing",
        f"{path} lies in no repository of varve or DVC",
        "Check the path; another repository is named by the option `repo`.",
        path,
    )


def _info(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    info: dict[str, Any] = {"name": name, "type": entry["kind"], "size": entry.get("size")}
    if entry["kind"] == "directory":
        info["size"] = 0
    if "digest" in entry:
        info["digest"] = entry["digest"]
    return info


def _read_only() -> VarveError:
    return VarveError(
        "usage",
        "A version cannot be written to",
        "Write the file in the working tree, then call `varve.add`.",
    )
