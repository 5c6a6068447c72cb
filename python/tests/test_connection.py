"""Many threads and one helper process: what one does, or does wrong, is no other's trouble."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

import pytest
from conftest import Sandbox

import varve
from varve import Repository, VarveFileSystem, _connection
from varve._errors import VarveError, error_of


def test_a_short_call_does_not_wait_for_a_long_one_of_another_thread(in_versions: Sandbox) -> None:
    link = _connection.connection()
    opened, _ = link.call("table.open", {})
    started, answered = threading.Event(), threading.Event()
    large = os.urandom(1024) * 60_000

    def write_for_long() -> None:
        started.set()
        while not answered.is_set():
            link.call("table.write", {"table": opened["table"]}, large[: 8 * 1024 * 1024])

    # Each is a leader in its turn: the one that reads hands on what is not its own.
    threads = [threading.Thread(target=write_for_long) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert started.wait(10)
    assert [varve.read("data/photos@v1/a.bin") for _ in range(50)] == [b"a" * 100] * 50
    answered.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    link.call("table.close", {"table": opened["table"]})


def test_who_reads_hands_an_answer_on_before_its_own_has_come(in_versions: Sandbox) -> None:
    varve.status()
    steps = threading.Event()
    done = threading.Event()

    def told(_: Any) -> None:
        steps.set()
        # The long call is over for its thread only after this; it reads for all others meanwhile, or lets them read.
        if not done.wait(30):
            raise AssertionError("the short call waited for the long one")

    data = {"n": list(range(300_000))}
    pytest.importorskip("pyarrow")
    long = threading.Thread(target=lambda: Repository(progress=told).profile(data))
    long.start()
    assert steps.wait(30)

    def short() -> None:
        varve.read("data/photos@v1/a.bin")
        done.set()

    other = threading.Thread(target=short, daemon=True)
    other.start()
    other.join(20)
    was_answered = done.is_set()
    done.set()
    long.join(30)
    assert was_answered


def test_a_function_that_is_told_of_progress_fails_its_own_call_only(in_versions: Sandbox) -> None:
    pytest.importorskip("pyarrow")
    failures: list[BaseException] = []

    def told(_: Any) -> None:
        raise RuntimeError("not this time")

    def failing() -> None:
        try:
            Repository(progress=told).profile({"n": list(range(200_000))})
        except RuntimeError as error:
            failures.append(error)

    thread = threading.Thread(target=failing)
    thread.start()
    while thread.is_alive():
        assert varve.read("data/photos@v1/a.bin") == b"a" * 100
    assert [str(error) for error in failures] == ["not this time"]


def test_what_cannot_be_said_is_refused_at_once_and_the_helper_lives_on(in_versions: Sandbox) -> None:
    link = _connection.connection()
    with pytest.raises(VarveError, match="no character") as surrogate:
        varve.read("data/photos/\udcff")
    assert surrogate.value.code == "usage" and surrogate.value.remedy
    with pytest.raises(TypeError):
        Repository().call("log", "data/photos", revision={1, 2})
    with pytest.raises(VarveError, match="no method") as unknown:
        Repository().call("constructor")
    assert unknown.value.code == "usage"
    assert not VarveFileSystem(skip_instance_cache=True).exists("data/photos/\udcff")
    assert _connection.connection() is link and link.is_open


def test_an_interrupt_while_a_table_is_sent_stays_an_interrupt(
    in_versions: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow")
    write = _connection.Connection._write
    written = 0

    def interrupted(link: _connection.Connection, data: bytes) -> None:
        nonlocal written
        written += len(data)
        if written > 6_000_000:
            monkeypatch.setattr(_connection.Connection, "_write", write)
            signal.raise_signal(signal.SIGINT)
        write(link, data)

    monkeypatch.setattr(_connection.Connection, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        varve.profile({"n": list(range(2_000_000))})
    assert varve.read("data/photos@v1/a.bin") == b"a" * 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_process_that_forked_while_a_tree_was_being_opened_opens_its_own(in_versions: Sandbox) -> None:
    system = VarveFileSystem(rev="v1", skip_instance_cache=True)
    with system._tree._opening:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            os._exit(0 if system.cat_file("data/photos/a.bin") == b"a" * 100 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_errors_say_names_of_strangers_without_acting_on_a_terminal() -> None:
    data = {"code": "path-missing", "remedy": "See \u202eit.", "details": ["one\x1b]0;x\x07", "two"]}
    error = error_of({"code": -32000, "message": "no \x1b[31mfile\nhere", "data": data})
    assert str(error) == "no \\x1b[31mfile\\nhere\n  one\\x1b]0;x\\x07\n  two\nSee \\u202eit."
    assert error.message == "no \x1b[31mfile\nhere"


def test_the_last_words_of_a_helper_are_told(in_versions: Sandbox) -> None:
    link = _connection.Connection()
    os.write(link._to, b"this is no frame")
    with pytest.raises(VarveError) as ended:
        for _ in range(100):
            link.call("initialize", {})
            time.sleep(0.05)
    assert ended.value.code == "helper-ended"
    assert any("no frame" in line for line in ended.value.details)
    link.close()
