"""Maintenance gives users a page of ours, and later exactly what they had."""

from __future__ import annotations

import pytest

from gates.errors import ConfigurationError
from gates.model.operation import OperationReceipt, OperationState
from gates.model.state import Purpose
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.operations.maintenance import Maintenance
from tests.support.fake_cloud import FakeCloud, FakeService, fake_ports, revision
from tests.support.fake_operations import FakeOperationsLedger, performer

LATEST = TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),))
PINNED = TrafficSplit(
    targets=(
        TrafficTarget(revision="a-1", percent=90),
        TrafficTarget(revision="a-2", percent=10, tag="candidate"),
    )
)


class Stage:
    """Service a, its ledger and the operations."""

    def __init__(self, traffic: TrafficSplit = LATEST, image: str | None = "page:1") -> None:
        revisions = (revision("a-1", 1), revision("a-0", 2))
        self.cloud = FakeCloud(services={"a": FakeService(revisions=revisions, traffic=traffic)})
        self.ledger = FakeOperationsLedger()
        self.maintenance = Maintenance(
            fake_ports(self.cloud, self.ledger),
            performer(self.ledger, self.cloud.clock),
            image=image,
            cloud_name=lambda name: name,
        )

    @property
    def here(self) -> FakeService:
        """Service a of the cloud."""
        return self.cloud.services["a"]

    @property
    def traffic(self) -> TrafficSplit:
        """What service a serves."""
        return self.here.traffic

    @property
    def is_on(self) -> bool:
        """Whether users get the page."""
        return self.cloud.describe("a").traffic.is_in_maintenance

    def on(self) -> OperationReceipt:
        """Turn the page on."""
        return self.maintenance.turn_on("a", "sandbox", is_dry=False)

    def off(self) -> OperationReceipt:
        """Turn it off."""
        return self.maintenance.turn_off("a", "sandbox", is_dry=False)


@pytest.mark.parametrize("traffic", [LATEST, PINNED])
def test_off_gives_back_exactly_what_on_took(traffic: TrafficSplit) -> None:
    """A list that follows the latest and a pinned split with a tag; the latest revision is a copy of ours."""
    stage = Stage(traffic)
    assert stage.on().state is OperationState.DONE
    assert stage.is_on
    assert {t.tag for t in stage.traffic.targets} >= {t.tag for t in traffic.targets if t.tag}
    assert stage.off().state is OperationState.DONE
    assert stage.traffic == traffic
    assert stage.cloud.made[-1].source == "a-1"


def test_the_page_is_never_a_release() -> None:
    """Its revision is marked before it exists, so that no rollback goes to it."""
    stage = Stage()
    stage.on()
    assert stage.ledger.tombstones == {("sandbox", "a", stage.cloud.made[0].name)}


def test_what_maintenance_makes_says_what_it_is_for() -> None:
    """The page and the copy that ends it are marked with their purpose and their own name."""
    stage = Stage()
    stage.on()
    stage.off()
    page, resumed = stage.cloud.made
    assert (page.purpose, resumed.purpose) == (Purpose.PAGE, Purpose.RESUMED)
    assert page.mark.endswith(f" {page.name}")


def test_a_crash_loses_nothing() -> None:
    """The gate died after its write: the list is in the ledger, on again makes no second page."""
    stage = Stage(PINNED)
    stage.on()
    stage.ledger.written.pop()  # the gate died before it could say so
    assert stage.on().state is OperationState.ALREADY_DONE
    assert len(stage.cloud.made) == 1
    stage.off()
    assert stage.traffic == PINNED


def test_a_lost_answer_is_no_failure() -> None:
    """What was applied is read back and proven, in one write for each of the two."""
    stage = Stage(PINNED)
    for turn in (stage.on, stage.off):
        stage.here.lost_answers = 1
        assert turn().state is OperationState.DONE
    assert len(stage.cloud.made) == 2


def test_a_page_that_does_not_answer_is_a_failure() -> None:
    """Also one that was turned on before: then nothing is written."""
    stage = Stage()
    stage.here.is_mixed = True
    for _ in range(2):
        receipt = stage.on()
        assert (receipt.state, "no single revision" in receipt.detail) == (OperationState.FAILED, True)
    assert len(stage.cloud.writes) == 1


def test_users_are_back_when_what_came_back_answers() -> None:
    """An old revision that answers for two seconds is waited for; one that stays is a failure."""
    stage = Stage()
    stage.on()
    stage.here.lag_s = 2.0
    before = stage.cloud.clock.monotonic()
    assert stage.off().state is OperationState.DONE
    assert stage.cloud.clock.monotonic() - before >= 2.0
    stage.on()
    stage.here.lag_s = 3600.0
    assert stage.off().state is OperationState.FAILED


def test_traffic_that_another_actor_moves_meanwhile_is_not_overwritten() -> None:
    """Between the look and the write: the other's list stands."""
    stage = Stage()
    stage.here.conflicts, stage.here.foreign_move = 1, PINNED
    receipt = stage.on()
    assert (receipt.state, "another actor moved the traffic" in receipt.detail) == (
        OperationState.FAILED,
        True,
    )
    assert stage.traffic == PINNED


def test_off_leaves_alone_what_somebody_moved() -> None:
    """A rollback in between took the traffic: it keeps it."""
    stage = Stage()
    stage.on()
    moved = TrafficSplit(targets=(TrafficTarget(revision="a-0", percent=100),))
    stage.here.traffic = moved
    assert stage.off().state is OperationState.ALREADY_DONE
    assert stage.traffic == moved


def put_behind(stage: Stage, revision: str) -> None:
    """Do what a rollback behind the page does."""
    stage.here.traffic = stage.traffic.with_behind(revision)


def test_after_a_rollback_behind_the_page_its_target_comes_back() -> None:
    """Never what was remembered: that one is bad; tags of others stay, ours are gone."""
    stage = Stage(PINNED)
    stage.on()
    stage.ledger.quarantine("sandbox", "a", "a-1", "slow")
    put_behind(stage, "a-0")
    assert stage.off().state is OperationState.DONE
    assert stage.cloud.made[-1].source == "a-0"
    assert stage.traffic.percent_of("a-0") == 100
    assert [t.tag for t in stage.traffic.targets if t.tag] == ["candidate"]


def test_what_was_rolled_back_never_comes_back() -> None:
    """A rollback was killed before it put its target behind the page: users keep the page."""
    stage = Stage()
    stage.on()
    stage.ledger.quarantine("sandbox", "a", "a-1", "slow")
    receipt = stage.off()
    assert receipt.state is OperationState.FAILED
    assert "a-1 would come back, and it was rolled back as bad" in receipt.detail
    assert "gate rollback a" in receipt.detail
    assert stage.is_on


def test_a_page_that_nobody_remembers_is_a_failure_and_not_nothing_to_do() -> None:
    """Unless the traffic list itself says what waits behind it."""
    stage = Stage()
    stage.on()
    stage.ledger.written.clear()
    stage.here.traffic = TrafficSplit(targets=tuple(t for t in stage.traffic.targets if t.percent))
    receipt = stage.off()
    assert (receipt.state, "is not recorded" in receipt.detail) == (OperationState.FAILED, True)
    put_behind(stage, "a-1")
    assert stage.off().state is OperationState.DONE
    assert stage.traffic.percent_of("a-1") == 100


def test_an_end_that_was_not_written_down_is_no_memory_of_the_next_time() -> None:
    """Killed after the last write of `off`: the next page remembers what served then."""
    stage = Stage()
    stage.on()
    stage.off()
    stage.ledger.written.pop()  # the gate died before it could say so
    stage.here.traffic = PINNED
    stage.on()
    stage.off()
    assert stage.traffic == PINNED


def test_who_turned_it_on_is_told() -> None:
    """With the time; nobody else's page is explained."""
    stage = Stage()
    assert stage.maintenance.why("a") == "author unknown"
    stage.on()
    assert stage.maintenance.why("a").startswith("turned on by somebody at 2025-01-01 00:00")


def test_the_end_can_be_shown_before_the_beginning() -> None:
    """After a rollback to a revision, and without one."""
    stage = Stage()
    assert stage.maintenance.preview_off("a", "a-0").endswith(" of a-0")
    assert "[a-0=100]" in stage.maintenance.preview_off("a", "a-0")
    assert "[None=100]" in stage.maintenance.preview_off("a", None)
    assert stage.cloud.writes == []


def test_off_without_on_does_nothing() -> None:
    """There is nothing to give back."""
    stage = Stage()
    assert stage.off().state is OperationState.ALREADY_DONE
    assert stage.cloud.writes == []


def test_a_dry_run_names_the_call_and_sends_nothing() -> None:
    """Mask, image and traffic list are in it."""
    stage = Stage()
    detail = stage.maintenance.turn_on("a", "sandbox", is_dry=True).detail
    assert detail.endswith(" of page:1")
    assert stage.cloud.writes == []
    assert stage.ledger.written == []
    stage.on()
    assert "[None=100]" in stage.maintenance.turn_off("a", "sandbox", is_dry=True).detail


def test_an_environment_without_a_page_says_so() -> None:
    """Before anything is asked of the cloud."""
    with pytest.raises(ConfigurationError, match="no maintenance image"):
        Stage(image=None).maintenance.turn_on("a", "sandbox", is_dry=False)
