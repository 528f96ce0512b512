"""`gate decisions`: the decisions that wait, until when, and for which role."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gates import composition
from gates.cli.options import Duration, in_context
from gates.cli.reports import Report, reporting, say
from gates.cli.signals import Stop
from gates.cli.texts import REASON
from gates.composition import actor, runs
from gates.model.decision import WaitingDecision
from gates.model.exit_code import ExitCode
from gates.reporting.decisions import waiting_entry, waiting_lines
from gates.workflows.pending_decisions import PendingDecisions


@click.command()
@in_context
@click.option(
    "--escalate",
    "escalates",
    is_flag=True,
    help="Record late decisions and notify the role that is due; once each.",
)
@click.option(
    "--watch", "is_watching", is_flag=True, help="Go on looking and escalating until a signal comes."
)
@click.option("--until-empty", is_flag=True, help="With --watch: end when nothing waits any more.")
@click.option(
    "--every",
    type=Duration(),
    default="10s",
    show_default=True,
    help="With --watch: time between two looks.",
)
@click.option("--dismiss", "dismissed", metavar="RUN", default=None, help="Let this one wait no longer.")
@click.option("--role", default="", help="With --dismiss: your role; it must have the authority.")
@click.option("--reason", type=REASON, default=None, help="With --dismiss: why it is not carried out.")
@reporting
def decisions(
    context: composition.Context,
    every: float,
    dismissed: str | None,
    role: str,
    reason: str | None,
    *,
    escalates: bool,
    is_watching: bool,
    until_empty: bool,
) -> Report | ExitCode:
    """Show the decisions that wait to be carried out; exit 12 when one is late."""
    pending = runs.pending_decisions(context, by=actor())
    if dismissed is not None:
        pending.dismiss(dismissed, role=role, reason=reason or "")
    if is_watching:
        return _watch(pending, every, until_empty=until_empty)
    waits, place = pending.look(escalates=escalates), pending.place
    return Report(
        code=_code(waits),
        lines=[line for one in waits for line in waiting_lines(one, place)],
        document={"environment": place, "decisions": [waiting_entry(one, place) for one in waits]},
        empty=f"nothing waits: no decision of {place} is open",
    )


def _watch(pending: PendingDecisions, every_s: float, *, until_empty: bool) -> ExitCode:
    """Look repeatedly: print what changed, and escalate late decisions step by step."""
    stop, shown = Stop(), set[tuple[str, bool, str]]()
    with stop.heard():
        while True:
            waits = pending.look(escalates=True)
            for one in waits:
                if one.key not in shown:
                    say(*waiting_lines(one, pending.place))
            shown = {one.key for one in waits}
            if (until_empty and not waits) or stop.wait(every_s):
                return _code(waits)


def _code(waits: Sequence[WaitingDecision]) -> ExitCode:
    return ExitCode.ACTION_FAILED if any(one.deadline.is_late for one in waits) else ExitCode.GO
