"""Maintenance gives users a page of ours, and later exactly what they had."""

from __future__ import annotations

import pytest

from gates.errors import ConfigurationError
from gates.model.operation import OperationState
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.operations.maintenance import Maintenance, is_on
from tests.support.fake_operations import (
    LATEST,
    FakeConfiguration,
    FakeOperationsLedger,
    performer,
    settings,
)

PINNED = TrafficSplit(
    targets=(
        TrafficTarget(revision="a-1", percent=90),
        TrafficTarget(revision="a-2", percent=10, tag="candidate"),
    )
)


class Stage:
    """Service a, its ledger and the operations."""

    def __init__(self, traffic: TrafficSplit = LATEST, image: str | None = "page:1") -> None:
        self.configuration = FakeConfiguration(services={"a": settings("a", traffic=traffic)})
        self.ledger = FakeOperationsLedger()
        self.maintenance = Maintenance(
            self.configuration, performer(self.ledger), self.ledger, image=image, cloud_name=lambda name: name
        )

    @property
    def traffic(self) -> TrafficSplit:
        """What service a serves."""
        return self.configuration.services["a"].traffic


@pytest.mark.parametrize("traffic", [LATEST, PINNED])
def test_off_gives_back_exactly_what_on_took(traffic: TrafficSplit) -> None:
    """A list that follows the latest and a pinned split with a tag; the latest revision is a copy of ours."""
    stage = Stage(traffic)
    assert stage.maintenance.turn_on("a", "sandbox", is_dry=False).state is OperationState.DONE
    assert is_on(stage.configuration.settings("a"))
    assert {t.tag for t in stage.traffic.targets} >= {t.tag for t in traffic.targets if t.tag}
    assert stage.maintenance.turn_off("a", is_dry=False).state is OperationState.DONE
    assert stage.traffic == traffic
    assert stage.configuration.services["a"].image == "image of a-1"


def test_the_page_is_never_a_release() -> None:
    """Its revision is marked before it exists, so that no rollback goes to it."""
    stage = Stage()
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    assert stage.ledger.tombstones == [stage.configuration.services["a"].latest_ready]


def test_a_crash_loses_nothing() -> None:
    """The write is applied and its answer lost: the list is in the ledger, on again changes nothing."""
    stage = Stage(PINNED)
    stage.configuration.dies = True
    assert stage.maintenance.turn_on("a", "sandbox", is_dry=False).state is OperationState.FAILED
    stage.ledger.written.pop()  # the gate died before it could say so
    stage.configuration.dies = False
    assert stage.maintenance.turn_on("a", "sandbox", is_dry=False).state is OperationState.ALREADY_DONE
    stage.maintenance.turn_off("a", is_dry=False)
    assert stage.traffic == PINNED


def test_off_leaves_alone_what_somebody_moved() -> None:
    """A rollback in between took the traffic: it keeps it."""
    stage = Stage()
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    moved = TrafficSplit(targets=(TrafficTarget(revision="a-0", percent=100),))
    stage.configuration.redeploy("a", "a-0", "a-9", moved)
    assert stage.maintenance.turn_off("a", is_dry=False).state is OperationState.ALREADY_DONE
    assert stage.traffic == moved


def test_off_without_on_does_nothing() -> None:
    """There is nothing to give back."""
    stage = Stage()
    assert stage.maintenance.turn_off("a", is_dry=False).state is OperationState.ALREADY_DONE
    assert stage.configuration.writes == []


def test_a_dry_run_names_the_call_and_sends_nothing() -> None:
    """Mask, image and traffic list are in it."""
    stage = Stage()
    detail = stage.maintenance.turn_on("a", "sandbox", is_dry=True).detail
    assert "update_mask=template,traffic image=page:1" in detail
    assert stage.configuration.writes == []
    assert stage.ledger.written == []
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    assert "traffic=[LATEST=100%]" in stage.maintenance.turn_off("a", is_dry=True).detail


def test_an_environment_without_a_page_says_so() -> None:
    """Before anything is asked of the cloud."""
    with pytest.raises(ConfigurationError, match="no maintenance image"):
        Stage(image=None).maintenance.turn_on("a", "sandbox", is_dry=False)
