"""A planned rollback from its beginning or from where it stopped, alone in its environment."""

from __future__ import annotations

from gates.actions.ports import Lease
from gates.errors import UsageError
from gates.model.decision import RollbackPlan
from gates.model.procedure import ProcedureResult, Step, Unfinished
from gates.workflows.planned_rollback import PlannedRollback, held
from gates.workflows.planned_work import PlannedPorts, PlannedRollbackRequest, PlannedWork


def procedure(
    ports: PlannedPorts, run_id: str, request: PlannedRollbackRequest, lease: Lease | None = None
) -> PlannedRollback:
    """Return the procedure of an environment, in the name of one person."""
    work, place = PlannedWork(ports, run_id, request, lease), ports.environment.name
    return PlannedRollback(work, ports.ledger, ports.rollback.clock, environment=place, by=ports.by)


def preview(
    ports: PlannedPorts, plan: RollbackPlan, request: PlannedRollbackRequest
) -> tuple[tuple[Step, tuple[str, ...]], ...]:
    """Return every step with its exact calls; nothing is sent."""
    marked = held(plan, ports.platform.public_names if request.has_page else ())
    return procedure(ports, "", request).preview(marked, has_page=request.has_page)


def begin(
    ports: PlannedPorts, run_id: str, plan: RollbackPlan, request: PlannedRollbackRequest, no_page: str
) -> ProcedureResult:
    """Record a procedure and carry it out under the lease; `no_page` is the reason for having no page.

    Raises:
        LeaseHeldError: another gate acts in the environment.
        UsageError: another procedure is not finished.
        LedgerError: it cannot be written down; nothing was done.
    """
    place = ports.environment.name
    with ports.rollback.journal.hold(place, run_id) as lease:
        planned = procedure(ports, run_id, request, lease)
        if (other := planned.unfinished()) is not None:
            raise UsageError(
                f"{other.run_id} is not finished: next is {other.next_step}",
                next_step=f"gate rollback resume --env {place}",
            )
        marked = held(plan, ports.platform.public_names if request.has_page else ())
        return _conduct(
            planned, planned.begin(run_id, marked, has_page=request.has_page, no_page=no_page), ports, request
        )


def go_on(ports: PlannedPorts, begun: Unfinished, request: PlannedRollbackRequest) -> ProcedureResult | None:
    """Do what is left of a procedure under the lease; None if it was finished meanwhile.

    Raises:
        LeaseHeldError: another gate acts in the environment.
        LedgerError: it cannot be written down; nothing was done.
    """
    with ports.rollback.journal.hold(ports.environment.name, begun.run_id) as lease:
        planned = procedure(ports, begun.run_id, request, lease)
        left = planned.unfinished()
        if left is None or left.run_id != begun.run_id:
            return None
        return _conduct(planned, left, ports, request)


def _conduct(
    planned: PlannedRollback, begun: Unfinished, ports: PlannedPorts, request: PlannedRollbackRequest
) -> ProcedureResult:
    clock = ports.rollback.clock
    started = clock.monotonic()
    ended = planned.run(
        begun, lambda text: request.say(f"{clock.now():%H:%M:%S}  {text}"), request.execution.is_stopped
    )
    seconds = clock.monotonic() - started
    return ProcedureResult(
        begun=begun, ended=ended, seconds=seconds, may_show_page=planned.may_show_page(begun)
    )
