"""How long users wait for a fresh instance: measured at a revision that has none.

The revision gets a tag, and the time until it answers there is taken: changing the traffic list, starting the
instance, answering. Then the same revision, now warm, gets another tag. The difference is the cold start
alone. Afterwards the traffic list is what it was; no user's request goes there.
"""

from __future__ import annotations

from gates.actions.ports import TrafficController
from gates.actions.tagged_start import TaggedStart, TagProbe
from gates.errors import ActionError
from gates.model.operation import OperationReceipt
from gates.operations.performing import Change, Performer

COLD, WARM = "cold", "warm"
"""Tags; short, because a tag and a service's name share 46 characters."""


class ColdStart:
    """Measures the cold start of a revision without traffic."""

    def __init__(self, traffic: TrafficController, probe: TagProbe, performer: Performer) -> None:
        self._traffic = traffic
        self._performer = performer
        self._start = TaggedStart(traffic, probe, performer.clock, COLD, WARM)

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
        tagged = self._start.tagged(before.traffic, revision, COLD)
        change = Change(
            action="cold start",
            subject=service,
            before="unknown",
            after="measured",
            calls=(self._traffic.preview(service, tagged, before.etag),),
        )
        if is_dry:
            return self._performer.rehearse(change)
        return self._performer.perform(change, lambda: self._measure(service, revision))

    def _measure(self, service: str, revision: str) -> str:
        try:
            cold = self._start.seconds(service, revision, COLD)
            warm = self._start.seconds(service, revision, WARM)
        finally:
            self._start.clear(service)
        return f"{max(cold - warm, 0.0):.2f} s for {revision} ({cold:.2f} s cold, {warm:.2f} s warm)"
