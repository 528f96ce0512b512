"""`gate rollback unpin`: a service follows its newest revision again."""

from __future__ import annotations

import click

from gates import composition
from gates.cli.options import in_context, services_argument
from gates.cli.prompts import ask
from gates.cli.reports import say
from gates.cli.signals import Stop
from gates.composition import actor
from gates.composition.rollbacks import rollback_engine, unpinner
from gates.decision.ending import rolled_back
from gates.errors import UsageError
from gates.model.decision import RollbackPlan
from gates.model.exit_code import ExitCode
from gates.reporting.rollback import receipt_line


@click.command()
@services_argument
@click.option("--all", "is_all", is_flag=True, help="Every service that is pinned.")
@click.option(
    "--even-unverified", "unverified", default="", metavar="REASON", help="Go without a recorded GO."
)
@click.option("--by", default=actor, help="Who asks; recorded in the ledger.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@in_context
def unpin(
    context: composition.Context,
    services: tuple[str, ...],
    unverified: str,
    by: str,
    *,
    is_all: bool,
    is_sure: bool,
) -> ExitCode:
    """Let SERVICES follow their newest revision again, and verify that it answers."""
    pinned = [
        pin.service for pin in rollback_engine(context).pins() if pin.is_pinned and not pin.is_in_maintenance
    ]
    if is_all == bool(services):
        raise UsageError(
            "name the services, or say --all", next_step=f"pinned: {', '.join(pinned) or 'none'}"
        )
    chosen = tuple(name for name in (services or pinned) if name in pinned)
    for name in services:
        if name not in pinned:
            click.echo(f"{name} is not pinned")
    if not chosen:
        return ExitCode.GO
    ask(is_sure, f"Let {', '.join(chosen)} follow the newest revision?")
    with Stop().heard():
        receipts = unpinner(context, by=by, reason=unverified).unpin(
            chosen, lambda receipt: say(receipt_line(receipt, context.environment))
        )
    return rolled_back(RollbackPlan(), receipts)
