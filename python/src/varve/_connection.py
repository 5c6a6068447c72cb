"""One helper process, and calls to it: frames of JSON-RPC 2.0 with bytes behind them (docs/reference/rpc.md)."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import logging
import os
import queue
import struct
import subprocess
import sys
import threading

from ._errors import VarveError, error_of
from ._program import find_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO, Any, Callable

    Progress = Callable[[Mapping[str, Any]], None]

log = logging.getLogger("varve")

#: As the protocol has it: bytes of a message and of a payload at most.
_MAX_MESSAGE_BYTES = 512 * 1024 * 1024
_MAX_PAYLOAD_BYTES = 512 * 1024 * 1024
_HEADER = struct.Struct("<II")
_PROTOCOL = 1
#: Bytes that a pipe holds, where the system lets one choose: fewer and larger steps between two processes.
_PIPE_BYTES = 1024 * 1024
#: Seconds for which a call that was interrupted may take to stop in order.
_STOPPING_SECONDS = 10.0


class _Call:
    """A call that waits for its answer."""

    __slots__ = ("done", "error", "inbox", "number", "on_progress", "payload", "result")

    def __init__(self, number: int, on_progress: Progress | None) -> None:
        self.number = number
        self.done = False
        #: Of the thread that waits: progress to tell of, or None to look about.
        self.inbox: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self.result: Any = None
        self.payload = b""
        self.error: BaseException | None = None
        self.on_progress = on_progress

    def answer(self, message: Mapping[str, Any], payload: bytes) -> None:
        if "error" in message:
            self.error = error_of(message["error"])
        else:
            self.result, self.payload = message["result"], payload
        self.done = True

    def tell(self) -> None:
        """Wait for something to tell of, and tell it, in the thread that asked for it."""
        event = self.inbox.get()
        if event is not None and self.on_progress is not None:
            self.on_progress(event)


class Connection:
    """A helper process. Threads may call at the same time: whoever waits reads, also for the others."""

    def __init__(self) -> None:
        program = find_program()
        # What the program says beside its answers is looked at only if it ends.
        self._stderr = _unnamed_file()
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
        #: Held by the one that reads.
        self._reading = threading.Lock()
        self._calls: dict[int, _Call] = {}
        self._numbers = itertools.count(1)
        self._broken: VarveError | None = None
        # Asked now, and waited for by the first call: the program starts meanwhile.
        self._greeting: _Call | None = self._ask("initialize", {})
        self._greeted = threading.Lock()

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
            VarveError: what the method answers; ``helper-ended`` if the process is gone; ``usage`` of what no message
                can hold.
        """
        if self._greeting is not None:
            self._greet()
        call = self._ask(method, params, payload, on_progress)
        try:
            self._wait(call)
        except BaseException:
            if not call.done:
                self._cancel(call)
            raise
        finally:
            self._calls.pop(call.number, None)
        if call.error is not None:
            raise call.error
        return call.result, call.payload

    def _ask(
        self, method: str, params: Mapping[str, Any], payload: bytes = b"", on_progress: Progress | None = None
    ) -> _Call:
        number = next(self._numbers)
        # What cannot be said is found before anybody waits for an answer to it.
        text = _encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        call = _Call(number, on_progress)
        self._calls[number] = call
        try:
            self._send(text, payload)
        except BaseException:
            self._calls.pop(number, None)
            raise
        return call

    def _greet(self) -> None:
        """Wait for the program to say which protocol it speaks."""
        with self._greeted:
            greeting = self._greeting
            if greeting is None:
                return
            self._wait(greeting)
            self._calls.pop(greeting.number, None)
            if greeting.error is not None:
                raise greeting.error
            answer = greeting.result
            if answer["protocol"] != _PROTOCOL:
                self.close()
                raise VarveError(
                    "protocol-unsupported",
                    f"varve {answer['version']} speaks version {answer['protocol']} of the protocol, not {_PROTOCOL}",
                    "Install the Python package and the command in the same version.",
                )
            log.debug("varve %s is process %d", answer["version"], self._process.pid)
            self._greeting = None

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

    def _send(self, text: bytes, payload: bytes = b"") -> None:
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
            if self._reading.acquire(blocking=False):
                try:
                    while not call.done and call.inbox.empty():
                        self._take(call)
                finally:
                    self._reading.release()
                    self._pass_on(call)
            if not call.done or not call.inbox.empty():
                call.tell()

    def _pass_on(self, own: _Call) -> None:
        """Have another one read, if one waits."""
        for call in list(self._calls.values()):
            if not call.done and call is not own:
                call.inbox.put(None)
                return

    def _take(self, own: _Call) -> None:
        """Take in the next frame, whomever it is for.

        An interrupt may come anywhere: what has arrived stays in the buffer until it was handed on.
        """
        self._fill(_HEADER.size)
        length, size = _HEADER.unpack_from(self._buffer)
        if length > _MAX_MESSAGE_BYTES or size > _MAX_PAYLOAD_BYTES:
            self._break("its answers are out of step")
            raise self._gone()
        middle = _HEADER.size + length
        end = middle + size
        self._fill(end)
        with memoryview(self._buffer) as view:
            message = json.loads(bytes(view[_HEADER.size : middle]))
            payload = bytes(view[middle:end])
        self._hand_on(message, payload, own)
        del self._buffer[:end]

    def _hand_on(self, message: dict[str, Any], payload: bytes, own: _Call) -> None:
        if message.get("method") == "$/warning":
            log.warning("%s", message["params"]["text"])
            return
        is_progress = "method" in message
        call = self._calls.get(message["params"]["id"] if is_progress else message["id"])
        if call is None:
            return
        if is_progress:
            call.inbox.put(message["params"])
            return
        call.answer(message, payload)
        if call is not own:
            call.inbox.put(None)

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

    def _cancel(self, call: _Call) -> None:
        """Have a call stopped, and wait until it has; what does not stop is ended with its process."""
        if self._broken is not None:
            return
        log.debug("cancelling call %d", call.number)
        call.on_progress = None
        watchdog = threading.Timer(_STOPPING_SECONDS, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            self._send(_encode({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": call.number}}))
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
                f"The helper process of varve is gone: {why}",
                "Call again: that starts another one.",
                details=self._last_words(),
            )
        for call in list(self._calls.values()):
            if not call.done:
                call.error, call.done = self._broken, True
                call.inbox.put(None)

    def _gone(self) -> VarveError:
        assert self._broken is not None
        return self._broken

    def _last_words(self) -> list[str]:
        try:
            self._stderr.seek(0)
            said = self._stderr.read().decode(errors="replace").strip()
        except (OSError, ValueError):
            return []
        return said[-2000:].splitlines()


def _encode(message: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise VarveError(
            "usage",
            f"{error.object[max(0, error.start - 40) : error.end + 40]!a} holds what is no character",
            "Names are in UTF-8; rename the file.",
        ) from error
    if len(text) > _MAX_MESSAGE_BYTES:
        raise VarveError(
            "usage",
            f"a call of {len(text):,} bytes is too long",
            f"Give fewer paths at once; a call has at most {_MAX_MESSAGE_BYTES:,} bytes.",
        )
    return text


def _unnamed_file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("varve"), "w+b", buffering=0)
    import tempfile

    return tempfile.TemporaryFile()


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


def start() -> None:
    """Have the helper process start in the background; who calls it hears of what goes wrong."""
    with contextlib.suppress(VarveError, OSError):
        connection()


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
