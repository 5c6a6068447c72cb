"""Version datasets beside Git, and know what is in them.

All functions work in the folder that the process stands in; :class:`Repository` does so in another::

    import varve

    with varve.open("data/flights.csv@v1") as file:
        head = file.readline()
    report = varve.drift("data/flights.csv@v1", frame)
    report.features["dep_delay"].verdict
"""

from __future__ import annotations

# Not that of `typing`, whose import takes longer than the start of the command line.
TYPE_CHECKING = False

__all__ = [
    "AddedDataset",
    "Anomaly",
    "CheckedOutDataset",
    "CopiedVersion",
    "DatasetStatus",
    "DatasetVersion",
    "DriftHistory",
    "DriftReport",
    "Feature",
    "FeatureDrift",
    "Listing",
    "Measure",
    "Profile",
    "Repository",
    "Schema",
    "Table",
    "Transfer",
    "ValidationReport",
    "VarveError",
    "VarveFileSystem",
    "VarveNotFoundError",
    "Version",
    "add",
    "checkout",
    "close",
    "describe",
    "drift",
    "drift_history",
    "fetch",
    "get",
    "infer_schema",
    "init",
    "log",
    "open",
    "profile",
    "pull",
    "push",
    "read",
    "resolve",
    "status",
    "validate",
]

if TYPE_CHECKING:
    from typing import Any

    from ._connection import close
    from ._errors import VarveError, VarveNotFoundError
    from ._files import open, read
    from ._functions import (
        add,
        checkout,
        describe,
        drift,
        drift_history,
        fetch,
        get,
        infer_schema,
        init,
        log,
        profile,
        pull,
        push,
        resolve,
        status,
        validate,
    )
    from ._repository import Repository
    from ._results import (
        AddedDataset,
        Anomaly,
        CheckedOutDataset,
        CopiedVersion,
        DatasetStatus,
        DatasetVersion,
        DriftHistory,
        DriftReport,
        Feature,
        FeatureDrift,
        Listing,
        Measure,
        Profile,
        Schema,
        Table,
        Transfer,
        ValidationReport,
        Version,
    )
    from ._version import __version__ as __version__
    from .filesystem import VarveFileSystem

_MODULES = {
    "__version__": "_version",
    "close": "_connection",
    "VarveError": "_errors",
    "VarveNotFoundError": "_errors",
    "open": "_files",
    "read": "_files",
    "Repository": "_repository",
    "VarveFileSystem": "filesystem",
}


def __getattr__(name: str) -> Any:
    """Load what is used, when it is used: the command line starts without any of it."""
    if name not in __all__ and name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = _MODULES.get(name, "_results" if name[0].isupper() else "_functions")
    value = getattr(importlib.import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
