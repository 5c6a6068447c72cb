"""The version: that of the package that does the work."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("varve")
except PackageNotFoundError:  # used from a source tree
    __version__ = "0.0.0"
