"""What the write-ahead journal knows of a rollback that is not finished."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from gates.model.decision import RollbackPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedRollback:
    """A plan that was begun and not closed: its run, its whole plan, and what is verified of it.

    `ended` are the services whose rollback was verified. `intended` are those for which a write was
    announced; whether it was applied only the cloud knows.
    """

    run_id: str
    plan: RollbackPlan
    begun_at: datetime
    ended: tuple[str, ...] = ()
    intended: tuple[str, ...] = ()

    @property
    def rest(self) -> RollbackPlan:
        """The plan without the services that are back already, in the same order."""
        waves = (tuple(a for a in wave if a.service not in self.ended) for wave in self.plan.waves)
        return replace(self.plan, waves=tuple(wave for wave in waves if wave))
