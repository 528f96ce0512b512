"""What the generator sees of its own machine."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from load.fault import is_overloaded
from load.machine import Sample, Sources, Watch, between
from load.run import surroundings

HZ = os.sysconf("SC_CLK_TCK")


def sources(folder: Path, *, idle: float = 0.0, waited: float = 0.0) -> Sources:
    """Return files as Linux writes them: seconds idle per processor, seconds waited."""
    lines = [f"cpu{number} 5 0 5 {int(idle * HZ)} 0 0 0 0 0 0" for number in range(os.cpu_count() or 1)]
    (folder / "stat").write_text("\n".join(["cpu 1 2 3 4 5", *lines, "intr 5"]))
    (folder / "schedstat").write_text(f"5 {int(waited * 1e9)} 7\n")
    (folder / "pressure").write_text(f"some avg10=0.00 total={int(waited * 1e6)}\nfull avg10=0 total=0\n")
    (folder / "group").write_text(f"usage_usec 5\nthrottled_usec {int(waited * 1e6)}\n")
    stat, schedstat, pressure, group = (folder / name for name in ("stat", "schedstat", "pressure", "group"))
    return Sources(stat=stat, schedstat=schedstat, pressure=pressure, group=group)


def test_the_shares_of_a_stretch_of_time_are_read_from_the_systems_counters(tmp_path: Path) -> None:
    """Formats as the Linux documentation gives them."""
    before = sources(tmp_path).read()
    after = sources(tmp_path, idle=2.0, waited=1.0).read()
    seen = between(before, after, start=before.at)
    assert seen.idle == pytest.approx(2.0 / seen.length)
    assert seen.queued == seen.contended == seen.throttled == pytest.approx(1.0 / seen.length)


def test_a_system_that_counts_nothing_gives_no_evidence_and_does_no_harm(tmp_path: Path) -> None:
    """As on a machine without /proc."""
    a, b, c, d = (tmp_path / name for name in "abcd")
    nothing = Sources(stat=a, schedstat=b, pressure=c, group=d).read()
    seen = between(nothing, nothing, start=0.0)
    assert (seen.idle, seen.queued, seen.contended, seen.throttled) == (None, None, None, None)
    assert not is_overloaded(seen)


@pytest.mark.parametrize("change", [{"idle": 0.01}, {"queued": 0.3}, {"contended": 0.9}, {"throttled": 0.1}])
def test_each_figure_alone_shows_an_overload(change: dict[str, float]) -> None:
    """No system counts all of them."""
    quiet = {"at": 0.0, "length": 0.5, "idle": 0.5, "queued": 0.0, "contended": 0.1, "throttled": 0.0}
    assert not is_overloaded(Sample(**quiet))
    assert is_overloaded(Sample(**quiet | change))


def test_a_pause_that_takes_too_long_is_kept_with_its_length(tmp_path: Path) -> None:
    """One of three."""
    pauses = iter([0.0, 0.4, 0.0])

    def pause(seconds: float) -> None:
        threading.Event().wait(seconds + next(pauses))

    watch = Watch(0.0, pause, sources=sources(tmp_path))
    watch.run(range(1, 4))
    assert [late >= 0.4 for _, late in watch.stalls if late > 0.35] == [True]


def test_what_other_peoples_machines_say_about_locust_does_not_reach_the_generator(tmp_path: Path) -> None:
    """Nor do options of pytest, or a leftover of another load run."""
    given = {
        "LOCUST_PROCESSES": "2",
        "PYTEST_ADDOPTS": "-n 4",
        "LOAD_TARGET": "x",
        "PATH": "/bin",
        "HOME": "/h",
    }
    kept = surroundings(given, home=tmp_path)
    assert {name: kept.get(name) for name in given} == {
        "LOCUST_PROCESSES": None,
        "PYTEST_ADDOPTS": None,
        "LOAD_TARGET": None,
        "PATH": "/bin",
        "HOME": str(tmp_path),
    }
