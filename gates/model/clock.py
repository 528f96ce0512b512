"""Time as a port, and the one loop that looks until something holds."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

_Found = TypeVar("_Found")


class Clock(Protocol):
    """The time of day, a stopwatch, and waiting; implementations inherit from it."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the time of day, aware."""

    @abstractmethod
    def monotonic(self) -> float:
        """Return seconds that never run backwards; only differences mean something."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Return after that many seconds."""

    def until(
        self, look: Callable[[], _Found], *, within: float, every: float | Callable[[float], float]
    ) -> _Found:
        """Look until the answer is true or `within` seconds are over, and return the last answer.

        It looks at least once. `every` is the pause between two looks in seconds, or a function that gives it
        for the seconds that have passed.
        """
        started = self.monotonic()
        while not (found := look()):
            passed = self.monotonic() - started
            if passed >= within:
                break
            self.wait(every(passed) if callable(every) else every)
        return found
