"""What is known of a run while it goes on, in lines and as an estimate of the time that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gates.model import events
from gates.reporting.phrasing import count

_BADNESS = ("passed", "skipped", "error", "failed")
_FEWEST_FOR_ETA = 3
_QUIET_S = 15.0
"""After so long without a check the pace of this run says nothing of the time that is left."""
_LONG_S = 5.0
"""A check that runs for so long is named."""
_SLOWEST, _QUICKEST = 3.0, 0.5
"""Bounds of how much slower or quicker than an earlier run this one is believed to be."""
_SAYS_SOMETHING = 0.2
"""Share of an earlier run's work after which the pace of this one counts."""


class Progress:
    """Adds up events: the step that runs, the checks that were seen, and when it may end.

    `clock` returns seconds that never go back.
    """

    def __init__(self, services: tuple[str, ...], *, clock: Callable[[], float]) -> None:
        self.step = ""
        self.detail = ""
        self.done = 0
        self.total = 0
        self.seen: dict[tuple[str, str], str] = {}
        self._running: dict[str, tuple[str, float]] = {}
        self._planned = events.ChecksPlanned()
        self._left: dict[str, float] = {}
        self._services = services
        self._clock = clock
        self._since = self._newest = clock()

    def take(self, event: events.Event) -> None:
        """Add one event."""
        if isinstance(event, events.StepStarted):
            self.step, self.detail, self._since = event.step, event.detail, self._clock()
            self.done = self.total = 0
            self._newest = self._since
            self._planned, self._left = events.ChecksPlanned(), {}
            self._running.clear()
        elif isinstance(event, events.ChecksPlanned):
            self._planned, self._left = event, dict(event.usual)
        elif isinstance(event, events.CheckBegan):
            self._running[event.check] = event.name, self._clock()
        elif isinstance(event, events.StepFinished):
            self.step = self.detail = ""
        elif isinstance(event, events.CheckFinished):
            self.done, self.total = event.done, event.total
            self._newest = self._clock()
            self._running.pop(event.check, None)
            self._left.pop(event.check, None)
            key = (event.criterion, event.service)
            self.seen[key] = max(self.seen.get(key, "passed"), event.status, key=_badness)

    def headline(self) -> str:
        """Return the step, its seconds, how many checks, what is waited for, and the time left if known."""
        if not self.step:
            return "…"
        parts = [f"{self.step} {self.detail}".rstrip(), f"{self._elapsed():.0f} s"]
        if self.done:
            parts.append(f"{self.done} of {self.total} checks" if self.total else f"{self.done} checks")
        name, since = min(self._running.values(), key=lambda one: one[1], default=("", self._clock()))
        if name and self._clock() - since > _LONG_S:
            parts.append(f"{name} takes {self._clock() - since:.0f} s already")
        left = self.seconds_left()
        if left is not None:
            parts.append(f"about {left:.0f} s left")
        return " · ".join(parts)

    def seconds_left(self) -> float | None:
        """Return an estimate of the step's remaining seconds, or None when there is too little to go by.

        An earlier run of the same checks says what each of them takes; without one the pace until now counts.
        """
        if self._planned.seconds > 0:
            return self._left_as_usual()
        if self._clock() - self._newest > _QUIET_S:
            return None
        if self.done < _FEWEST_FOR_ETA or self.total < self.done:
            return None
        return self._elapsed() / self.done * (self.total - self.done)

    def _left_as_usual(self) -> float:
        """Return the earlier run's time for what is open, at the pace of this run once it says something."""
        whole = sum(seconds for _, seconds in self._planned.usual) or 1.0
        now = self._clock()
        begun = sum(
            min(self._left[check], now - since)
            for check, (_, since) in self._running.items()
            if check in self._left
        )
        open_share = max(0.0, sum(self._left.values()) - begun) / whole
        done_share = 1.0 - open_share
        slower = 1.0
        if done_share > _SAYS_SOMETHING:
            slower = self._elapsed() / (self._planned.seconds * done_share)
        return self._planned.seconds * open_share * min(_SLOWEST, max(_QUICKEST, slower))

    def criteria(self) -> tuple[str, ...]:
        """Return the criteria that were seen, in the order of their first sight."""
        return tuple(dict.fromkeys(criterion for criterion, _ in self.seen))

    def services(self) -> tuple[str, ...]:
        """Return the platform's services, then any other subject that was seen."""
        return tuple(dict.fromkeys((*self._services, *(service for _, service in self.seen))))

    def count_of(self, service: str) -> int:
        """Return how many criteria were seen for a service."""
        return sum(1 for _, seen in self.seen if seen == service)

    def bad(self) -> list[tuple[str, str, str]]:
        """Return criterion, service and status of what did not pass."""
        return [(c, s, status) for (c, s), status in self.seen.items() if status != "passed"]

    def _elapsed(self) -> float:
        return self._clock() - self._since


def _badness(status: str) -> int:
    return _BADNESS.index(status) if status in _BADNESS else len(_BADNESS)


def lines_of(event: events.Event) -> Iterator[str]:
    """Yield the plain lines of an event; a passed check has none."""
    match event:
        case events.StepStarted():
            yield f"{event.step}: {event.detail}".rstrip(": ")
        case events.StepFinished():
            yield f"{event.step}: done in {event.seconds:.1f} s {event.detail}".rstrip()
        case events.ReleaseFound():
            yield f"release {event.release.id}: {count(len(event.release.services), 'service')}"
            yield from (f"note: {note}" for note in event.notes)
        case events.CheckFinished() if event.status != "passed":
            yield f"{event.status}: {event.criterion}@{event.service}"
        case events.VerdictReached():
            yield f"verdict: {event.verdict.outcome}"
        case events.DecisionMade():
            yield f"decision: {event.decision.kind}"
        case events.ActionFinished():
            receipt = event.receipt
            yield f"{receipt.state}: {receipt.action.service} in {receipt.seconds:.1f} s, {receipt.detail}"
