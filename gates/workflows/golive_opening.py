"""Opens a go-live: refuses a name that is taken or an empty release, and resumes one that was begun."""

from __future__ import annotations

from collections.abc import Sequence

from gates.actions.ports import TrafficController
from gates.decision.timeline import Over, next_step
from gates.errors import UsageError
from gates.model.timeline import GoLive, Timeline
from gates.workflows.golive import GoLiveRecords
from gates.workflows.golive_checkpoints import run_of


def open_golive(
    wanted: GoLive,
    timeline: Timeline,
    book: GoLiveRecords,
    traffic: TrafficController,
    services: Sequence[str],
) -> GoLive:
    """Return the go-live of that name as it was begun, or this one if the name is new.

    Raises:
        UsageError: no run can have the name, it belongs to another go-live, it is over, or there is no
            candidate.
        LedgerError: the ledger cannot be used.
    """
    for slot in timeline.slots:
        run_of(wanted.name, slot, wanted.zero)
    if not book.slots(wanted):
        _refuse_nothing(wanted, traffic, services)
    opened = book.open(wanted)
    _refuse_another(opened, wanted)
    stand = next_step(timeline, book.slots(opened), opened.zero, opened.zero)
    if wanted.is_rehearsal and isinstance(stand, Over):
        raise UsageError(
            f"the rehearsal {wanted.name} is over", next_step="give the next one a name of its own"
        )
    return opened


def _refuse_another(opened: GoLive, wanted: GoLive) -> None:
    """Refuse a name that belongs to another go-live."""
    other = "choose another name, or go on with the one that was begun"
    if opened.is_rehearsal != wanted.is_rehearsal:
        what = "a rehearsal" if opened.is_rehearsal else "a go-live"
        raise UsageError(f"{wanted.name} is the name of {what}", next_step=other)
    if not wanted.is_rehearsal and opened.zero != wanted.zero:
        raise UsageError(f"{wanted.name} was begun for {opened.zero:%Y-%m-%dT%H:%MZ}", next_step=other)


def _refuse_nothing(wanted: GoLive, traffic: TrafficController, services: Sequence[str]) -> None:
    """Refuse a go-live without a candidate: it would succeed without having moved anything."""
    states = [traffic.describe(name) for name in services]
    late = [s.latest_created for s in states if s.latest_created != s.latest_ready]
    if late:
        raise UsageError(f"not ready: {', '.join(late)}", next_step="deploy what becomes ready, then begin")
    if not wanted.candidates:
        raise UsageError(
            "nothing to release: every service serves its newest revision, which has passed before",
            next_step="deploy the candidates without traffic, then begin",
        )
