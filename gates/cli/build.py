"""`gate build rollback`: an infrastructure rollback, carried out by Cloud Build."""

from __future__ import annotations

import click

from gates.cli.command import CommandContext, acts, named_or_all, print_receipts
from gates.cli.options import services_argument
from gates.cli.overrides import override_option
from gates.decision.safety_checks import Guard
from gates.model.exit_code import ExitCode
from gates.workflows.rollback_planner import BY_HAND


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def build() -> None:
    """Let a build in the cloud do it, with the build account's rights."""


@build.command()
@services_argument
@click.option("--all", "is_all", is_flag=True, help="Every service of the platform.")
@override_option
@acts
def rollback(
    command: CommandContext, services: tuple[str, ...], *, is_all: bool, overrides: dict[Guard, str]
) -> ExitCode:
    """Send the traffic of SERVICES back through one build, and prove it by their own answers."""
    names = named_or_all(services, command.context.platform, is_all=is_all)
    planner, by = command.operations.planner, None if command.is_dry else command.operations.by
    plan = planner.plan(names, reason=BY_HAND)
    plan = planner.guard(plan, is_planned=False, overrides=overrides, by=by)
    for service, why in plan.impossible:
        click.echo(f"  -  {service}: IMPOSSIBLE: {why}")
    command.confirm(f"roll {', '.join(names)} back through a build")
    with command.alone():
        ended = print_receipts([command.operations.build_rollback.roll_back(plan, is_dry=command.is_dry)])
    return max(ended, ExitCode.ACTION_FAILED if plan.impossible else ExitCode.GO)
