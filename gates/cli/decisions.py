"""`gate decisions`: what waits for somebody, how long it may still wait, and whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gates import composition
from gates.cli.command import actor
from gates.cli.options import environment_option
from gates.cli.reports import Report, reporting, say
from gates.cli.run import duration
from gates.cli.signals import Stop
from gates.cli.texts import REASON
from gates.composition import runs
from gates.decision.response_clock import Standing
from gates.model.decision import Decision
from gates.model.exit_code import ExitCode
from gates.reporting import notices
from gates.reporting.layout import Line, Row, Verbatim
from gates.workflows.pending_decisions import PendingDecisions, Waiting


@click.command()
@environment_option
@click.option(
    "--escalate", is_flag=True, help="Record late decisions and notify the role that is due; once each."
)
@click.option("--watch", is_flag=True, help="Go on looking and escalating until a signal comes.")
@click.option("--until-empty", is_flag=True, help="With --watch: end when nothing waits any more.")
@click.option("--every", default="10s", show_default=True, help="With --watch: time between two looks.")
@click.option("--dismiss", "dismissed", metavar="RUN", default=None, help="Let this one wait no longer.")
@click.option("--role", default="", help="With --dismiss: your role; it must have the authority.")
@click.option("--reason", type=REASON, default=None, help="With --dismiss: why it is not carried out.")
@reporting
def decisions(**options: object) -> Report | ExitCode:
    """Show the decisions that wait to be carried out; exit 12 when one is late."""
    context = composition.Context(str(options["env"]))
    pending = runs.pending_decisions(context, by=actor())
    if options["dismissed"] is not None:
        role, reason = str(options["role"]), str(options["reason"] or "")
        pending.dismiss(str(options["dismissed"]), role=role, reason=reason)
    if options["watch"]:
        return _watch(pending, duration(str(options["every"])), until_empty=bool(options["until_empty"]))
    waits = pending.look(escalates=bool(options["escalate"]))
    place = context.environment.name
    return Report(
        code=_code(waits),
        lines=[line for one in waits for line in _lines(one, place)],
        document={"environment": place, "decisions": [_entry(one, place) for one in waits]},
        empty=f"nothing waits: no decision of {place} is open",
    )


def _lines(one: Waiting, env: str) -> list[Line]:
    """Return a decision with the command that carries it out."""
    return [Row(f"{one.run_id}  ", _told(one.decision, one.state)), Verbatim(f"  → {_command(one, env)}")]


def _entry(one: Waiting, env: str) -> dict[str, object]:
    """Return a decision for a program."""
    return {
        "run": one.run_id,
        "kind": one.decision.kind,
        "services": list(one.decision.services),
        "priority": one.decision.priority,
        "is_late": one.state.is_late,
        "seconds_left": one.state.left_s,
        "turn_of": one.state.turn_of,
        "command": _command(one, env),
    }


def _command(one: Waiting, env: str) -> str:
    return f"{notices.act_command(env, one.folder, one.decision)} --yes"


def _watch(pending: PendingDecisions, every_s: float, *, until_empty: bool) -> ExitCode:
    """Look again and again; what changed is printed, what is late is escalated step by step."""
    stop, shown = Stop(), set[tuple[str, bool, str]]()
    with stop.heard():
        while True:
            waits = pending.look(escalates=True)
            for one in waits:
                if one.key not in shown:
                    say(*_lines(one, pending.place))
            shown = {one.key for one in waits}
            if (until_empty and not waits) or stop.wait(every_s):
                return _code(waits)


def _code(waits: Sequence[Waiting]) -> ExitCode:
    return ExitCode.ACTION_FAILED if any(one.state.is_late for one in waits) else ExitCode.GO


def _told(decision: Decision, state: Standing) -> str:
    what = f"{decision.kind} {', '.join(decision.services)}".rstrip()
    clock = f"LATE by {-state.left_s:.0f} s" if state.is_late else f"{state.left_s:.0f} s left"
    return f"{what} ({decision.priority}): {clock}, it is the turn of {state.turn_of}"
