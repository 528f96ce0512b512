"""Whose fault a shortfall is."""

from __future__ import annotations

from dataclasses import replace

from load.fault import generator_fault
from load.record import Record
from load.summary import summarise
from tests.support.load_records import busy, changed, healthy, limited, offer


def stopped(record: Record, *, start: float, seconds: float) -> Record:
    """Return the record of a generator whose loop came `seconds` late once."""

    def late(moment: float) -> float:
        return max(moment, start + seconds) if moment >= start else moment

    delayed = changed(
        record,
        lambda one: replace(one, sent=late(one.sent), done=None if one.done is None else late(one.done)),
        start=start,
        end=start + seconds,
    )
    return replace(delayed, stalls=((start, seconds),))


def test_a_healthy_run_is_nobodys_fault() -> None:
    """Nothing is excused and nothing is blamed."""
    summary = summarise(healthy())
    assert generator_fault(healthy()) == ""
    assert (summary.machine, summary.platform) == ("", "")
    assert summary.achieved.seen == summary.achieved.at_best >= 0.98
    assert (summary.offered, summary.requests, summary.failed) == (200, 200, 0)


def test_a_platform_of_less_capacity_is_named_with_what_it_left_waiting() -> None:
    """Three fifths of the offered rate, and a loop that was on time."""
    record = limited(healthy(), rate=12.0)
    summary = summarise(record)
    assert generator_fault(record) == ""
    assert 0.55 < summary.achieved.seen == summary.achieved.at_best < 0.65
    assert "the platform left" in summary.platform
    assert "all 20 connections" in summary.platform
    assert "loop was on time" in summary.platform


def test_one_stall_of_the_generator_voids_the_run_and_a_short_one_does_not() -> None:
    """Two seconds of ten hide every figure; 0.4 s do not."""
    assert "load generator stood still for 2.0 s" in generator_fault(stopped(healthy(), start=5, seconds=2.0))
    assert generator_fault(stopped(healthy(), start=5, seconds=0.4)) == ""


def test_a_stall_that_was_over_before_anything_was_measured_is_nobodys_fault() -> None:
    """It happened in the warm-up."""
    assert generator_fault(stopped(healthy(), start=0.2, seconds=1.5)) == ""


def test_a_stalled_generator_before_a_limited_platform_voids_the_run() -> None:
    """Both at once: nobody can say whose share is which."""
    assert "load generator" in generator_fault(stopped(limited(healthy(), rate=12.0), start=5, seconds=2.0))


def test_requests_that_left_late_although_a_connection_was_free_void_the_run() -> None:
    """The loop was too busy, in many small pieces."""
    lagging = changed(healthy(), lambda one: replace(one, sent=one.due + 0.3), start=4, end=8)
    assert "0.25 s late although a connection was free" in generator_fault(lagging)


def test_requests_that_waited_for_a_connection_are_not_the_generators_fault() -> None:
    """The same lateness, while all connections waited for the platform."""
    waiting = changed(
        healthy(),
        lambda one: replace(one, free=one.due + 0.3, sent=one.due + 0.3, done=one.due + 0.4),
        start=4,
        end=8,
    )
    assert generator_fault(waiting) == ""
    assert "the platform" in summarise(waiting).platform


def test_what_was_slow_while_no_processor_was_idle_may_be_the_machines() -> None:
    """At best it was instant; without the overload it is the platform's."""
    slow = changed(healthy(), lambda one: replace(one, done=one.due + 2.5), start=5, end=7)
    assert summarise(slow).p95.at_best == summarise(slow).p95.seen > 2000
    excused = summarise(busy(slow, start=5, end=7))
    assert excused.p95.at_best < 100 < excused.p95.seen
    assert "overloaded in 2.0 s of 10 s" in excused.machine


def test_what_is_slow_all_the_time_stays_the_platforms_when_the_machine_was_busy_for_a_while() -> None:
    """The rest of the time is evidence enough."""
    slow = busy(healthy(seconds=2.5), start=5, end=6)
    assert summarise(slow).p95.at_best > 2000


def test_an_answer_that_no_overload_makes_is_not_excused_by_one() -> None:
    """A 500 is the service's own; a timeout may be the machine's."""

    def failing(status: int) -> float:
        failed = changed(healthy(), lambda one: replace(one, status=status), start=5, end=6)
        return summarise(busy(failed, start=4, end=7)).error_ratio.at_best

    assert failing(500) == failing(403) > 0
    assert failing(0) == failing(504) == 0


def test_what_was_never_sent_counts_as_slow_and_not_as_failed() -> None:
    """Its wait is known, its answer is not."""
    record = limited(healthy(offer(connections=2)), rate=5.0)
    summary = summarise(record)
    assert summary.offered == 200 > summary.requests
    assert summary.p95.seen > 2000
    assert summary.failed == 0


def test_the_first_answers_of_a_cold_platform_stand_beside_the_figures() -> None:
    """They are told, and not in the percentile."""
    record = replace(healthy(), opening=(("/a", 4000.0, 200), ("/b", 20.0, 503)))
    assert "the slowest took 4,000 ms, 1 of them failed" in summarise(record).opening
    assert summarise(record).p95.seen < 100
