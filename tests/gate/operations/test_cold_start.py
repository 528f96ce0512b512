"""A cold start is the difference between a cold and a warm answer, and leaves no trace."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gates.errors import ActionError, UnavailableError
from gates.model.operation import OperationState
from gates.operations.cold_start import ColdStart
from tests.support.fake_clock import FakeClock
from tests.support.fake_cloud import FakeCloud, two_revisions
from tests.support.fake_operations import FakeOperationsLedger, performer


@dataclass
class SlowFirst:
    """The first answer takes three seconds and a half, the next ones half a second."""

    clock: FakeClock
    command: int = 0
    is_silent: bool = False

    def wait_for_tag(self, service: str, tag: str) -> None:
        """Answer late."""
        if self.is_silent:
            raise UnavailableError("nobody answers")
        self.command += 1
        self.clock.wait(3.5 if self.command == 1 else 0.5)


@pytest.fixture
def cloud() -> FakeCloud:
    """Service a; its second revision serves."""
    return FakeCloud(services={"a": two_revisions("a")})


@pytest.fixture
def probe(cloud: FakeCloud) -> SlowFirst:
    """A revision that starts slowly."""
    return SlowFirst(cloud.clock)


@pytest.fixture
def cold_start(cloud: FakeCloud, probe: SlowFirst) -> ColdStart:
    """The measurement over fakes."""
    return ColdStart(cloud, probe, performer(FakeOperationsLedger(), cloud.clock))


def test_the_difference_is_the_cold_start(cold_start: ColdStart, cloud: FakeCloud) -> None:
    """Three seconds; two tags come and go, and the list is what it was."""
    before = cloud.describe("a").traffic
    receipt = cold_start.measure("a", "a-1", is_dry=False)
    assert receipt.detail == "3.00 s for a-1 (3.50 s cold, 0.50 s warm)"
    assert [split.targets[-1].tag for _, split in cloud.writes][:2] == ["cold", "warm"]
    assert cloud.describe("a").traffic == before


def test_the_list_comes_back_after_a_failure(
    cold_start: ColdStart, cloud: FakeCloud, probe: SlowFirst
) -> None:
    """A revision that never answers is a failed measurement."""
    before = cloud.describe("a").traffic
    probe.is_silent = True
    assert cold_start.measure("a", "a-1", is_dry=False).state is OperationState.FAILED
    assert cloud.describe("a").traffic == before


def test_a_serving_revision_is_warm(cold_start: ColdStart, cloud: FakeCloud) -> None:
    """It cannot be measured without taking it from users; a dry run writes nothing."""
    with pytest.raises(ActionError, match="so it is warm"):
        cold_start.measure("a", "a-2", is_dry=False)
    assert "cold" in cold_start.measure("a", "a-1", is_dry=True).detail
    assert cloud.writes == []
