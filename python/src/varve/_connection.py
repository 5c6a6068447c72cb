"""One helper process, and calls to it: frames of JSON-RPC 2.0 with bytes behind them (docs/reference/rpc.md)."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from typing import Any, Callable

from ._errors import VarveError, error_of
from ._program import find_program

log = logging.getLogger("varve")

#: As the protocol has it: bytes of a payload that one frame carries at most.
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_HEADER = struct.Struct("<II")
_PROTOCOL = 1
#: Bytes that a pipe holds, where the system lets one choose: fewer and larger steps between two processes.
_PIPE_BYTES = 1024 * 1024
#: Seconds for which a call that was interrupted may take to stop in order.
_STOPPING_SECONDS = 10.0

Progress = Callable[[Mapping[str, Any]], None]


class _Call:
    """A call that waits for its answer."""

    __slots__ = ("done", "error", "on_progress", "payload", "result")

    def __init__(self, on_progress: Progress | None) -> None:
        self.done = False
        self.result: Any = None
        self.payload = b""
        self.error: BaseException | None = None
        self.on_progress = on_progress


class Connection:
    """A helper process. Threads may call at the same time: whoever waits reads, also for the others."""

    def __init__(self) -> None:
        program = find_program()
        # What the program says beside its answers is looked at only if it ends.
        self._stderr = tempfile.TemporaryFile()
        # A Ctrl-C is for this process: it cancels its call, and the helper lives on.
        self._process = subprocess.Popen(
            [*program, "rpc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to = self._process.stdin.fileno()
        self._from = self._process.stdout.fileno()
        for pipe in (self._to, self._from):
            _widen(pipe)
        self._buffer = bytearray()
        self._writing = threading.Lock()
        self._turn = threading.Condition()
        self._is_read = False
        self._calls: dict[int, _Call] = {}
        self._last = 0
        self._broken: VarveError | None = None
        answer, _ = self.call("initialize", {})
        if answer["protocol"] != _PROTOCOL:
            self.close()
            raise VarveError(
                "protocol-unsupported",
                f"varve {answer['version']} speaks version {answer['protocol']} of the protocol, not {_PROTOCOL}",
                "Install the Python package and the command in the same version.",
            )
        log.debug("varve %s is process %d", answer["version"], self._process.pid)

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._broken is None

    def call(
        self,
        method: str,
        params: Mapping[str, Any],
        payload: bytes = b"",
        on_progress: Progress | None = None,
    ) -> tuple[Any, bytes]:
        """Call a method and wait for its answer; an interrupt cancels it.

        Raises:
            VarveError: what the method answers; ``helper-ended`` if the process is gone.
        """
        call = _Call(on_progress)
        with self._turn:
            self._last += 1
            number = self._last
            self._calls[number] = call
        try:
            self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params}, payload)
            self._wait(call)
        except BaseException:
            if not call.done:
                self._cancel(number, call)
            raise
        finally:
            self._calls.pop(number, None)
        if call.error is not None:
            raise call.error
        return call.result, call.payload

    def close(self) -> None:
        """End the helper process."""
        self._break("it was closed")
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stderr.close()

    def forget(self) -> None:
        """Let go of a process that belongs to the parent of this one, so that it ends with that."""
        self._broken = VarveError("helper-ended", "It belongs to the parent process")
        for pipe in (self._to, self._from):
            with contextlib.suppress(OSError):
                os.close(pipe)
        # Neither waited for nor closed again: both are the parent's affair.
        self._process.stdin = self._process.stdout = None
        self._process.returncode = 0

    def _send(self, message: Mapping[str, Any], payload: bytes = b"") -> None:
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        head = _HEADER.pack(len(text), len(payload)) + text
        with self._writing:
            if self._broken is not None:
                raise self._broken
            try:
                if len(payload) <= _PIPE_BYTES:
                    self._write(head + payload)
                else:
                    self._write(head)
                    self._write(payload)
            except OSError as error:
                self._break(str(error))
                raise self._gone() from error
            except BaseException:
                # Half a frame may have been written: nothing that follows would be understood.
                self._break("a call was interrupted while it was sent")
                raise

    def _write(self, data: bytes) -> None:
        done = os.write(self._to, data)
        view = memoryview(data)
        while done < len(data):
            done += os.write(self._to, view[done:])

    def _wait(self, call: _Call) -> None:
        while not call.done:
            with self._turn:
                while self._is_read and not call.done:
                    self._turn.wait()
                if call.done:
                    return
                self._is_read = True
            try:
                while not call.done:
                    self._take()
            finally:
                with self._turn:
                    self._is_read = False
                    self._turn.notify_all()

    def _take(self) -> None:
        """Take in the next frame, whomever it is for."""
        message, payload = self._read_frame()
        if "method" in message:
            self._notice(message["method"], message["params"])
            return
        call = self._calls.get(message["id"])
        if call is None:
            return
        if "error" in message:
            call.error = error_of(message["error"])
        else:
            call.result, call.payload = message["result"], payload
        call.done = True

    def _notice(self, method: str, params: Mapping[str, Any]) -> None:
        if method == "$/warning":
            log.warning("%s", params["text"])
            return
        call = self._calls.get(params["id"])
        if method == "$/progress" and call is not None and call.on_progress is not None:
            call.on_progress(params)

    def _read_frame(self) -> tuple[dict[str, Any], bytes]:
        """An interrupt may come between two reads: what has arrived stays in the buffer, for the next call to go on."""
        self._fill(_HEADER.size)
        length, size = _HEADER.unpack_from(self._buffer)
        if length > _MAX_MESSAGE_BYTES or size > MAX_PAYLOAD_BYTES:
            self._break("its answers are out of step")
            raise self._gone()
        end = _HEADER.size + length
        self._fill(end + size)
        text, payload = bytes(self._buffer[_HEADER.size : end]), bytes(self._buffer[end : end + size])
        del self._buffer[: end + size]
        message: dict[str, Any] = json.loads(text)
        return message, payload

    def _fill(self, count: int) -> None:
        while len(self._buffer) < count:
            try:
                piece = os.read(self._from, _PIPE_BYTES)
            except OSError as error:
                piece = b""
                log.debug("reading from the helper: %s", error)
            if not piece:
                self._break("it ended")
                raise self._gone()
            self._buffer += piece

    def _cancel(self, number: int, call: _Call) -> None:
        """Have a call stopped, and wait until it has; what does not stop is ended with its process."""
        if self._broken is not None:
            return
        log.debug("cancelling call %d", number)
        watchdog = threading.Timer(_STOPPING_SECONDS, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            self._send({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": number}})
            self._wait(call)
        except VarveError as error:
            log.debug("%s", error)
        except BaseException:
            self._process.kill()
            raise
        finally:
            watchdog.cancel()

    def _break(self, why: str) -> None:
        if self._broken is None:
            self._broken = VarveError(
                "helper-ended",
                f"The helper process of varve is gone: {why}{self._last_words()}",
                "Call again: that starts another one.",
            )
        with self._turn:
            for call in self._calls.values():
                if not call.done:
                    call.error, call.done = self._broken, True
            self._turn.notify_all()

    def _gone(self) -> VarveError:
        assert self._broken is not None
        return self._broken

    def _last_words(self) -> str:
        try:
            self._stderr.seek(0)
            said = self._stderr.read().decode(errors="replace").strip()
        except (OSError, ValueError):
            return ""
        return f"\n{said[-2000:]}" if said else ""


def _widen(pipe: int) -> None:
    if sys.platform != "linux":
        return
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, getattr(fcntl, "F_SETPIPE_SZ", 1031), _PIPE_BYTES)


_current: Connection | None = None
_starting = threading.Lock()


def connection() -> Connection:
    """The helper process of this one; it is started where there is none."""
    global _current
    current = _current
    if current is not None and current.is_open:
        return current
    with _starting:
        if _current is None or not _current.is_open:
            _current = Connection()
        return _current


def call(
    method: str, params: Mapping[str, Any], payload: bytes = b"", on_progress: Progress | None = None
) -> tuple[Any, bytes]:
    """Call a method of the helper process of this one."""
    return connection().call(method, params, payload, on_progress)


def close() -> None:
    """End the helper process; the next call starts another one."""
    global _current
    with _starting:
        current, _current = _current, None
    if current is not None:
        current.close()


def _in_child() -> None:
    global _current, _starting
    _starting = threading.Lock()
    if _current is not None:
        _current.forget()
        _current = None


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
