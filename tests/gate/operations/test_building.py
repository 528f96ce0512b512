"""A rollback through a build counts when the services say so themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from gates.errors import ActionError, OperationFailedError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.operation import OperationState
from gates.operations.building import BuildRollback
from tests.support.fake_operations import FakeOperationsLedger, performer

ACTION = RollBack(
    service="a", from_revision="a-2", to_revision="a-1", is_target_verified=True, reason="too slow"
)
PLAN = RollbackPlan(waves=((ACTION,),))


@dataclass
class FakeBuilder:
    """Builds that end as a test says, and what answers afterwards."""

    error: str = ""
    answers: str = "a-1"
    built: list[str] = field(default_factory=list)

    def steps(self, actions: Sequence[RollBack]) -> tuple[tuple[str, ...], ...]:
        """Return one step for each."""
        return tuple(("move", action.service) for action in actions)

    def run(self, actions: Sequence[RollBack]) -> str:
        """Build."""
        if self.error:
            raise OperationFailedError(self.error)
        self.built += [action.service for action in actions]
        return "b-1"

    def answering_revision(self, service: str) -> str | None:
        """Answer."""
        return self.answers


@pytest.mark.parametrize(
    ("builder", "state"),
    [
        (FakeBuilder(), OperationState.DONE),
        (FakeBuilder(answers="a-2"), OperationState.FAILED),
        (FakeBuilder(error="no rights"), OperationState.FAILED),
    ],
)
def test_the_services_own_answers_decide(builder: FakeBuilder, state: OperationState) -> None:
    """A build that is done and a service that did not move is a failure."""
    made = BuildRollback(builder, builder, performer(FakeOperationsLedger()))
    assert made.roll_back(PLAN, is_dry=False).state is state


def test_a_dry_run_names_the_commands() -> None:
    """And builds nothing."""
    builder = FakeBuilder()
    made = BuildRollback(builder, builder, performer(FakeOperationsLedger()))
    assert made.roll_back(PLAN, is_dry=True).detail == "gcloud move a"
    assert builder.built == []


def test_nothing_to_roll_back_is_said() -> None:
    """With the reason of each service."""
    made = BuildRollback(FakeBuilder(), FakeBuilder(), performer(FakeOperationsLedger()))
    with pytest.raises(ActionError, match="a: no older revision"):
        made.roll_back(RollbackPlan(impossible=(("a", "no older revision"),)), is_dry=False)
