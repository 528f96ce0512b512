"""What is known of a run while it goes on."""

from __future__ import annotations

from collections.abc import Callable

from gates.model import events

_BADNESS = ("passed", "skipped", "error", "failed")
_FEWEST_FOR_ETA = 3
_QUIET_S = 15.0
"""After so long without a check the pace of before says nothing of the time that is left."""


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
        self._services = services
        self._clock = clock
        self._since = self._newest = clock()

    def take(self, event: events.Event) -> None:
        """Add one event."""
        if isinstance(event, events.StepStarted):
            self.step, self.detail, self._since = event.step, event.detail, self._clock()
            self.done = self.total = 0
            self._newest = self._since
        elif isinstance(event, events.StepFinished):
            self.step = self.detail = ""
        elif isinstance(event, events.CheckFinished):
            self.done, self.total = event.done, event.total
            self._newest = self._clock()
            key = (event.criterion, event.service)
            self.seen[key] = max(self.seen.get(key, "passed"), event.status, key=_badness)

    def headline(self) -> str:
        """Return the step, its seconds, how many of how many checks, and the time left if known."""
        if not self.step:
            return "…"
        parts = [f"{self.step} {self.detail}".rstrip(), f"{self._elapsed():.0f} s"]
        if self.done:
            parts.append(f"{self.done} of {self.total} checks" if self.total else f"{self.done} checks")
        left, quiet = self.seconds_left(), self._clock() - self._newest
        if self.done and quiet > _QUIET_S:
            parts.append(f"the next one takes {quiet:.0f} s already")
        elif left is not None:
            parts.append(f"about {left:.0f} s left")
        return " · ".join(parts)

    def seconds_left(self) -> float | None:
        """Return an estimate of the step's remaining seconds, or None when there is too little to go by."""
        if self.done < _FEWEST_FOR_ETA or self.total < self.done:
            return None
        return self._elapsed() / self.done * (self.total - self.done)

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
