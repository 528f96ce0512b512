"""`gate decisions`: what waits for somebody, how long it may still wait, and whose turn it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from gates import wiring
from gates.adapters.run_folder import RunFolder
from gates.cli.operating import actor
from gates.cli.options import environment_option
from gates.decision.response_clock import Standing, standing
from gates.decision.waiting import Prepared, waiting
from gates.errors import DocumentError, UsageError
from gates.model.decision import Decision, RollBack
from gates.model.exit_code import ExitCode
from gates.model.operation import OperationReceipt, OperationState

BREACH = "response-time"
"""Name of the operation that records a late decision in the ledger."""


DISMISSAL = "decision-dismissed"
"""Name of the operation that records that somebody decided not to carry a decision out."""


@click.command()
@environment_option
@click.option("--escalate", is_flag=True, help="Record in the ledger which are late; once for each.")
@click.option("--dismiss", "dismissed", metavar="RUN", default=None, help="Let this one wait no longer.")
@click.option("--role", default="", help="With --dismiss: your role; it must have the authority.")
@click.option("--reason", default="", help="With --dismiss: why it is not carried out.")
def decisions(env: str, *, escalate: bool, dismissed: str | None, role: str, reason: str) -> ExitCode:
    """Show the decisions that wait to be carried out; exit 12 when one is late."""
    house, now = wiring.House(env), datetime.now(UTC)
    if dismissed is not None:
        _dismiss(house, dismissed, role, reason)
    is_late = False
    for folder, decision in _waiting(house):
        state = standing(decision, now, house.platform.policy.escalation)
        if state is None:
            continue
        is_late |= state.is_late
        click.echo(f"{folder.run_id}  {_told(decision, state)}")
        click.echo(f"  → gate act {folder.path} --env {env} --role {decision.authority} --yes")
        if state.is_late and escalate:
            record_breach(house, folder.run_id, decision, state)
    return ExitCode.ACTION_FAILED if is_late else ExitCode.GO


def record_breach(house: wiring.House, run_id: str, decision: Decision, state: Standing) -> None:
    """Write into the ledger that a decision is late, and who was due; once for each run.

    Raises:
        LedgerError: it cannot be written.
    """
    environment = house.environment.name
    if any(one.action == BREACH for one in house.ledger.operations(environment, run_id)):
        return
    house.ledger.record_operation(
        OperationReceipt(
            action=BREACH,
            subject=run_id,
            environment=environment,
            state=OperationState.FAILED,
            before=f"{decision.priority} due {decision.due:%Y-%m-%d %H:%M:%S}" if decision.due else "",
            after=f"{-state.left_s:.0f} s late",
            detail=f"escalated to {state.turn_of}",
            by=actor(),
            at=datetime.now(UTC),
        )
    )
    click.echo(f"  LATE: recorded, escalated to {state.turn_of}", err=True)


def _dismiss(house: wiring.House, run_id: str, role: str, reason: str) -> None:
    decision = next((one for folder, one in _waiting(house) if folder.run_id == run_id), None)
    if decision is None:
        raise UsageError(f"no decision of {run_id} waits", next_step="see: gate decisions")
    if role != decision.authority or not reason:
        raise UsageError(
            f"{decision.priority} is for the {decision.authority} to dismiss, with a reason",
            next_step=f"say --role {decision.authority} --reason TEXT",
        )
    receipt = OperationReceipt(
        action=DISMISSAL,
        subject=run_id,
        environment=house.environment.name,
        state=OperationState.DONE,
        before=f"{decision.kind} ({decision.priority})",
        after="not carried out",
        detail=f"{role}: {reason}",
        by=actor(),
        at=datetime.now(UTC),
    )
    house.ledger.record_operation(receipt)


def _waiting(house: wiring.House) -> Iterator[tuple[RunFolder, Decision]]:
    """Yield the runs of this environment whose decision still waits for somebody, the oldest first."""
    place = house.environment.name
    dismissed = {one.subject for one in house.ledger.operations(place) if one.action == DISMISSAL}
    found = tuple(_prepared(house))

    def is_left(action: RollBack) -> bool:
        return house.ledger.is_tombstoned(place, action.service, action.from_revision)

    folders = {one.run_id: folder for one, folder in found}
    for one in waiting([one for one, _ in found], is_left=is_left, dismissed=dismissed):
        yield folders[one.run_id], one.decision


def _prepared(house: wiring.House) -> Iterator[tuple[Prepared, RunFolder]]:
    reports = wiring.reports_folder()
    for path in sorted(reports.iterdir()) if reports.is_dir() else ():
        if not (path / "decision.json").exists():
            continue
        folder = house.open_run_folder(path)
        try:
            decision, setup = folder.read_decision(), folder.read_setup()
            receipts = folder.read_receipts() if (path / "receipts.jsonl").exists() else ()
        except DocumentError as error:
            click.echo(f"gate: {error.diagnostics()}", err=True)
            continue
        if setup.release.environment == house.environment.name:
            prepared = Prepared(
                run_id=folder.run_id,
                stage=setup.scope.stage,
                is_partial=setup.scope.is_partial,
                decision=decision,
                receipts=receipts,
            )
            yield prepared, folder


def _told(decision: Decision, state: Standing) -> str:
    what = f"{decision.kind} {', '.join(decision.services)}".rstrip()
    clock = f"LATE by {-state.left_s:.0f} s" if state.is_late else f"{state.left_s:.0f} s left"
    return f"{what} ({decision.priority}): {clock}, it is the turn of {state.turn_of}"
