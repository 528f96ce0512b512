"""Progress is shown to people, said to logs, and kept from machines."""

from __future__ import annotations

import io
import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from gates.cli.progress import drawing, listener, plain
from gates.model import events
from gates.model.platform import Platform
from gates.reporting.progress import Progress, lines_of
from tests.support.drawing import examples
from tests.support.sample_verdict import SERVICES, bad_verdict, decision, receipt
from tests.support.strategies import HOSTILE_TEXTS


class _Services:
    """The part of a platform that progress looks at."""

    service_names = SERVICES


PLATFORM: Platform = _Services()  # type: ignore[assignment]


class _Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def _story() -> list[events.Event]:
    statuses = {"PASS": "passed", "FAIL": "failed"}
    verdict = bad_verdict()
    checks = [
        events.CheckFinished(
            criterion=j.criterion.id,
            service=j.service,
            status=statuses.get(j.outcome, "error"),
            done=n,
            total=len(verdict.judgements),
        )
        for n, j in enumerate(verdict.judgements, start=1)
    ]
    return [
        events.ReleaseFound(release=verdict.release, notes=("frontend is the newest ready revision",)),
        events.StepStarted(step="look", detail="6 criteria"),
        *checks,
        events.StepFinished(step="look", seconds=12.34),
        events.VerdictReached(verdict=verdict),
        events.DecisionMade(decision=decision()),
        events.ActionFinished(receipt=receipt()),
    ]


def _heard(output: str | None, stream: io.StringIO) -> str:
    with listener(output, PLATFORM, stream=stream) as hear:
        for event in _story():
            hear(event)
    return stream.getvalue()


def test_json_says_nothing() -> None:
    """Whoever wants the document gets the document alone."""
    assert _heard("json", _Terminal()) == ""


@pytest.mark.parametrize("output", ["plain", None])
def test_a_log_gets_a_line_for_what_matters(output: str | None) -> None:
    """Steps, what did not pass, verdict, decision and receipts; no line for a pass, no control character."""
    text = _heard(output, io.StringIO())

    assert text.splitlines() == [
        "release r1: 9 services",
        "note: frontend is the newest ready revision",
        "look: 6 criteria",
        "failed: PRF-P95@nlp-assistant",
        "failed: SEC-LOGOUT@api-gateway",
        "failed: SEC-LOGOUT@auth-service",
        "failed: SEC-LOGOUT@asset-discovery",
        "failed: SEC-HEADERS@frontend",
        "error: MON-ALERTS@decision-engine",
        "error: OPS-BACKUP@event-processor",
        "look: done in 12.3 s",
        "verdict: NO_GO",
        "decision: ROLL_BACK",
        "DONE: auth-service in 1.2 s, the service answers with auth-service-00001",
    ]


def test_a_terminal_gets_a_live_view_that_ends_with_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The view is drawn in place; what is said after the verdict is said below it, once."""
    monkeypatch.setenv("TERM", "xterm")
    text = _heard(None, _Terminal())

    assert "\x1b[" in text
    assert text.count("verdict: NO_GO") == 1
    assert text.rstrip().endswith("auth-service-00001")


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that cannot draw is treated as a log."""
    monkeypatch.setenv("TERM", "dumb")

    assert "\x1b" not in _heard(None, _Terminal())


def test_silence_is_broken_by_a_heartbeat() -> None:
    """A long step says again and again that it goes on."""
    beaten = threading.Event()

    class _Log(io.StringIO):
        def write(self, text: str) -> int:
            if text.startswith("…"):
                beaten.set()
            return super().write(text)

    stream = _Log()
    with plain(PLATFORM, stream, heartbeat=0.01) as hear:
        hear(events.StepStarted(step="look", detail="6 criteria"))
        assert beaten.wait(30)
    assert "… look 6 criteria · 0 s" in stream.getvalue()


def test_no_heartbeat_outlives_its_run() -> None:
    """The thread is gone when the listener is, also after an error."""
    with pytest.raises(KeyError), plain(PLATFORM, io.StringIO(), heartbeat=0.01):
        raise KeyError("a defect")
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}


@settings(max_examples=examples(100))
@given(HOSTILE_TEXTS, st.sampled_from(["plain", "tty"]))
def test_what_a_producer_says_moves_no_cursor(text: str, output: str) -> None:
    """A hostile name is shown as text: in a log as one line without control characters."""
    stream = io.StringIO()
    with listener(output, PLATFORM, stream=stream) as hear:
        hear(events.CheckFinished(criterion=text, service=text, status="failed", done=1, total=2))
        hear(events.StepFinished(step="look", seconds=1, detail=text))

    stream.getvalue().encode()
    if output == "plain":
        assert len(stream.getvalue().split("\n")) == 3
        assert "\x1b" not in stream.getvalue()


def test_the_drawing_shows_services_against_criteria() -> None:
    """Each service has a line with a mark for each criterion, and the worst ones are named."""
    progress = Progress(SERVICES, clock=lambda: 0.0)
    for event in _story()[:-4]:
        progress.take(event)
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(drawing(progress, 80))
    lines = console.export_text().splitlines()

    assert lines[0].startswith("look 6 criteria · 0 s · 54 of 54 checks")
    assert any(line.split() == ["auth-service", "✓✓✗✓✓✓", "5/6"] for line in lines)
    assert "  error OPS-BACKUP@event-processor" in lines
    assert max(map(len, lines)) <= 80


def test_time_left_is_told_when_it_can_be() -> None:
    """After some checks the rest is estimated from their pace; an unknown total gives no estimate."""
    now = [0.0]
    progress = Progress((), clock=lambda: now[0])
    progress.take(events.StepStarted(step="look"))
    now[0] = 10.0
    progress.take(_check(done=2, total=20))
    early = progress.seconds_left()
    progress.take(_check(done=5, total=20))
    known = progress.seconds_left()
    progress.take(_check(done=6, total=0))

    assert (early, known, progress.seconds_left()) == (None, 30.0, None)
    assert progress.headline() == "look · 10 s · 6 checks"


def test_the_check_that_runs_longest_is_named() -> None:
    """Whoever waits knows for what; a quick one is not worth a word, and one that ended is not waited for."""
    now = [0.0]
    progress = Progress((), clock=lambda: now[0])
    progress.take(events.StepStarted(step="look"))
    progress.take(events.CheckBegan(check="t::test_a[frontend]", name="MON-01@frontend"))
    now[0] = 4.0
    assert "MON-01" not in progress.headline()
    now[0] = 90.0
    progress.take(events.CheckBegan(check="t::test_b", name="MON-05"))
    assert "MON-01@frontend takes 90 s already" in progress.headline()

    progress.take(replace(_check(), check="t::test_a[frontend]"))
    assert "already" not in progress.headline()


def test_the_time_left_is_what_an_earlier_run_took_for_what_is_open() -> None:
    """Ten quick checks in the beginning do not hide that the last one takes a minute."""
    now = [0.0]
    progress = Progress((), clock=lambda: now[0])
    progress.take(events.StepStarted(step="look"))
    usual = (*((f"quick-{number}", 1.0) for number in range(30)), ("slow", 60.0))
    progress.take(events.ChecksPlanned(usual=usual, seconds=90.0))
    told = [progress.seconds_left()]
    for number in range(30):
        now[0] += 1.0
        progress.take(replace(_check(done=number + 1, total=31), check=f"quick-{number}"))
        told.append(progress.seconds_left())
    progress.take(events.CheckBegan(check="slow", name="MON-01"))
    now[0] += 40.0
    told.append(progress.seconds_left())

    assert told == [pytest.approx(90.0 - at) for at in (*range(31), 70)]


def test_a_run_that_is_slower_than_the_earlier_one_is_believed_to_stay_slower() -> None:
    """Once a fifth of the work is done, and not without bounds."""
    now = [0.0]
    progress = Progress((), clock=lambda: now[0])
    progress.take(events.StepStarted(step="look"))
    progress.take(events.ChecksPlanned(usual=(("a", 5.0), ("b", 5.0)), seconds=10.0))
    now[0] = 10.0
    progress.take(replace(_check(total=2), check="a"))
    twice = progress.seconds_left()
    now[0] = 500.0

    assert [twice, progress.seconds_left()] == pytest.approx([10.0, 15.0])


def test_the_worst_status_of_a_check_stays() -> None:
    """A failed call is not made good by a teardown that passed; an unknown word is no pass."""
    progress = Progress((), clock=lambda: 0.0)
    for status in ("passed", "failed", "passed"):
        progress.take(_check(status=status))
    assert progress.seen == {("A", "frontend"): "failed"}

    progress.take(_check(status="exploded"))
    assert progress.bad() == [("A", "frontend", "exploded")]


def test_every_event_is_told_or_left_out_on_purpose() -> None:
    """A passed check is the only silence of the story."""
    silent = [event for event in _story() if not list(lines_of(event))]

    assert {type(event) for event in silent} == {events.CheckFinished}


def _check(status: str = "passed", done: int = 1, total: int = 1) -> events.CheckFinished:
    return events.CheckFinished(criterion="A", service="frontend", status=status, done=done, total=total)
