"""What happened to an action."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gates.model.decision import RollBack
from gates.model.traffic import TrafficSplit


class ReceiptState(StrEnum):
    """How an action ended; what was REFUSED was not tried, because it must not be done as things stand."""

    DONE = "DONE"
    ALREADY_DONE = "ALREADY_DONE"
    FAILED = "FAILED"
    DRY_RUN = "DRY_RUN"
    SKIPPED = "SKIPPED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One action, how it ended, and the traffic before and after it.

    `is_verified` says that the service itself answered with the wanted revision afterwards, or that the cloud
    reports it where the service cannot be asked from here; `detail` then says so.
    `seconds` is the time from the start of the action to that proof.
    """

    action: RollBack
    state: ReceiptState
    at: datetime
    seconds: float
    detail: str
    is_verified: bool = False
    before: TrafficSplit | None = None
    after: TrafficSplit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficChoice:
    """A recorded decision that a service serves `revision` instead of `left`.

    `by` is who asked for it, empty when the gate acted by itself in `run_id`.
    """

    left: str
    revision: str
    by: str
    reason: str
    run_id: str
    at: datetime
