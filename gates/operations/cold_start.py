"""How long users wait for a fresh instance: measured at a revision that has none.

The revision gets a tag, and the time until it answers there is taken: changing the traffic list, starting the
instance, answering. Then the same revision, now warm, gets another tag. The difference is the cold start
alone. Afterwards the traffic list is what it was; no user's request goes there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gates.actions.ports import TrafficController
from gates.actions.traffic_move import TrafficMove, TrafficMover
from gates.errors import ActionError
from gates.model.operation import OperationReceipt
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.operations.performing import Change, Performer

COLD, WARM = "cold", "warm"
"""Tags; short, because a tag and a service's name share 46 characters."""


class TagProbe(Protocol):
    """Asks a revision behind its tag."""

    def wait_for_tag(self, service: str, tag: str) -> None:
        """Return once the service answers behind the tag; raise UnavailableError after a while."""


class ColdStart:
    """Measures the cold start of a revision without traffic."""

    def __init__(self, traffic: TrafficController, probe: TagProbe, performer: Performer) -> None:
        self._traffic = traffic
        self._probe = probe
        self._performer = performer

    def measure(self, service: str, revision: str, *, is_dry: bool) -> OperationReceipt:
        """Measure and return a receipt whose detail holds the seconds.

        Raises:
            CloudError: the service cannot be read.
        """
        before = self._traffic.describe(service)
        if revision in dict(before.serving):
            raise ActionError(
                f"{revision} serves, so it is warm", next_step="name one without traffic: --revision"
            )
        change = Change(
            action="cold start",
            subject=service,
            before="unknown",
            after="measured",
            calls=(self._traffic.preview(service, _tagged(before.traffic, revision, COLD), before.etag),),
        )
        if is_dry:
            return self._performer.rehearse(change)
        return self._performer.perform(change, lambda: self._measure(service, revision))

    def _measure(self, service: str, revision: str) -> str:
        try:
            cold = self._timed(service, revision, COLD)
            warm = self._timed(service, revision, WARM)
        finally:
            self._change(service, _untagged)
        return f"{max(cold - warm, 0.0):.2f} s for {revision} ({cold:.2f} s cold, {warm:.2f} s warm)"

    def _timed(self, service: str, revision: str, tag: str) -> float:
        clock = self._performer.clock
        started = clock.monotonic()
        self._change(service, lambda split: _tagged(split, revision, tag))
        self._probe.wait_for_tag(service, tag)
        return clock.monotonic() - started

    def _change(self, service: str, make: Callable[[TrafficSplit], TrafficSplit]) -> None:
        move = TrafficMove(service=service, wanted=lambda state: make(state.traffic))
        TrafficMover(move, self._traffic, self._performer.clock).send()


def _untagged(split: TrafficSplit) -> TrafficSplit:
    return TrafficSplit(targets=tuple(target for target in split.targets if target.tag not in (COLD, WARM)))


def _tagged(split: TrafficSplit, revision: str, tag: str) -> TrafficSplit:
    targets = (*_untagged(split).targets, TrafficTarget(revision=revision, tag=tag))
    return TrafficSplit(targets=targets)
