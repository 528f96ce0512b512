"""`gate scale SERVICE --min-instances N`: keep more instances of a service, and restore the bounds."""

from __future__ import annotations

import click

from gates.cli.command import CommandContext, acts, print_receipts
from gates.cli.options import service_argument
from gates.errors import UsageError
from gates.model.exit_code import ExitCode


@click.command()
@service_argument
@click.option("--min-instances", "minimum", type=click.IntRange(min=0), help="Keep at least so many.")
@click.option("--capped", "is_capped", is_flag=True, help="As many as the service may have, if that is less.")
@click.option("--restore", "is_back", is_flag=True, help="Go back to what was there before the first scale.")
@acts
def scale(
    command: CommandContext, service: str, minimum: int | None, *, is_capped: bool, is_back: bool
) -> ExitCode:
    """Keep more instances of SERVICE, on the service itself: no revision is made, no traffic moves."""
    if (minimum is None) is not is_back:
        raise UsageError("say how far", next_step="--min-instances N, or --restore")
    what = f"restore the scaling of {service}" if is_back else f"keep {minimum} instances of {service}"
    command.confirm(what)
    scaling = command.operations.scaling
    with command.alone():
        if minimum is None:
            return print_receipts([scaling.restore(service, is_dry=command.is_dry)])
        if is_capped:
            return print_receipts([scaling.at_least(service, minimum, is_dry=command.is_dry)])
        return print_receipts([scaling.set_minimum(service, minimum, is_dry=command.is_dry)])
