"""What a service is asked and answers, against a version: without any framework, and with its faults."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import subprocess
import time
from typing import Any

import pytest
from conftest import Sandbox

from varve.monitor import Monitor, MonitorMiddleware, WindowDrift


def trips(count: int, fare: int = 0) -> list[dict[str, Any]]:
    return [{"id": row, "fare": row % 7 + fare, "zone": "abc"[row % 3]} for row in range(count)]


def test_windows_are_compared_and_what_is_left_makes_a_last_one(in_versions: Sandbox) -> None:
    windows: list[WindowDrift] = []
    monitor = Monitor("data/trips.csv@v1", window=500, on_window=windows.append, prometheus="trips.prom")
    for row in [*trips(500), *trips(500, fare=20), *trips(3)]:
        monitor.observe(row)
    monitor.close()
    assert [(each.window, each.rows, each.verdict) for each in windows[:2]] == [(1, 500, "none"), (2, 500, "drift")]
    assert "fare" in windows[1].features and windows[1].features["fare"][0]
    assert windows[2].rows == 3
    assert monitor.dropped == 0
    assert "varve_drift" in (in_versions.repo / "trips.prom").read_text()


def test_a_share_of_rows_is_sampled(in_versions: Sandbox) -> None:
    windows: list[WindowDrift] = []
    monitor = Monitor("data/trips.csv@v1", sample=0, on_window=windows.append)
    monitor.observe({"id": 1})
    monitor.close()
    assert windows == []
    with pytest.raises(ValueError, match="from 0 to 1"):
        Monitor("data/trips.csv@v1", sample=2)


def test_values_without_a_form_in_json_neither_raise_nor_end_the_stream(in_versions: Sandbox) -> None:
    windows: list[WindowDrift] = []
    monitor = Monitor("data/trips.csv@v1", window=2, on_window=windows.append)
    cycle: dict[str, Any] = {}
    cycle["self"] = cycle
    for row in [{"fare": float("nan")}, cycle, {"zone": object()}, {"fare": 1}]:
        monitor.observe(row)
    monitor.close()
    assert [each.rows for each in windows] == [2]


def test_rows_that_a_program_does_not_read_any_more_end_no_thread(in_versions: Sandbox) -> None:
    from varve.monitor import _Stream

    with subprocess.Popen(["true"], stdin=subprocess.PIPE, text=True) as ended:
        ended.wait()
        stream = _Stream.__new__(_Stream)
        stream._rows = queue.Queue()
        stream._rows.put({"id": 1})
        stream._write_rows(ended.stdin)
        assert ended.stdin is not None and ended.stdin.closed


def test_a_program_that_ends_is_told_of_once_and_rows_are_dropped(
    in_versions: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    monitor = Monitor("data/none.csv@v1")
    deadline = time.monotonic() + 60
    while monitor.dropped == 0 and time.monotonic() < deadline:
        monitor.observe({"id": 1})
        time.sleep(0.01)
    monitor.close()
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(told) == 1 and "data/none.csv" in told[0]
    assert monitor.dropped > 0


class Answers:
    """An ASGI application that answers what it is asked, in two pieces."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asked = b""
        while True:
            message = await receive()
            asked += message["body"]
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": scope.get("status", 200), "headers": []})
        await send({"type": "http.response.body", "body": b'{"delay": ', "more_body": True})
        await send({"type": "http.response.body", "body": b"1}"})


class Taken(Monitor):
    """A monitor that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__("data/trips.csv")
        self.rows: list[Any] = []

    def take(self, row: Any) -> None:
        self.rows.append(row)


def ask(app: Any, body: bytes, **scope: Any) -> list[Any]:
    pieces = [
        {"type": "http.request", "body": body[:5], "more_body": True},
        {"type": "http.request", "body": body[5:]},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return pieces.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http", "path": "/predict", **scope}, receive, send))
    return sent


def test_the_middleware_sees_a_request_and_its_answer() -> None:
    monitor = Taken()
    app = MonitorMiddleware(Answers(), monitor, "/predict")
    sent = ask(app, b'{"fare": 3}')
    assert monitor.rows == [{"fare": 3, "delay": 1}]
    assert b"".join(each.get("body", b"") for each in sent) == b'{"delay": 1}'


def test_the_middleware_leaves_out_other_paths_failures_and_what_is_no_such_json() -> None:
    monitor = Taken()
    app = MonitorMiddleware(Answers(), monitor, "/predict")
    for body, scope in (
        (b'{"fare": 3}', {"path": "/health"}),
        (b'{"fare": 3}', {"status": 422}),
        (b"no JSON", {}),
        (b"[1, 2]", {}),
        (json.dumps({"fare": "x" * 2_000_000}).encode(), {}),
    ):
        assert ask(app, body, **scope)[-1]["body"] == b"1}"
    assert monitor.rows == []


def test_a_request_may_be_many_rows() -> None:
    monitor = Taken()
    app = MonitorMiddleware(Answers(), monitor, "/predict", rows=lambda request, response: request["rows"])
    ask(app, b'{"rows": [{"fare": 1}, {"fare": 2}]}')
    assert monitor.rows == [{"fare": 1}, {"fare": 2}]
