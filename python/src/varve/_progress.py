"""Progress of long calls: a bar of tqdm where that is installed and somebody looks on, else lines of logging."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, Callable, Union

log = logging.getLogger("varve")

#: What callers may give: whether there is a bar, or a function that is told of each step.
ProgressOption = Union[None, bool, Callable[[Mapping[str, Any]], None]]


class Bars:
    """A bar for each phase of a call. A context, which takes the last one away."""

    def __init__(self, asked: ProgressOption) -> None:
        self._told = asked if callable(asked) else None
        self._wanted = asked if isinstance(asked, bool) else _is_watched()
        self._bar: Any = None
        self._phase: str | None = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, event: Mapping[str, Any]) -> None:
        """Show one step: ``phase``, ``unit``, ``done`` and, where it is known, ``total``."""
        if self._told is not None:
            self._told({key: value for key, value in event.items() if key != "id"})
            return
        if not self._wanted:
            log.debug("%s: %s of %s %s", event["phase"], event["done"], event.get("total", "?"), event["unit"])
            return
        if event["phase"] != self._phase:
            self._begin(event)
        if self._bar is not None:
            if event.get("total") is not None:
                self._bar.total = event["total"]
            self._bar.update(event["done"] - self._bar.n)

    def _begin(self, event: Mapping[str, Any]) -> None:
        if self._bar is not None:
            self._bar.close()
        self._phase = event["phase"]
        try:
            from tqdm.auto import tqdm
        except ImportError:
            self._wanted = False
            return
        look: dict[str, Any] = {"desc": event["phase"], "unit": f" {event['unit']}", "leave": False}
        if event["unit"] == "bytes":
            look.update(unit="B", unit_scale=True, unit_divisor=1024)
        self._bar = tqdm(total=event.get("total"), delay=0.5, **look)


def _is_watched() -> bool:
    """Whether a bar would be seen: in a notebook that has tqdm loaded, or on a terminal."""
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        return True
    return sys.stderr is not None and sys.stderr.isatty()
