"""Which checks run beside each other when several workers look: the plan, and the scheduler that keeps to it.

What takes an early turn, makes noise, measures time or takes a late turn runs on one worker while nothing
else runs. Everything else is shared out in the order in which it would run alone, except that long checks
come first: the one that ends last decides when the rest can begin. Checks that are to stay together go to one
worker, one after the other. A worker takes part as soon as it is ready; the others do not wait for it.
"""

from __future__ import annotations

import enum
import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

MAIN = "gw0"
"""The worker that runs what is alone."""
PLAN = "lanes"
"""The name under which the workers hand the plan to the controller."""
_AHEAD = 2
"""A worker begins a check when it has the one after it."""


class Lane(enum.StrEnum):
    """When a check may run."""

    EARLY = "early"
    SHARED = "shared"
    ALONE = "alone"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A check's lane, the name of those it stays together with (or nothing), and whether it takes long."""

    lane: Lane
    group: str = ""
    is_long: bool = False


def to_text(places: Iterable[Place]) -> str:
    """Return the places of all checks, in their order, as text."""
    return json.dumps([[place.lane, place.group, place.is_long] for place in places])


def from_text(text: str) -> list[Place]:
    """Return the places that a text holds."""
    return [Place(lane=Lane(lane), group=group, is_long=long) for lane, group, long in json.loads(text)]


def units(places: Sequence[Place]) -> list[list[int]]:
    """Return the checks that are shared out, by their position, the long ones first.

    Each list stays together, in order.
    """
    grouped: dict[object, list[int]] = {}
    for index, place in enumerate(places):
        if place.lane is Lane.SHARED:
            grouped.setdefault(place.group or index, []).append(index)
    return sorted(grouped.values(), key=lambda unit: not any(places[index].is_long for index in unit))


@dataclass(slots=True)
class _Work:
    """What a worker was sent and has not finished, in order; and whether it was asked to end."""

    sent: deque[int] = field(default_factory=deque)
    is_dismissed: bool = False


class Lanes:
    """A scheduler of pytest-xdist (its `Scheduling` protocol).

    `plan` returns the places of all checks, once a worker has collected them.
    """

    def __init__(self, workers: int, plan: Callable[[], Sequence[Place]]) -> None:
        self._coming, self._plan = workers, plan
        self._work: dict[Any, _Work] = {}
        self._collections: dict[Any, list[str]] = {}
        self._early: frozenset[int] = frozenset()
        self._units: deque[list[int]] = deque()
        self._last: deque[int] = deque()
        self._has_begun = self._is_over = self._is_held = False

    @property
    def nodes(self) -> list[Any]:
        """The workers that are there."""
        return list(self._work)

    @property
    def collection_is_completed(self) -> bool:
        """Whether the checks can begin: the worker that runs what is alone has said what it collected."""
        return self._main() in self._collections

    @property
    def tests_finished(self) -> bool:
        """Whether everything was handed out that ever will be."""
        return self._is_over or (self._has_begun and all(work.is_dismissed for work in self._work.values()))

    @property
    def has_pending(self) -> bool:
        """Whether a check is not finished yet."""
        return bool(self._units or self._last) or any(work.sent for work in self._work.values())

    def add_node(self, node: Any) -> None:
        """Take in a worker."""
        self._work[node] = _Work()
        self._coming -= 1
        self._hand_out()

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """Take note of what a worker collected."""
        self._collections[node] = list(collection)

    def remove_node(self, node: Any) -> str | None:
        """Forget a worker; return the check that it was at when it died, or None when it ended as it should.

        Nothing is handed out after a worker died: what it saw is lost, so the look is incomplete.
        """
        work = self._work.pop(node)
        self._is_over = self._is_over or not work.is_dismissed
        if work.sent:
            self._is_over = True
            return self._collections[node][work.sent[0]]
        self._hand_out()
        return None

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:  # noqa: ARG002 - xdist
        """Take note of a finished check, and hand out what may run now."""
        self._work[node].sent.remove(item_index)
        self._hand_out()

    def mark_test_pending(self, item: str) -> None:
        """Refuse: no check runs twice."""
        raise NotImplementedError(item)

    def remove_pending_tests_from_node(self, node: Any, indices: Sequence[int]) -> None:
        """Refuse: nothing is taken back from a worker."""
        raise NotImplementedError(node, indices)

    def schedule(self) -> None:
        """Begin with the workers that are ready; called again whenever another one is.

        Raises:
            RuntimeError: the workers collected different checks, or the plan is about others.
        """
        wanted = self._collections[self._main()]
        if any(collection != wanted for collection in self._collections.values()):
            raise RuntimeError("the workers collected different checks")
        if not self._has_begun:
            self._begin(self._plan(), len(wanted))
        self._hand_out()

    def _begin(self, places: Sequence[Place], collected: int) -> None:
        if len(places) != collected:
            raise RuntimeError(f"the plan is about {len(places)} checks, and {collected} were collected")
        by_lane = {lane: [i for i, place in enumerate(places) if place.lane is lane] for lane in Lane}
        self._early = frozenset(by_lane[Lane.EARLY])
        self._units.extend(units(places))
        self._last.extend(by_lane[Lane.ALONE] + by_lane[Lane.LATE])
        self._has_begun = True
        self._send(self._main(), by_lane[Lane.EARLY])

    def _main(self) -> Any:
        return next((node for node in self._work if node.gateway.id == MAIN), None)

    def _hand_out(self) -> None:
        """Hand out what may run beside what runs now; then the rest, once a single worker is left."""
        main = self._main()
        if not self._has_begun or self._is_over or main is None:
            return
        others = [node for node in self._work if node is not main]
        is_early = bool(self._early.intersection(self._work[main].sent))
        for node in [main] if is_early else [main, *(node for node in others if node in self._collections)]:
            while self._units and len(self._work[node].sent) < _AHEAD:
                self._send(node, self._units.popleft())
        if self._units:
            return
        for node in others:
            self._dismiss(node)
        if not (others or self._coming) or not (self._last or self._is_held):
            self._send(main, [self._last.popleft() for _ in range(len(self._last))])
            self._dismiss(main)
        elif len(self._work[main].sent) == 1 and not self._is_held:
            self._is_held = True  # it waits there for the one after it, which comes when the others are gone
            self._send(main, [self._last.popleft()])

    def _send(self, node: Any, checks: Sequence[int]) -> None:
        if checks:
            self._work[node].sent.extend(checks)
            try:
                node.send_runtest_some(list(checks))
            except OSError:  # it died, and xdist has not noticed yet: its check is named when it does
                self._is_over = True

    def _dismiss(self, node: Any) -> None:
        if not self._work[node].is_dismissed:
            self._work[node].is_dismissed = True
            node.shutdown()
