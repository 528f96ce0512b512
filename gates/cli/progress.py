"""Progress of a run: a live view on a terminal, plain lines and a heartbeat elsewhere.

Everything goes to stderr, so that stdout holds the result alone. `json` shows no progress.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gates.aside import aside
from gates.model import events
from gates.model.platform import Platform
from gates.reporting.progress import Progress, lines_of
from gates.reporting.redaction import clean

HEARTBEAT_S = 30.0
"""Seconds of silence after which a line is printed; CI systems end silent jobs."""

_REFRESHES_PER_SECOND = 4
_MARKS = {
    "passed": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "error": ("!", "red"),
    "skipped": ("-", "yellow"),
}
_STYLES = {"GO": "bold green", "NO_GO": "bold red"}


class Listener(Protocol):
    """Gets the events of the pipeline."""

    def __call__(self, event: events.Event) -> None:
        """Process one event."""


@contextmanager
def listener(output: str | None, platform: Platform, *, stream: TextIO | None = None) -> Iterator[Listener]:
    """Yield the listener for an output format; `tty`, `plain`, `json`, or by the terminal for anything else.

    It writes to `stream`, by default stderr.
    """
    stream = stream or sys.stderr
    if output == "json":
        yield _silent
    elif output == "tty" or (output != "plain" and _is_terminal(stream)):
        with live(platform, stream) as shown:
            yield shown
    else:
        with plain(platform, stream) as shown:
            yield shown


def _silent(event: events.Event) -> None:
    """Ignore the event."""


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") != "dumb"


@contextmanager
def plain(platform: Platform, stream: TextIO, *, heartbeat: float = HEARTBEAT_S) -> Iterator[Listener]:
    """Yield a listener that prints a line for each step and each check that did not pass."""
    progress = Progress(platform.service_names, clock=monotonic)
    lock, ended = threading.Lock(), threading.Event()

    def say(text: str) -> None:
        stream.write(clean(text).replace("\n", " ") + "\n")
        stream.flush()

    def hear(event: events.Event) -> None:
        with lock:
            progress.take(event)
            for line in lines_of(event):
                say(line)

    def beat() -> None:
        while not ended.wait(heartbeat):
            with lock:
                if progress.step:
                    say(f"… {progress.headline()}")

    pulse = threading.Thread(target=beat, name="heartbeat", daemon=True)
    pulse.start()
    try:
        yield hear
    finally:
        ended.set()
        pulse.join()


@contextmanager
def live(platform: Platform, stream: TextIO) -> Iterator[Listener]:
    """Yield a listener that draws the steps, a matrix of services and criteria, and the time left.

    The view ends with the verdict, because a rollback may ask a person.
    """
    progress = Progress(platform.service_names, clock=monotonic)
    console = Console(file=stream, highlight=False, emoji=False, force_terminal=True)
    view = Live(
        console=console,
        refresh_per_second=_REFRESHES_PER_SECOND,
        get_renderable=lambda: drawing(progress, console.width),
        transient=True,
    )

    def hear(event: events.Event) -> None:
        progress.take(event)
        if isinstance(event, events.VerdictReached) and view.is_started:
            view.stop()
        if not isinstance(event, events.CheckFinished | events.StepStarted):
            for line in lines_of(event):
                console.print(Text(clean(line), style=_style(event)))

    with aside("drawing"):
        view.start()
    try:
        yield hear
    finally:
        with aside("drawing"):
            view.stop()


def _style(event: events.Event) -> str:
    return (
        _STYLES.get(event.verdict.outcome, "bold yellow") if isinstance(event, events.VerdictReached) else ""
    )


def drawing(progress: Progress, width: int) -> RenderableType:
    """Return the view of a run: its current step, and the matrix of its checks."""
    return Group(Text(clean(progress.headline()), style="bold"), *_matrix(progress, width))


def _matrix(progress: Progress, width: int) -> Iterator[RenderableType]:
    criteria = progress.criteria()
    if not criteria:
        return
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(no_wrap=True, max_width=22)
    table.add_column(no_wrap=True, max_width=max(10, width - 36))
    table.add_column(no_wrap=True, justify="right")
    for service in progress.services():
        marks, passed = Text(), 0
        for criterion in criteria:
            status = progress.seen.get((criterion, service))
            sign, style = _MARKS.get(status or "", ("·", "dim") if status is None else ("?", "yellow"))
            passed += status == "passed"
            marks.append(sign, style=style)
        table.add_row(Text(clean(service)), marks, f"{passed}/{progress.count_of(service)}")
    yield table
    for criterion, service, status in progress.bad()[-5:]:
        yield Text(f"  {status} {clean(criterion)}@{clean(service)}", style="red")
