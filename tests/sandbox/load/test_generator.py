"""The real generator against a real server: what it is stopped by, and what it is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from load.fault import generator_fault
from load.profiles import Kind
from load.record import Record
from load.run import StarvedError, run_generator, run_profile
from load.summary import summarise
from tests.support.load_records import entrance, offer
from tests.support.tiny_https_server import TinyHttps

LOAD = offer(rate=40.0, warm_up=0.5, seconds=4.0, connections=20)
TINY = offer(rate=10.0, warm_up=0.0, seconds=1.0, connections=2)
PATIENCE_S = 30.0


def quick(folder: Path) -> TinyHttps:
    """Return a server that answers at once."""
    return TinyHttps(folder, lambda _: (200, b"{}"))


def limited(folder: Path, *, rate: float) -> TinyHttps:
    """Return a server that answers `rate` requests/s, one after the other."""
    turn, pause = threading.Lock(), threading.Event()

    def answer(_number: int) -> tuple[int, bytes]:
        with turn:
            pause.wait(1 / rate)
        return 200, b"{}"

    return TinyHttps(folder, answer)


def sent_to(server: TinyHttps, folder: Path) -> Record:
    """Send the load and return its record."""
    return run_generator(
        LOAD,
        entrance(server),
        folder=folder,
    )


def children_with(word: str) -> list[int]:
    """Return the children of this process that have a word in their command line."""
    found = []
    for thread in Path("/proc/self/task").iterdir():
        for child in (thread / "children").read_text().split():
            with suppress(OSError):
                if word in Path(f"/proc/{child}/cmdline").read_text():
                    found.append(int(child))
    return found


@contextmanager
def stopping(server: TinyHttps, *, after: int, seconds: float) -> Iterator[None]:
    """Stop the generator once, when the server has seen so many requests."""
    ended = threading.Event()

    def stop() -> None:
        while len(server.seen) < after and not ended.wait(0.01):
            pass
        for child in children_with("locustfile"):
            os.kill(child, signal.SIGSTOP)
            ended.wait(seconds)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGCONT)

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_one_stop_of_two_seconds_voids_what_the_generator_saw(tmp_path: Path) -> None:
    """SIGSTOP, once, while everything else is well."""
    with quick(tmp_path).running() as server, stopping(server, after=80, seconds=2.0):
        fault = generator_fault(sent_to(server, tmp_path))
    assert "the load generator stood still" in fault


def test_a_platform_that_answers_less_than_was_offered_is_named(tmp_path: Path) -> None:
    """A server of three fifths of the offered rate."""
    with limited(tmp_path, rate=24.0).running() as server:
        record = sent_to(server, tmp_path)
    summary = summarise(record)
    assert "the platform left" in summary.platform
    assert summary.achieved.seen < 0.8
    assert summary.offered == 160
    assert summary.failed == 0


def test_a_stopped_generator_before_a_limited_platform_blames_nobody(tmp_path: Path) -> None:
    """Both at once."""
    with (
        limited(tmp_path, rate=24.0).running() as server,
        stopping(server, after=60, seconds=2.0),
        pytest.raises(StarvedError, match="load generator"),
    ):
        run_profile(
            LOAD,
            entrance(server),
            folder=tmp_path,
        )


def test_a_certificate_for_another_name_is_not_accepted(tmp_path: Path) -> None:
    """No request is sent over such a connection."""
    tiny = quick(tmp_path)
    tiny.certified = ("other.run.test",)
    with tiny.running() as server:
        record = run_generator(TINY, entrance(server), folder=tmp_path)
    assert {one.status for one in record.sent} == {0}
    assert server.seen == []


def test_a_certificate_of_an_unknown_authority_is_not_accepted(tmp_path: Path) -> None:
    """The CA of the environment is the only one that counts."""
    (tmp_path / "other").mkdir()
    with quick(tmp_path).running() as server, quick(tmp_path / "other").running() as other:
        record = run_generator(
            TINY,
            replace(entrance(server), ca_file=other.ca_file),
            folder=tmp_path,
        )
    assert {one.status for one in record.sent} == {0}


def test_users_who_wait_for_their_answers_send_once_a_second_each(tmp_path: Path) -> None:
    """The closed loop of the stress profile."""
    closed = offer(kind=Kind.USERS, rate=20.0, warm_up=1.0, seconds=2.0, connections=20)
    with quick(tmp_path).running() as server:
        record = run_generator(
            closed,
            entrance(server),
            folder=tmp_path,
        )
    assert 0.5 < summarise(record).achieved.seen < 1.2
    assert summarise(record).offered == 40


def test_options_in_the_home_and_in_variables_of_this_machine_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes would lose half of the figures; a run time would cut them."""
    monkeypatch.setenv("LOCUST_PROCESSES", "2")
    monkeypatch.setenv("LOCUST_RUN_TIME", "1s")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".locust.conf").write_text("run-time = 1s\n")
    longer = offer(rate=40.0, warm_up=0.0, seconds=2.0, connections=20)
    with quick(tmp_path).running() as server:
        record = run_generator(longer, entrance(server), folder=tmp_path)
    assert len(record.sent) + len(record.unsent) == 80


_STARTER = """
import subprocess, sys
from pathlib import Path
from load.run import Entrance, run_generator
from tests.support.load_records import offer
where = Entrance(address=sys.argv[1], host="a.run.test", token="x", ca_file=sys.argv[3])
run_generator(offer(), where, folder=Path(sys.argv[2]))
"""


def test_a_generator_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    """Whoever kills the producers has ended the load too."""
    with quick(tmp_path).running() as server:
        words = [f"127.0.0.1:{server.port}", str(tmp_path), server.ca_file]
        with subprocess.Popen([sys.executable, "-c", _STARTER, *words], cwd=Path.cwd()) as starter:
            until(lambda: len(server.seen) > 30)
            children = Path(f"/proc/{starter.pid}/task/{starter.pid}/children").read_text().split()
            starter.kill()
        assert children
        until(lambda: not any(is_running(int(child)) for child in children))


def is_running(pid: int) -> bool:
    """Whether a process exists and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is about to happen; the test fails when it does not."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.05)):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail("it did not happen in time")
