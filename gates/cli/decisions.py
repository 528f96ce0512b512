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
from gates.errors import DocumentError
from gates.model.decision import Decision
from gates.model.exit_code import ExitCode
from gates.model.operation import OperationReceipt, OperationState

BREACH = "response-time"
"""Name of the operation that records a late decision in the ledger."""


@click.command()
@environment_option
@click.option("--escalate", is_flag=True, help="Record in the ledger which are late; once for each.")
def decisions(env: str, *, escalate: bool) -> ExitCode:
    """Show the decisions that wait to be carried out; exit 12 when one is late."""
    house, now = wiring.House(env), datetime.now(UTC)
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


def _waiting(house: wiring.House) -> Iterator[tuple[RunFolder, Decision]]:
    """Yield the runs of this environment whose decision is still to be carried out, the oldest first."""
    reports = wiring.reports_folder()
    for path in sorted(reports.iterdir()) if reports.is_dir() else ():
        if not (path / "decision.json").exists():
            continue
        folder = house.open_run_folder(path)
        try:
            decision, setup = folder.read_decision(), folder.read_setup()
        except DocumentError as error:
            click.echo(f"gate: {error.diagnostics()}", err=True)
            continue
        is_here = setup.release.environment == house.environment.name
        if is_here and decision.due is not None and not folder.is_carried_out:
            yield folder, decision


def _told(decision: Decision, state: Standing) -> str:
    what = f"{decision.kind} {', '.join(decision.services)}".rstrip()
    clock = f"LATE by {-state.left_s:.0f} s" if state.is_late else f"{state.left_s:.0f} s left"
    return f"{what} ({decision.priority}): {clock}, it is the turn of {state.turn_of}"
