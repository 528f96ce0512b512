"""What a go-live needs of the world: looks, signatures, proofs of its ways back."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from gates.adapters.machine.clock import FastClock
from gates.adapters.machine.settings import reports_folder
from gates.adapters.runs.run_folder import RunFolder
from gates.composition.environment import Context
from gates.composition.pages import open_run_folder
from gates.composition.runs import beginning, notifications
from gates.decision.approval import Approvals, Question, approvals
from gates.model.timeline import GoLive, Timeline
from gates.workflows.golive import POLL_S, REHEARSED_POLL_S, GoLivePorts
from gates.workflows.golive_checkpoints import LONGEST_S, CheckpointLook
from gates.workflows.golive_opening import open_golive
from gates.workflows.rollback_planner import RollbackPlanner
from gates.workflows.rollback_readiness import RollbackReadiness
from gates.workflows.survey import release_now


def approvals_of(context: Context, folder: RunFolder) -> Approvals:
    """Return who approved the evidence of a run, and who is still missing."""
    question = Question(
        run_id=folder.run_id,
        digest=folder.evidence_digest(),
        environment=context.environment.name,
        roles=context.platform.policy.approvals,
        now=datetime.now(UTC),
    )
    return approvals(context.statements.folder.read(), question)


def golive_ports(context: Context, name: str, *, is_fast: bool) -> partial[GoLivePorts]:
    """Return the ports of a go-live of this name; the command adds what it prints and how it ends."""
    ports, place, told = context.ports, context.environment.name, notifications(context)
    return partial(
        GoLivePorts,
        records=context.golive_ledger,
        schedule=FastClock() if is_fast else ports.clock,
        clock=ports.clock,
        traffic=ports.traffic,
        probe=ports.probe,
        look=CheckpointLook(
            golive=name, begin=beginning(context, LONGEST_S), notify=told.record, clock=ports.clock
        ),
        missing=lambda run_id: approvals_of(context, open_run_folder(reports_folder() / run_id)).wanted,
        unproven=readiness(context).unproven,
        is_quarantined=lambda service, name: context.ledger.is_quarantined(place, service, name),
        notify=lambda slot, event, text: told.slot(name, slot.name, event, text),
        poll_s=REHEARSED_POLL_S if is_fast else POLL_S,
    )


def opened(context: Context, timeline: Timeline, name: str, zero: datetime, *, is_rehearsal: bool) -> GoLive:
    """Return the go-live of this name, which begins now or goes on.

    Raises:
        UsageError: no run can have its name, or another go-live has it, or there is nothing to release.
    """
    wanted = GoLive(
        name=name,
        environment=context.environment.name,
        zero=zero,
        candidates=tuple(readiness(context).candidates().items()),
        is_rehearsal=is_rehearsal,
    )
    names = context.platform.service_names
    return open_golive(wanted, timeline, context.golive_ledger, context.ports.traffic, names)


def run_command(command: str) -> int:
    """Run a person's own command line to its end and return its exit code."""
    from gates.adapters.machine import processes

    return processes.shell(command)


def readiness(context: Context) -> RollbackReadiness:
    """Return what says which ways back are proven."""
    place, platform, ports = context.environment, context.platform, context.ports
    return RollbackReadiness(
        environment=place.name,
        planner=RollbackPlanner(place, platform, ports),
        release=lambda: release_now(ports, platform, place),
        traffic=ports.traffic,
        proofs=context.ledger,
        clock=ports.clock,
        max_age=platform.policy.rollback.proof.max_age,
    )
