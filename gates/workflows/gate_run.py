"""One run of the gate that leaves a folder behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gates.model.decision import Decision
from gates.model.events import Event
from gates.model.evidence import EvidenceBundle
from gates.model.record import DecisionRecord
from gates.model.verdict import Verdict
from gates.reporting.report import VerdictReport
from gates.workflows.pipeline import Gate
from gates.workflows.request import Request


class Keeper(Protocol):
    """Writes down what a run concludes, as soon as it is known."""

    @property
    def report(self) -> VerdictReport | None:
        """What the reports of the run say, None before they are written."""

    def __call__(self, event: Event, /) -> None:
        """Write what the event concludes; an error is kept for `confirm` and ends nothing."""

    def confirm(self) -> None:
        """Return if everything is written that was announced; raise GateError otherwise."""

    def finish(self, record: DecisionRecord) -> None:
        """Write the rest and the reports; raise GateError when a GO is not on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRun:
    """The gate, and the keeper that writes its conclusions into the folder of the run."""

    gate: Gate
    keeper: Keeper

    def collect(self, request: Request) -> EvidenceBundle:
        """Look at a release, and judge nothing."""
        prepared = self.gate.prepare(request)
        return self.gate.look(request, prepared.criteria, prepared.release, prepared.views)


Begin = Callable[[str], GateRun]
"""Makes the folder of a run with this id, and the gate that writes there."""


def act_on(begun: GateRun, request: Request, verdict: Verdict, decision: Decision) -> DecisionRecord | None:
    """Carry out the decision about a run of before; return its record, None when nothing was done."""
    gate = begun.gate
    receipts = gate.act(request, decision)
    if not receipts:
        return None
    gate.remember(request, verdict)
    return DecisionRecord(
        run_id=request.run_id, verdict=verdict, decision=decision, receipts=receipts, tools=gate.tools
    )


def take_run(begun: GateRun, request: Request, notify: Callable[[DecisionRecord], None]) -> DecisionRecord:
    """Take a release through the gate, send the notifications, and write everything down.

    Raises:
        GateError: the gate cannot look, or the verdict is GO and could not be written down.
    """
    record = begun.gate.run(request)
    notify(record)
    begun.keeper.finish(record)
    return record
