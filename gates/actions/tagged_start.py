"""Starts a revision behind a tag of its own, where no user's request goes, and takes the tag away again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gates.actions.ports import TrafficController
from gates.actions.traffic_move import TrafficMove, TrafficMover
from gates.model.clock import Clock
from gates.model.traffic import TrafficSplit


class TagProbe(Protocol):
    """Asks a revision behind its tag."""

    def wait_for_tag(self, service: str, tag: str) -> None:
        """Return once the service answers behind the tag; raise UnavailableError after a while."""


class TaggedStart:
    """Starts revisions behind these tags, one after the other; every method raises GateError."""

    def __init__(self, traffic: TrafficController, probe: TagProbe, clock: Clock, *tags: str) -> None:
        self._traffic = traffic
        self._probe = probe
        self._clock = clock
        self._tags = tags

    def tagged(self, split: TrafficSplit, revision: str, tag: str) -> TrafficSplit:
        """Return the list that `seconds` writes."""
        return split.without_tags(*self._tags).with_tag(tag, revision)

    def seconds(self, service: str, revision: str, tag: str) -> float:
        """Tag the revision and return the seconds until it answers there."""
        started = self._clock.monotonic()
        self._write(service, lambda split: self.tagged(split, revision, tag))
        self._probe.wait_for_tag(service, tag)
        return self._clock.monotonic() - started

    def clear(self, service: str) -> None:
        """Take the tags out of the list as it is now."""
        self._write(service, lambda split: split.without_tags(*self._tags))

    def _write(self, service: str, make: Callable[[TrafficSplit], TrafficSplit]) -> None:
        move = TrafficMove(service=service, wanted=lambda state: make(state.traffic))
        TrafficMover(move, self._traffic, self._clock).send()
