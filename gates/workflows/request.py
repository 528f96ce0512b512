"""What is asked of the gate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gates.model.criterion import Catalogue, Criterion, Stage
from gates.model.decision import Decision
from gates.model.likeness import refuse_unknown
from gates.model.record import RunSetup
from gates.model.release import Release
from gates.model.verdict import Scope


class RollbackMode(StrEnum):
    """What the gate may do about a NO_GO by itself."""

    NEVER = "never"
    ASK = "ask"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of the gate.

    `only` restricts the criteria (the answer can then never be GO); `confirm` asks a person about a prepared
    decision.
    """

    stage: Stage
    run_id: str
    wanted: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    rollback: RollbackMode = RollbackMode.NEVER
    confirm: Callable[[Decision], bool] = lambda _decision: False

    def refuse_unknown(self, catalogue: Catalogue, services: Collection[str]) -> None:
        """Refuse what the stage does not demand and what the platform does not have.

        Raises:
            UsageError: `only` names another stage's criterion or none, `wanted` no service.
        """
        self.demanded(catalogue)
        refuse_unknown("service", self.wanted, services)

    def demanded(self, catalogue: Catalogue) -> tuple[Criterion, ...]:
        """Return what the stage demands, or the named part of it.

        Raises:
            UsageError: `only` names another stage's criterion or none.
        """
        criteria = catalogue.at(self.stage)
        known, more = [c.id for c in criteria], f"gate criteria list --stage {self.stage} shows all"
        refuse_unknown(f"criterion of the stage {self.stage}", self.only, known, next_step=more)
        return tuple(c for c in criteria if not self.only or c.id in self.only)

    def setup(self, release: Release) -> RunSetup:
        """Return what is kept of the request, so that its evidence can be judged again."""
        scope = Scope(stage=self.stage, is_partial=bool(self.only))
        return RunSetup(release=release, scope=scope, only=self.only)
