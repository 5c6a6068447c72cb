"""What a service is asked and answers, sampled, and compared with a version window by window.

The rows go to ``varve drift VERSION --stream -``, which runs beside the service; a request waits for none of this.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import queue
import random
import subprocess
import threading
from collections.abc import Awaitable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Callable, Union

from ._errors import VarveError
from ._program import find_program

log = logging.getLogger("varve")

Row = Mapping[str, Any]
#: Rows that wait for the program; more of them are dropped and counted.
_MAX_WAITING = 10_000
#: Bytes of a request, and of an answer, that the middleware keeps; what is longer is not sampled.
_MAX_BODY_BYTES = 1024 * 1024
#: How the line of a window starts.
_WINDOW = '{"varveDriftWindow"'
#: The first digit of the codes of success.
_SUCCESS = 2
#: Seconds that ``close`` gives the last window.
_CLOSING_SECONDS = 60.0


@dataclass(frozen=True)
class WindowDrift:
    """A window of rows, against the version."""

    #: From 1.
    window: int
    rows: int
    #: ``none``, ``warning`` or ``drift``.
    verdict: str
    #: The answer in one line.
    summary: str
    #: The features that changed, strongest first, with the reasons.
    features: Mapping[str, tuple[str, ...]]


class Monitor:
    """Samples rows and compares them with a version.

    The program starts with the first row, in the process that saw it: each worker of a server has its own.

    Args:
        baseline: ``path``, or ``path@REV``: what the model was trained on.
        sample: the share of rows that are taken, from 0 to 1.
        window: rows of a window.
        on_window: is called with each window, in a thread; unless given, drift is logged as a warning.
        prometheus: a file that has the metrics of the last window, for a textfile collector.
        folder: in the repository; where the process stands unless given.
    """

    def __init__(
        self,
        baseline: Union[str, os.PathLike[str]],
        *,
        sample: float = 1.0,
        window: int = 1000,
        on_window: Callable[[WindowDrift], None] | None = None,
        prometheus: Union[str, os.PathLike[str], None] = None,
        folder: Union[str, os.PathLike[str], None] = None,
    ) -> None:
        if not 0 <= sample <= 1:
            raise ValueError(f"a sample is a share from 0 to 1, not {sample}")
        self._baseline = os.fspath(baseline)
        self._sample = sample
        self._on_window = on_window or _log_window
        self._folder = os.path.abspath(os.fspath(folder or os.getcwd()))
        self._words = ["--stream", "-", "--window", str(window), "--json"]
        if prometheus is not None:
            self._words += ["--prometheus", os.path.abspath(os.fspath(prometheus))]
        self._starting = threading.Lock()
        self._stream: _Stream | None = None
        #: Rows that were sampled and could not be taken: too many waited, or the program is gone.
        self.dropped = 0

    def is_sampled(self) -> bool:
        """Draw whether the next row is taken."""
        return self._sample > 0 and random.random() < self._sample

    def observe(self, row: Row) -> None:
        """Take a row, if it is sampled. This neither waits nor raises."""
        if self.is_sampled():
            self.take(row)

    def take(self, row: Row) -> None:
        """Take a row that was sampled already. This neither waits nor raises."""
        stream = self._stream
        if stream is None or stream.process_id != os.getpid():
            with self._starting:
                if self._stream is None or self._stream.process_id != os.getpid():
                    self._stream = _Stream(self._baseline, self._words, self._folder, self._on_window)
                    atexit.register(self.close)
                stream = self._stream
        if not stream.offer(row):
            self.dropped += 1

    def close(self) -> None:
        """Compare what is left as a last, shorter window, and end the program."""
        stream, self._stream = self._stream, None
        if stream is not None and stream.process_id == os.getpid():
            stream.close()


class _Stream:
    """A program that compares, a thread that writes rows to it, and one that reads its windows."""

    def __init__(self, baseline: str, words: list[str], folder: str, on_window: Callable[[WindowDrift], None]) -> None:
        self.process_id = os.getpid()
        self._baseline = baseline
        self._words = words
        self._folder = folder
        self._on_window = on_window
        self._rows: queue.Queue[Row | None] = queue.Queue(_MAX_WAITING)
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name="varve-monitor", daemon=True)
        self._thread.start()

    def offer(self, row: Row) -> bool:
        """Whether there is room for the row."""
        if not self._is_open:
            return False
        try:
            self._rows.put_nowait(dict(row))
        except (queue.Full, TypeError, ValueError):
            return False
        return True

    def close(self) -> None:
        self._is_open = False
        try:
            self._rows.put(None, timeout=_CLOSING_SECONDS)
        except queue.Full:
            log.warning("the monitor of %s did not end in time", self._baseline)
        self._thread.join(_CLOSING_SECONDS)

    def _run(self) -> None:
        try:
            program = find_program()
        except VarveError as error:
            self._is_open = False
            log.error("no drift is watched: %s", error)
            return
        with subprocess.Popen(
            [*program, "drift", self._baseline, *self._words],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=os.name != "nt",
        ) as process:
            said: list[str] = []
            readers = [
                threading.Thread(target=self._read_windows, args=(process.stdout,), daemon=True),
                threading.Thread(target=_keep_last, args=(process.stderr, said), daemon=True),
            ]
            for reader in readers:
                reader.start()
            self._write_rows(process.stdin)
            for reader in readers:
                reader.join()
        self._is_open = False
        if process.returncode not in (0, 1):
            log.error("drift from %s is watched no more: %s", self._baseline, "".join(said).strip())

    def _write_rows(self, stdin: Any) -> None:
        try:
            while True:
                row = self._rows.get()
                if row is None:
                    break
                line = _line_of(row)
                if line is not None:
                    stdin.write(line)
                if self._rows.empty():
                    stdin.flush()
            stdin.close()
        except OSError as error:
            # What the program said on standard error is logged when it has ended.
            log.debug("writing to the monitor: %s", error)
            # What is left in its buffer goes nowhere, and would be tried again by whoever closes it.
            with contextlib.suppress(OSError):
                stdin.close()

    def _read_windows(self, stdout: Iterable[str]) -> None:
        for line in stdout:
            # The error with which the program may end is printed as a document too, and said on standard error.
            if not line.startswith(_WINDOW):
                continue
            try:
                self._on_window(_window_of(json.loads(line)))
            except Exception:
                log.exception("what is called with each window failed")
        # The program has ended. Who waits for rows to write to it waits no more; a full queue has some, which fail.
        self._is_open = False
        with contextlib.suppress(queue.Full):
            self._rows.put_nowait(None)


def _line_of(row: Row) -> str | None:
    """A row as a line of JSON, with what JSON has no form for as text; None for what cannot be written."""
    try:
        return json.dumps(row, allow_nan=False, default=_plain) + "\n"
    except (TypeError, ValueError, RecursionError) as error:
        log.debug("a row was left out: %s", error)
        return None


def _plain(value: Any) -> Any:
    """The plain form of a number or an array of NumPy, else text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _window_of(document: Mapping[str, Any]) -> WindowDrift:
    features = {each["feature"]: tuple(each["reasons"]) for each in document["features"]}
    return WindowDrift(document["window"], document["rows"], document["verdict"], document["summary"], features)


def _log_window(drift: WindowDrift) -> None:
    level = logging.WARNING if drift.verdict == "drift" else logging.INFO
    log.log(level, "window %d, %d rows: %s", drift.window, drift.rows, drift.summary)


def _keep_last(lines: Iterable[str], kept: list[str]) -> None:
    for line in lines:
        kept.append(line[:1000])
        del kept[:-20]


Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
#: Makes the rows of a request and its answer, both parsed from JSON.
RowsOf = Callable[[Any, Any], Union[Row, Iterable[Row]]]


def merge(request: Any, response: Any) -> Row:
    """One row of an object that came and one that went."""
    return {**request, **response}


class MonitorMiddleware:
    """Has a monitor see what an ASGI application (FastAPI, Starlette, BentoML) is asked and answers, as JSON.

    Args:
        app: the application.
        monitor: what takes the rows.
        path: of the requests that are looked at.
        rows: makes a row, or several, of a request and its answer; by default one, with the fields of both.
    """

    def __init__(self, app: Any, monitor: Monitor, path: str, rows: RowsOf = merge) -> None:
        self._app = app
        self._monitor = monitor
        self._path = path
        self._rows = rows

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http" and scope["path"] == self._path and self._monitor.is_sampled():
            await self._watch(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _watch(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        asked, answered = _Body(), _Body()
        status = 0

        async def hear() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                asked.take(message)
            return message

        async def say(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                answered.take(message)
            await send(message)

        await self._app(scope, hear, say)
        if status // 100 == _SUCCESS:
            self._take(asked, answered)

    def _take(self, asked: _Body, answered: _Body) -> None:
        try:
            found = self._rows(asked.parsed(), answered.parsed())
            for row in [found] if isinstance(found, Mapping) else found:
                self._monitor.take(row)
        except Exception as error:
            # The caller has the answer: a body that is no such JSON is nothing to trouble them with.
            log.debug("a request was left out: %s", error)


class _Body:
    """The body of a message, as far as it is kept."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def take(self, message: Message) -> None:
        piece = message.get("body", b"")
        self._size += len(piece)
        if self._size <= _MAX_BODY_BYTES:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def parsed(self) -> Any:
        if self._size > _MAX_BODY_BYTES:
            raise ValueError(f"a body of {self._size} bytes is not kept")
        return json.loads(b"".join(self._pieces))
