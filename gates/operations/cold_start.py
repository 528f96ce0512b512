"""How long users wait for a fresh instance: measured at a revision that has none.

The revision gets a tag, and the time until it answers there is taken: changing the traffic list, starting the
instance, answering. Then the same revision, now warm, gets another tag. The difference is the cold start
alone. Afterwards the traffic list is what it was; no user's request goes there.
"""

from __future__ import annotations

from typing import Protocol

from gates.actions.ports import TrafficController
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
        return self._performer.perform(change, lambda: self._measure(service, revision, before.traffic))

    def _measure(self, service: str, revision: str, split: TrafficSplit) -> str:
        try:
            cold = self._timed(service, _tagged(split, revision, COLD), COLD)
            warm = self._timed(service, _tagged(split, revision, WARM), WARM)
        finally:
            self._shift(service, split)
        return f"{max(cold - warm, 0.0):.2f} s for {revision} ({cold:.2f} s cold, {warm:.2f} s warm)"

    def _timed(self, service: str, split: TrafficSplit, tag: str) -> float:
        clock = self._performer.clock
        started = clock.monotonic()
        self._shift(service, split)
        self._probe.wait_for_tag(service, tag)
        return clock.monotonic() - started

    def _shift(self, service: str, split: TrafficSplit) -> None:
        self._traffic.shift(service, split, self._traffic.describe(service).etag)


def _tagged(split: TrafficSplit, revision: str, tag: str) -> TrafficSplit:
    kept = tuple(target for target in split.targets if target.tag not in (COLD, WARM))
    return TrafficSplit(targets=(*kept, TrafficTarget(revision=revision, tag=tag)))
