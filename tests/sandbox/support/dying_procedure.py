"""A process that takes planned rollbacks from wherever they stand, and can be made to die at any record.

It is started once, imports everything, and forks for each line that it reads, a JSON object: `reports` (the
folder of the ledger), `plan` (its actions, for a new procedure) and `die` (`["roll back", "DONE"]`, the
record before which it dies, or null). It answers how the fork ended: a negative number is the signal that
killed it.

What is looked at before and after is left out: the tests of the gate itself look, and take a while.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gates.actions.execute import ExecutionPolicy
from gates.actions.traffic_move import Patience
from gates.adapters.ledger.journal import SqliteJournal
from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.adapters.machine.settings import ledger_path
from gates.composition.environment import Context
from gates.composition.operations import OperationsContext
from gates.model.decision import RollBack, RollbackPlan
from gates.model.health import ServiceHealth
from gates.model.operation import OperationReceipt
from gates.model.rollback_policy import RollbackPolicy
from gates.workflows import planned_procedure as planned
from gates.workflows.planned_rollback import ACTION, unfinished
from gates.workflows.planned_work import PlannedRollbackRequest, PlannedWork

IMPORTED_LATE = (
    *("documents.documents", "google.cloud_monitoring", "google.cloud_run"),
    *("google.cloud_sql", "google.image_registry", "ledger.journal", "services.name_server"),
    *("services.operator_client", "services.version_probe"),
)
"""What a command imports when it needs it: here once for all forks."""
LEASE = timedelta(seconds=0.3)
"""Nobody else wants the lease while a procedure lives, and the next one soon takes it from a dead one."""
PATIENCE = Patience(answers=1, poll_s=0.02, confirm_s=0.01)


class HurriedWork(PlannedWork):
    """Does everything but look at the health of the platform."""

    def _healths(self) -> tuple[ServiceHealth, ...]:
        return ()

    def _looked(self, name: str, plan: RollbackPlan, only: tuple[str, ...]) -> Iterator[str]:
        yield from ()


class MortalLedger(SqliteLedger):
    """Dies before one record."""

    def __init__(self, inner: SqliteLedger, die: list[str]) -> None:
        self._file, self._clock = inner._file, inner._clock
        self._step, self._state = die

    def record_operation(self, receipt: OperationReceipt) -> None:
        """Die, or record."""
        about = receipt.action.removeprefix(f"{ACTION}: ")
        if (about, str(receipt.state)) == (self._step, self._state):
            os.kill(os.getpid(), signal.SIGKILL)
        super().record_operation(receipt)


def run(reports: str, plan: list[dict[str, Any]] | None, die: list[str] | None) -> int:
    """Begin a procedure, or go on with the one that was begun."""
    os.environ["GATE_REPORTS"] = reports
    planned.PlannedWork = HurriedWork  # type: ignore[attr-defined]
    context = Context("sandbox")
    if die is not None:
        context.__dict__["ledger"] = MortalLedger(context.ledger, die)
    context.__dict__["journal"] = SqliteJournal(ledger_path(), lease=LEASE, beat=LEASE / 3)
    policy = ExecutionPolicy(strategy=RollbackPolicy().planned, patience=PATIENCE)
    request = PlannedRollbackRequest(
        has_page=True, execution=policy, overrides={}, announce=lambda _receipt: None
    )
    ports = OperationsContext(context, "ana").planned
    if plan is None:
        left = unfinished(context.ledger, "sandbox")
        conducted = None if left is None else planned.go_on(ports, left, request)
    else:
        waves = tuple((RollBack(**action),) for action in plan)
        way = RollbackPlan(waves=waves)
        conducted = planned.begin(ports, "rollback-killed", way, request, "")
    if conducted is None:
        return 99
    return 0 if conducted.ended.failed is None else 12


def main() -> None:
    """Fork for each line and answer with how the fork ended."""
    for name in IMPORTED_LATE:
        importlib.import_module(f"gates.adapters.{name}")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(run(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
        answers.flush()


if __name__ == "__main__":
    main()
