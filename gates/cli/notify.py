"""Telling people through the environment's channels: after the act, never instead of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from gates import wiring
from gates.aside import aside
from gates.reporting import notices

if TYPE_CHECKING:
    from gates.adapters.notifications.notifier import Notifier
    from gates.model.decision import Decision
    from gates.model.receipt import Receipt

DECIDED, ENDED = "decided", "carried out"


def notifier(context: wiring.Context) -> Notifier:
    """Return who tells the channels of an environment."""
    from gates.adapters.notifications.notifier import Notifier  # noqa: PLC0415 - where nobody is told, nothing is paid for
    from gates.reporting.redaction import Redactor  # noqa: PLC0415

    redactor = Redactor(context.secrets)
    return Notifier.of(context.platform, context.environment, wiring.ledger_path(), redactor)


def tell(context: wiring.Context, about: str, event: str, text: str) -> None:
    """Tell every channel once; what could not be told is said on stderr, and changes nothing else."""
    if not context.environment.notifications:
        return
    with aside(f"telling of {event}"):
        for one in notifier(context).tell(about, event, text):
            if one.detail:
                click.echo(f"gate: {one.notice.channel} was not notified of {event}: {one.detail}", err=True)


def tell_run(context: wiring.Context, run_id: str, decision: Decision, receipts: Sequence[Receipt]) -> None:
    """Tell what a run decided, where somebody has to act, and how its rollbacks ended."""
    place = context.environment.name
    if receipts:
        tell(context, run_id, ENDED, notices.rolled_back(place, receipts))
    elif decision.due is not None:
        tell(
            context, run_id, DECIDED, notices.decided(place, str(wiring.reports_folder() / run_id), decision)
        )


def tell_rollback(
    context: wiring.Context, run_id: str, receipts: Sequence[Receipt], event: str = ENDED
) -> None:
    """Tell how rollbacks that a person asked for ended; a resume is an event of its own."""
    if receipts:
        tell(context, run_id, event, notices.rolled_back(context.environment.name, receipts))


def tell_planned(context: wiring.Context, run_id: str, code: int, event: str = ENDED) -> None:
    """Tell how a planned rollback ended."""
    tell(context, run_id, event, notices.planned(context.environment.name, code))
