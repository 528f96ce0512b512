"""`gate decisions`: what waits for somebody, how long it may still wait, and whose turn it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from gates import wiring
from gates.adapters.runs.run_folder import RunFolder
from gates.cli.command import actor
from gates.cli.failure_actions import ends_wait
from gates.cli.options import environment_option
from gates.cli.reports import Report, reporting, say
from gates.cli.run import duration
from gates.cli.signals import Stop
from gates.cli.texts import REASON
from gates.composition import runs
from gates.decision.pending import Prepared, waiting
from gates.decision.response_clock import Standing, standing
from gates.errors import DocumentError, LedgerError, UsageError
from gates.model.decision import Decision, RollBack
from gates.model.exit_code import ExitCode
from gates.model.operation import OperationReceipt, OperationState
from gates.reporting import notices
from gates.reporting.layout import Line, Row, Verbatim
from gates.workflows.notifications import DECIDED

BREACH = "response-time"
"""Name of the operation that records a late decision in the ledger."""


DISMISSAL = "decision-dismissed"
"""Name of the operation that records that somebody decided not to carry a decision out."""


@click.command()
@environment_option
@click.option("--escalate", is_flag=True, help="Record which are late and tell whose turn it is; once each.")
@click.option("--watch", is_flag=True, help="Go on looking and escalating until a signal comes.")
@click.option("--until-empty", is_flag=True, help="With --watch: end when nothing waits any more.")
@click.option("--every", default="10s", show_default=True, help="With --watch: time between two looks.")
@click.option("--dismiss", "dismissed", metavar="RUN", default=None, help="Let this one wait no longer.")
@click.option("--role", default="", help="With --dismiss: your role; it must have the authority.")
@click.option("--reason", type=REASON, default=None, help="With --dismiss: why it is not carried out.")
@reporting
def decisions(**options: object) -> Report | ExitCode:
    """Show the decisions that wait to be carried out; exit 12 when one is late."""
    context = wiring.Context(str(options["env"]))
    if options["dismissed"] is not None:
        _dismiss(context, str(options["dismissed"]), str(options["role"]), str(options["reason"] or ""))
    if options["watch"]:
        return _watch(context, duration(str(options["every"])), until_empty=bool(options["until_empty"]))
    waits = _look(context, escalates=bool(options["escalate"]))
    place = context.environment.name
    return Report(
        code=_code(waits),
        lines=[line for one in waits for line in one.lines(place)],
        document={"environment": place, "decisions": [one.entry(place) for one in waits]},
        empty=f"nothing waits: no decision of {place} is open",
    )


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A decision that waits, and how it stands now."""

    folder: RunFolder
    decision: Decision
    state: Standing

    @property
    def key(self) -> tuple[str, bool, str]:
        """What is worth a new line when it changes."""
        return self.folder.run_id, self.state.is_late, self.state.turn_of

    def lines(self, env: str) -> list[Line]:
        """Return it with the command that carries it out."""
        return [
            Row(f"{self.folder.run_id}  ", _told(self.decision, self.state)),
            Verbatim(f"  → {self._command(env)}"),
        ]

    def entry(self, env: str) -> dict[str, object]:
        """Return it for a program."""
        return {
            "run": self.folder.run_id,
            "kind": self.decision.kind,
            "services": list(self.decision.services),
            "priority": self.decision.priority,
            "is_late": self.state.is_late,
            "seconds_left": self.state.left_s,
            "turn_of": self.state.turn_of,
            "command": self._command(env),
        }

    def _command(self, env: str) -> str:
        return f"{notices.act_command(env, str(self.folder.path), self.decision)} --yes"


def _watch(context: wiring.Context, every_s: float, *, until_empty: bool) -> ExitCode:
    """Look again and again; what changed is printed, what is late is escalated step by step."""
    stop, shown = Stop(), set[tuple[str, bool, str]]()
    with stop.heard():
        while True:
            waits = _look(context, escalates=True)
            for one in waits:
                if one.key not in shown:
                    say(*one.lines(context.environment.name))
            shown = {one.key for one in waits}
            if (until_empty and not waits) or stop.wait(every_s):
                return _code(waits)


def _look(context: wiring.Context, *, escalates: bool) -> list[_Waiting]:
    now, steps = datetime.now(UTC), context.platform.policy.escalation
    found = [
        _Waiting(folder, decision, state)
        for folder, decision in _waiting(context)
        if (state := standing(decision, now, steps)) is not None
    ]
    for one in found if escalates else ():
        _escalate(context, one)
    return found


def _escalate(context: wiring.Context, one: _Waiting) -> None:
    """Tell who has to act, and once it is late whose turn it has become."""
    run_id, place = one.folder.run_id, context.environment.name
    telling = runs.notifications(context)
    telling.tell(run_id, DECIDED, notices.decided(place, str(one.folder.path), one.decision))
    if one.state.is_late:
        record_breach(context, run_id, one.decision, one.state)
        turn = one.state.turn_of
        telling.tell(run_id, f"late: {turn}", notices.late(place, str(one.folder.path), one.decision, turn))


def _code(waits: Sequence[_Waiting]) -> ExitCode:
    return ExitCode.ACTION_FAILED if any(one.state.is_late for one in waits) else ExitCode.GO


def record_breach(context: wiring.Context, run_id: str, decision: Decision, state: Standing) -> None:
    """Write into the ledger that a decision is late, and who was due; once for each run.

    A ledger that cannot be used is said, and hinders nobody from acting.
    """
    receipt = OperationReceipt(
        action=BREACH,
        subject=run_id,
        environment=context.environment.name,
        state=OperationState.FAILED,
        before=f"{decision.priority} due {decision.due:%Y-%m-%d %H:%M:%S}" if decision.due else "",
        after=f"{-state.left_s:.0f} s late",
        detail=f"escalated to {state.turn_of}",
        by=actor(),
        at=datetime.now(UTC),
    )
    try:
        if any(one.action == BREACH for one in context.ledger.operations(receipt.environment, run_id)):
            return
        context.ledger.record_operation(receipt)
    except LedgerError as error:
        click.echo(f"  LATE: NOT RECORDED: {error.cause}; escalated to {state.turn_of}", err=True)
    else:
        click.echo(f"  LATE: recorded, escalated to {state.turn_of}", err=True)


def _dismiss(context: wiring.Context, run_id: str, role: str, reason: str) -> None:
    decision = next((one for folder, one in _waiting(context) if folder.run_id == run_id), None)
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
        environment=context.environment.name,
        state=OperationState.DONE,
        before=f"{decision.kind} ({decision.priority})",
        after="not carried out",
        detail=f"{role}: {reason}",
        by=actor(),
        at=datetime.now(UTC),
    )
    context.ledger.record_operation(receipt)


def _waiting(context: wiring.Context) -> Iterator[tuple[RunFolder, Decision]]:
    """Yield the runs of this environment whose decision still waits for somebody, the oldest first."""
    place = context.environment.name
    done = context.ledger.operations(place)
    dismissed = {one.subject for one in done if one.action == DISMISSAL or ends_wait(one)}
    found = tuple(_prepared(context))

    def is_quarantined(action: RollBack) -> bool:
        return context.ledger.is_quarantined(place, action.service, action.from_revision)

    folders = {one.run_id: folder for one, folder in found}
    for one in waiting([one for one, _ in found], is_quarantined=is_quarantined, dismissed=dismissed):
        yield folders[one.run_id], one.decision


def _prepared(context: wiring.Context) -> Iterator[tuple[Prepared, RunFolder]]:
    reports = wiring.reports_folder()
    for path in sorted(reports.iterdir()) if reports.is_dir() else ():
        if not (path / "decision.json").exists():
            continue
        folder = context.open_run_folder(path)
        try:
            decision, setup = folder.read_decision(), folder.read_setup()
            receipts = folder.read_receipts() if (path / "receipts.jsonl").exists() else ()
        except DocumentError as error:
            click.echo(f"gate: {error.diagnostics()}", err=True)
            continue
        if setup.release.environment == context.environment.name:
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
