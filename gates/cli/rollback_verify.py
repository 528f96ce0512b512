"""`gate rollback verify`: whether a rollback would work, before it is needed."""

from __future__ import annotations

import uuid

import click

from gates import composition
from gates.cli.options import in_context, services_argument
from gates.composition import actor
from gates.composition.operations import OperationsContext
from gates.errors import UsageError
from gates.model.exit_code import ExitCode


@click.command("verify")
@services_argument
@click.option("--all", "is_all", is_flag=True, help="Every service of the platform.")
@in_context
def verify(context: composition.Context, services: tuple[str, ...], *, is_all: bool) -> ExitCode:
    """Start what a rollback of SERVICES would choose, behind a tag and without traffic, and ask it.

    Checked are its health, its revision name, its sign-in if it has one, the safety checks and the seconds
    until it answers. Without SERVICES: those whose candidate waits for traffic. A go-live is refused without
    a fresh verification of each.
    """
    from gates.composition import golive as golive_parts  # noqa: PLC0415 - `rollback status` needs none of it

    place, readiness = context.environment.name, golive_parts.readiness(context)
    candidates = readiness.waiting(readiness.candidates())
    names = context.platform.service_names if is_all else services or tuple(candidates)
    if not names:
        raise UsageError("no candidate waits for traffic", next_step="name services, or say --all")
    plan, targets = readiness.targets(names, candidates)
    for service, why in plan.impossible:
        click.echo(f"IMPOSSIBLE  {service}: {why}")
    with context.ports.journal.hold(place, f"prove-{uuid.uuid4().hex[:12]}"):
        proofs = OperationsContext(context, actor()).rollback_readiness.prove_all(targets, place)
    for proof in proofs:
        click.echo(f"{'verified' if proof.passed else 'FAILED'}  {proof.subject}: {proof.detail}")
    is_open = not plan.impossible and all(proof.passed for proof in proofs)
    return ExitCode.GO if is_open else ExitCode.NO_GO
