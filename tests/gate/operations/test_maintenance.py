"""Maintenance gives users a page of ours, and later exactly what they had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.errors import ConfigurationError
from gates.model.configuration import NewRevision
from gates.model.operation import OperationState
from gates.model.state import Purpose
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

    def redeploy(self, source: str, name: str, split: TrafficSplit) -> None:
        """Let somebody else deploy a copy."""
        new = NewRevision(name=name, purpose=Purpose.REDEPLOY, traffic=split, over=self.traffic)
        self.configuration.redeploy("a", source, new)


@pytest.mark.parametrize("traffic", [LATEST, PINNED])
def test_off_gives_back_exactly_what_on_took(traffic: TrafficSplit) -> None:
    """A list that follows the latest and a pinned split with a tag; the latest revision is a copy of ours."""
    stage = Stage(traffic)
    assert stage.maintenance.turn_on("a", "sandbox", is_dry=False).state is OperationState.DONE
    assert is_on(stage.configuration.settings("a"))
    assert {t.tag for t in stage.traffic.targets} >= {t.tag for t in traffic.targets if t.tag}
    assert stage.maintenance.turn_off("a", "sandbox", is_dry=False).state is OperationState.DONE
    assert stage.traffic == traffic
    assert stage.configuration.services["a"].image == "image of a-1"


def test_the_page_is_never_a_release() -> None:
    """Its revision is marked before it exists, so that no rollback goes to it."""
    stage = Stage()
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    assert stage.ledger.tombstones == [stage.configuration.services["a"].latest_ready]


def test_what_maintenance_makes_says_what_it_is_for() -> None:
    """The page and the copy that ends it are marked with their purpose and their own name."""
    stage = Stage()
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    stage.maintenance.turn_off("a", "sandbox", is_dry=False)
    page, resumed = stage.configuration.made
    assert (page.purpose, resumed.purpose) == (Purpose.PAGE, Purpose.RESUMED)
    assert page.mark.endswith(f" {page.name}")


def test_a_crash_loses_nothing() -> None:
    """The write is applied and its answer lost: the list is in the ledger, on again changes nothing."""
    stage = Stage(PINNED)
    stage.configuration.dies = True
    assert stage.maintenance.turn_on("a", "sandbox", is_dry=False).state is OperationState.FAILED
    stage.ledger.written.pop()  # the gate died before it could say so
    stage.configuration.dies = False
    assert stage.maintenance.turn_on("a", "sandbox", is_dry=False).state is OperationState.ALREADY_DONE
    stage.maintenance.turn_off("a", "sandbox", is_dry=False)
    assert stage.traffic == PINNED


def test_off_leaves_alone_what_somebody_moved() -> None:
    """A rollback in between took the traffic: it keeps it."""
    stage = Stage()
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    moved = TrafficSplit(targets=(TrafficTarget(revision="a-0", percent=100),))
    stage.redeploy("a-0", "a-9", moved)
    assert stage.maintenance.turn_off("a", "sandbox", is_dry=False).state is OperationState.ALREADY_DONE
    assert stage.traffic == moved


def put_behind(stage: Stage, revision: str) -> None:
    """Do what a rollback behind the page does."""
    here = stage.configuration.services["a"]
    stage.configuration.services["a"] = replace(here, traffic=here.traffic.with_behind(revision))


def test_after_a_rollback_behind_the_page_its_target_comes_back() -> None:
    """Never what was remembered: that one is bad; tags of others stay, ours are gone."""
    stage = Stage(PINNED)
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    stage.ledger.quarantine("sandbox", "a", "a-1", "slow")
    put_behind(stage, "a-0")
    assert stage.maintenance.turn_off("a", "sandbox", is_dry=False).state is OperationState.DONE
    assert stage.configuration.services["a"].image == "image of a-0"
    assert stage.traffic.percent_of("a-0") == 100
    assert [t.tag for t in stage.traffic.targets if t.tag] == ["candidate"]


def test_what_was_rolled_back_never_comes_back() -> None:
    """A rollback was killed before it put its target behind the page: users keep the page."""
    stage = Stage()
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    stage.ledger.quarantine("sandbox", "a", "a-1", "slow")
    receipt = stage.maintenance.turn_off("a", "sandbox", is_dry=False)
    assert receipt.state is OperationState.FAILED
    assert "a-1 would come back, and it was rolled back as bad" in receipt.detail
    assert "gate rollback a" in receipt.detail
    assert is_on(stage.configuration.settings("a"))


def test_a_page_that_nobody_remembers_is_a_failure_and_not_nothing_to_do() -> None:
    """Unless the traffic list itself says what waits behind it."""
    stage = Stage()
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    stage.ledger.written.clear()
    here = stage.configuration.services["a"]
    page = tuple(target for target in here.traffic.targets if target.percent)
    stage.configuration.services["a"] = replace(here, traffic=TrafficSplit(targets=page))
    receipt = stage.maintenance.turn_off("a", "sandbox", is_dry=False)
    assert (receipt.state, "is not recorded" in receipt.detail) == (OperationState.FAILED, True)
    put_behind(stage, "a-1")
    assert stage.maintenance.turn_off("a", "sandbox", is_dry=False).state is OperationState.DONE
    assert stage.traffic.percent_of("a-1") == 100


def test_an_end_that_was_not_written_down_is_no_memory_of_the_next_time() -> None:
    """Killed after the last write of `off`: the next page remembers what served then."""
    stage = Stage()
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    stage.maintenance.turn_off("a", "sandbox", is_dry=False)
    stage.ledger.written.pop()  # the gate died before it could say so
    stage.redeploy("a-7", "a-8", PINNED)
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    stage.maintenance.turn_off("a", "sandbox", is_dry=False)
    assert stage.traffic == PINNED


def test_who_turned_it_on_is_told() -> None:
    """With the time; nobody else's page is explained."""
    stage = Stage()
    assert stage.maintenance.why("a") == "author unknown"
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    assert stage.maintenance.why("a").startswith("turned on by somebody at 2025-01-01 00:00")


def test_the_end_can_be_shown_before_the_beginning() -> None:
    """After a rollback to a revision, and without one."""
    stage = Stage()
    assert "copy of a-0" in stage.maintenance.preview_off("a", "a-0")
    assert "traffic=[a-0=100%]" in stage.maintenance.preview_off("a", "a-0")
    assert "traffic=[LATEST=100%]" in stage.maintenance.preview_off("a", None)
    assert stage.configuration.writes == []


def test_off_without_on_does_nothing() -> None:
    """There is nothing to give back."""
    stage = Stage()
    assert stage.maintenance.turn_off("a", "sandbox", is_dry=False).state is OperationState.ALREADY_DONE
    assert stage.configuration.writes == []


def test_a_dry_run_names_the_call_and_sends_nothing() -> None:
    """Mask, image and traffic list are in it."""
    stage = Stage()
    detail = stage.maintenance.turn_on("a", "sandbox", is_dry=True).detail
    assert "update_mask=template,traffic image=page:1" in detail
    assert stage.configuration.writes == []
    assert stage.ledger.written == []
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    assert "traffic=[LATEST=100%]" in stage.maintenance.turn_off("a", "sandbox", is_dry=True).detail


def test_an_environment_without_a_page_says_so() -> None:
    """Before anything is asked of the cloud."""
    with pytest.raises(ConfigurationError, match="no maintenance image"):
        Stage(image=None).maintenance.turn_on("a", "sandbox", is_dry=False)
