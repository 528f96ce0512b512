"""What carries out the rollbacks and unpins that a person asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gates.actions.unpin import Unpinner
    from gates.composition.environment import Context
    from gates.workflows.rollback import RollbackEngine


def rollback_engine(
    context: Context, is_stopped: Callable[[], bool] | None = None, *, is_planned: bool = False, by: str = ""
) -> RollbackEngine:
    """Return what rolls back in an environment; without `is_stopped` it only looks."""
    from gates.actions.execute import ExecutionPolicy
    from gates.workflows.rollback import RollbackEngine

    rules = context.platform.policy.rollback
    strategy = rules.planned if is_planned else rules.emergency
    policy = ExecutionPolicy(strategy=strategy, is_stopped=is_stopped, by=by) if is_stopped else None
    run_id = _named("rollback")
    return RollbackEngine(context.environment, context.platform, context.ports, run_id=run_id, policy=policy)


def unpinner(context: Context, *, by: str, reason: str) -> Unpinner:
    """Return what ends pins; `reason` is why a revision without a recorded GO may get traffic, or empty."""
    from gates.actions.unpin import Unpinner

    place = context.environment.name
    return Unpinner(context.ports, environment=place, run_id=_named("unpin"), by=by, reason=reason)


def _named(action: str) -> str:
    return datetime.now(UTC).strftime(f"{action}-%Y%m%d-%H%M%S-%f")[:-3]
