"""A rollback through a build counts when the services say so themselves, and the ledger hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from gates.errors import ActionError, OperationFailedError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.operation import OperationState
from gates.model.traffic import MAINTENANCE_TAG, TrafficSplit, TrafficTarget
from gates.workflows.build_rollback import BuildRollback
from tests.support.builders import back
from tests.support.fake_cloud import FakeCloud, FakeLedger, fake_ports, two_revisions
from tests.support.fake_operations import FakeOperationsLedger, performer

PLAN = RollbackPlan(waves=((back("a"),), (back("b"),)))


@dataclass
class Stage:
    """Two services; a build moves so many of them and then fails, if a test says so."""

    cloud: FakeCloud = field(
        default_factory=lambda: FakeCloud(services={name: two_revisions(name) for name in "ab"})
    )
    fails_after: int | None = None
    is_idle: bool = False
    built: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the rollback."""
        self.ledger = FakeLedger(clock=self.cloud.clock)
        ports = fake_ports(self.cloud, self.ledger)
        by = performer(FakeOperationsLedger(), self.cloud.clock)
        self.rollback = BuildRollback(self, ports, by, "sandbox")

    def steps(self, actions: Sequence[RollBack]) -> tuple[tuple[str, ...], ...]:
        """Return one step for each."""
        return tuple(("move", action.service) for action in actions)

    def run(self, actions: Sequence[RollBack]) -> str:
        """Build."""
        for action in actions[: self.fails_after]:
            self.built.append(action.service)
            state = self.cloud.describe(action.service)
            if not self.is_idle:
                self.cloud.shift(action.service, state.traffic.all_to(action.to_revision), state.etag)
        if self.fails_after is not None:
            raise OperationFailedError("step 2 failed", next_step="read the log")
        return "b-1"

    @property
    def recorded(self) -> list[str]:
        """The services whose rollback is on record."""
        return [receipt.action.service for _, receipt, _ in self.ledger.rollbacks]


def test_what_answers_as_its_target_is_done_and_on_record() -> None:
    """What was left is marked; asking again builds nothing."""
    stage = Stage()
    assert stage.rollback.roll_back(PLAN, is_dry=False).state is OperationState.DONE
    assert stage.recorded == ["a", "b"]
    assert stage.ledger.tombstones == {("sandbox", "a", "a-2"), ("sandbox", "b", "b-2")}
    assert stage.rollback.roll_back(PLAN, is_dry=False).state is OperationState.ALREADY_DONE
    assert stage.built == ["a", "b"]


def test_a_build_that_is_done_and_moved_nothing_is_a_failure() -> None:
    """The services' own answers decide."""
    stage = Stage(is_idle=True)
    receipt = stage.rollback.roll_back(PLAN, is_dry=False)
    assert receipt.state is OperationState.FAILED
    assert "not answer as their target: a as a-1, b as b-1" in receipt.detail
    assert stage.recorded == []


def test_a_build_that_breaks_off_says_what_is_back_all_the_same() -> None:
    """The steps before the one that failed are proven and on record."""
    stage = Stage(fails_after=1)
    receipt = stage.rollback.roll_back(PLAN, is_dry=False)
    assert receipt.state is OperationState.FAILED
    assert "step 2 failed; back all the same: a" in receipt.detail
    assert stage.recorded == ["a"]


def test_a_maintenance_page_is_not_taken_away() -> None:
    """A build replaces the whole list."""
    stage = Stage()
    page = TrafficSplit(targets=(TrafficTarget(revision="page", percent=100, tag=MAINTENANCE_TAG),))
    stage.cloud.services["a"] = replace(stage.cloud.services["a"], traffic=page)
    with pytest.raises(ActionError, match="a is in maintenance"):
        stage.rollback.roll_back(PLAN, is_dry=False)
    assert stage.built == []


def test_a_dry_run_names_the_commands() -> None:
    """And builds nothing."""
    stage = Stage()
    assert stage.rollback.roll_back(PLAN, is_dry=True).detail == "gcloud move a; gcloud move b"
    assert (stage.built, stage.ledger.tombstones) == ([], set())


def test_nothing_to_roll_back_is_said() -> None:
    """With the reason of each service."""
    with pytest.raises(ActionError, match="a: no older revision"):
        Stage().rollback.roll_back(RollbackPlan(impossible=(("a", "no older revision"),)), is_dry=False)
