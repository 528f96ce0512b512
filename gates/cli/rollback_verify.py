"""`gate rollback verify`: whether a rollback would work, before it is needed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import click

from gates import wiring
from gates.cli.command import actor
from gates.cli.options import environment_option
from gates.decision.rollback_readiness import unproven
from gates.errors import UsageError
from gates.model.decision import RollbackPlan, Target
from gates.model.drill import DrillKind, DrillRecord
from gates.model.exit_code import ExitCode
from gates.operations_context import OperationsContext
from gates.workflows.rollback import RollbackEngine


@click.command("verify")
@click.argument("services", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every service of the platform.")
@environment_option
def verify(env: str, services: tuple[str, ...], *, is_all: bool) -> ExitCode:
    """Start what a rollback of SERVICES would choose, behind a tag and without traffic, and ask it.

    Its health, its name, the way in at auth-service, the guards and the seconds until it answers. Without
    SERVICES: those whose candidate waits for traffic. A go-live is refused without a fresh proof of each.
    """
    context = wiring.Context(env)
    candidates = waiting(context, candidates_now(context))
    names = context.platform.service_names if is_all else services or tuple(candidates)
    if not names:
        raise UsageError("no candidate waits for traffic", next_step="name services, or say --all")
    plan, targets = targets_readiness(context, names, candidates)
    for service, why in plan.impossible:
        click.echo(f"NO WAY  {service}: {why}")
    with context.ports.journal.hold(context.environment.name, f"prove-{uuid.uuid4().hex[:12]}"):
        proofs = _proofs(context, targets)
    for proof in proofs:
        click.echo(f"{'proven' if proof.passed else 'FAILED'}  {proof.subject}: {proof.detail}")
    is_open = not plan.impossible and all(proof.passed for proof in proofs)
    return ExitCode.GO if is_open else ExitCode.NO_GO


def waiting(context: wiring.Context, candidates: Mapping[str, str]) -> dict[str, str]:
    """Return the candidates that do not have all the traffic yet: the others have nothing to go live with.

    Raises:
        CloudError: a service cannot be read.
    """
    return {
        service: candidate
        for service, candidate in candidates.items()
        if context.ports.traffic.describe(service).sole_serving != candidate
    }


def candidates_now(context: wiring.Context) -> dict[str, str]:
    """Return what there is to go live with: what never went in service, and what does not have all traffic.

    Raises:
        CloudError: a service cannot be read.
        LedgerError: the ledger cannot be read.
    """
    parts = context.release_now().services
    leaving = waiting(context, {part.service: part.candidate.name for part in parts})
    return {
        part.service: part.candidate.name
        for part in parts
        if part.service in leaving or not part.candidate_verified
    }


def targets_readiness(
    context: wiring.Context, services: Sequence[str], leaving: Mapping[str, str]
) -> tuple[RollbackPlan, tuple[Target, ...]]:
    """Return what a rollback of the services would do, were `leaving` live, and where each would go."""
    engine = RollbackEngine(context.environment, context.platform, context.ports, run_id="way-back")
    plan = engine.plan(services, reason="the way back", leaving=leaving)
    return plan, engine.examine(plan)


def unproven_now(context: wiring.Context, candidates: Mapping[str, str]) -> tuple[str, ...]:
    """Return whose way back is not proven at this moment, and why."""
    leaving = waiting(context, candidates)
    plan, targets = targets_readiness(context, tuple(leaving), leaving)
    proofs = context.ledger.drills(context.environment.name, DrillKind.WAY_BACK)
    max_age = context.platform.policy.rollback.proof.max_age
    return unproven(plan, targets, proofs, now=datetime.now(UTC), max_age=max_age)


def _proofs(context: wiring.Context, targets: Sequence[Target]) -> list[DrillRecord]:
    """Prove all ways back side by side: each is about a service of its own."""
    if not targets:
        return []
    rollback_readiness = OperationsContext(context, actor()).rollback_readiness
    with ThreadPoolExecutor(max_workers=len(targets)) as pool:
        return list(
            pool.map(lambda target: rollback_readiness.prove(target, context.environment.name), targets)
        )
