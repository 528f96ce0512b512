"""A circuit breaker per dependency: stop calling what does not answer, and look again after a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import StrEnum

from sandbox.kit.models import Shape


class CircuitState(StrEnum):
    """Closed lets calls through, open refuses them, half-open lets one through to look."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitOpenError(Exception):
    """The call was refused without trying; `retry_after` in seconds."""

    def __init__(self, name: str, retry_after: float) -> None:
        super().__init__(f"the circuit to {name} is open")
        self.name = name
        self.retry_after = retry_after


class Circuit(Shape):
    """One circuit breaker; counters since the process started."""

    name: str
    state: CircuitState
    consecutive_failures: int
    calls: int
    failures: int
    refused: int
    opened: int


class Breaker:
    """Opens after `threshold` failures in a row, lets one probe through after `open_for` seconds."""

    def __init__(
        self, name: str, *, threshold: int, open_for: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self._threshold = threshold
        self._open_for = open_for
        self._clock = clock
        self._lock = threading.Lock()
        self._opened_at: float | None = None
        self._is_probing = False
        self._in_a_row = 0
        self._calls = self._failures = self._refused = self._opened = 0

    def enter(self) -> None:
        """Ask to make a call.

        Raises:
            CircuitOpenError: the circuit is open, or half-open with its one probe under way.
        """
        with self._lock:
            state = self._state()
            if state is CircuitState.OPEN or (state is CircuitState.HALF_OPEN and self._is_probing):
                self._refused += 1
                raise CircuitOpenError(self.name, self._retry_after())
            self._is_probing = state is CircuitState.HALF_OPEN
            self._calls += 1

    def succeeded(self) -> None:
        """Report that the call was answered; closes the circuit."""
        with self._lock:
            self._close()

    def failed(self) -> None:
        """Report that the call was not answered in good order; may open the circuit."""
        with self._lock:
            self._failures += 1
            self._in_a_row += 1
            was_probe = self._is_probing
            self._is_probing = False
            if was_probe or self._in_a_row >= self._threshold:
                self._opened += self._opened_at is None or was_probe
                self._opened_at = self._clock()

    def abandoned(self) -> None:
        """Report that the call ended without saying anything about the dependency, as when a caller left."""
        with self._lock:
            self._is_probing = False

    def reset(self) -> None:
        with self._lock:
            self._close()

    def report(self) -> Circuit:
        with self._lock:
            return Circuit(
                name=self.name,
                state=self._state(),
                consecutive_failures=self._in_a_row,
                calls=self._calls,
                failures=self._failures,
                refused=self._refused,
                opened=self._opened,
            )

    def _close(self) -> None:
        self._opened_at = None
        self._is_probing = False
        self._in_a_row = 0

    def _state(self) -> CircuitState:
        if self._opened_at is None:
            return CircuitState.CLOSED
        is_waiting = self._clock() - self._opened_at < self._open_for
        return CircuitState.OPEN if is_waiting else CircuitState.HALF_OPEN

    def _retry_after(self) -> float:
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._open_for - (self._clock() - self._opened_at))


class Circuits:
    """All breakers of a process, made on first use and named after the dependency."""

    def __init__(
        self, *, threshold: int, open_for: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._threshold = threshold
        self._open_for = open_for
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}

    def of(self, name: str) -> Breaker:
        return self._breakers.setdefault(
            name, Breaker(name, threshold=self._threshold, open_for=self._open_for, clock=self._clock)
        )

    def find(self, name: str) -> Breaker | None:
        return self._breakers.get(name)

    def reports(self) -> list[Circuit]:
        return [self._breakers[name].report() for name in sorted(self._breakers)]
