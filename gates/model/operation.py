"""What was done to the platform by hand or by a runbook, beside rollbacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OperationState(StrEnum):
    """How far an operation is. STARTED is written before the first write, so that nothing is forgotten."""

    STARTED = "STARTED"
    DONE = "DONE"
    ALREADY_DONE = "ALREADY_DONE"
    FAILED = "FAILED"
    DRY_RUN = "DRY_RUN"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationReceipt:
    """What one operation did to one subject: a service, a database or the platform.

    `before` and `after` are the state that the operation changes, as words or as a JSON document; `by` is who
    asked for it.
    """

    action: str
    subject: str
    environment: str
    state: OperationState
    before: str
    after: str
    detail: str
    by: str
    at: datetime
