"""What is asked of the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gates.model.criterion import Stage
from gates.model.decision import Decision
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

    def setup(self, release: Release) -> RunSetup:
        """Return what is kept of the request, so that its evidence can be judged again."""
        scope = Scope(stage=self.stage, is_partial=bool(self.only))
        return RunSetup(release=release, scope=scope, only=self.only)
