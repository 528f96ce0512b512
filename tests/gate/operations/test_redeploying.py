"""A service comes back from a recorded image under the same traffic list, and answers."""

from __future__ import annotations

import pytest

from gates.errors import ActionError
from gates.model.operation import OperationState
from gates.model.state import Purpose
from gates.model.traffic import MAINTENANCE_TAG, TrafficSplit, TrafficTarget
from gates.operations.redeploying import Redeployment
from tests.support.fake_cloud import FakeCloud, fake_ports, two_revisions
from tests.support.fake_operations import FakeOperationsLedger, performer

LATEST = TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),))
PINNED = TrafficSplit(targets=(TrafficTarget(revision="a-2", percent=100),))
SHARED = TrafficSplit(
    targets=(TrafficTarget(revision=None, percent=90), TrafficTarget(revision="a-1", percent=10))
)


def redeployment(traffic: TrafficSplit) -> tuple[Redeployment, FakeCloud]:
    """Return the operation and the cloud of service a."""
    cloud = FakeCloud(services={"a": two_revisions("a")})
    cloud.services["a"].traffic = traffic
    by = performer(FakeOperationsLedger(), cloud.clock)
    return Redeployment(fake_ports(cloud), by, lambda name: name), cloud


@pytest.mark.parametrize(("source", "copied"), [(None, "a-2"), ("a-1", "a-1")])
@pytest.mark.parametrize("traffic", [LATEST, PINNED])
def test_the_copy_takes_over(traffic: TrafficSplit, source: str | None, copied: str) -> None:
    """Of what serves, or of an earlier revision; a service that followed the latest still does."""
    made, cloud = redeployment(traffic)
    receipt = made.redeploy("a", source, is_dry=False)
    (new,) = cloud.made
    assert (receipt.state, new.source, new.purpose) == (OperationState.DONE, copied, Purpose.REDEPLOY)
    after = cloud.describe("a")
    assert (after.sole_serving, after.traffic.is_pinned) == (new.name, traffic.is_pinned)


def test_a_copy_that_does_not_answer_is_a_failure() -> None:
    """Although the cloud says that it serves."""
    made, cloud = redeployment(LATEST)
    cloud.services["a"].is_mixed = True
    receipt = made.redeploy("a", None, is_dry=False)
    assert (receipt.state, "no single revision answers" in receipt.detail) == (OperationState.FAILED, True)


def test_a_lost_answer_makes_no_second_copy() -> None:
    """What was applied is read back, proven and recorded as done."""
    made, cloud = redeployment(LATEST)
    cloud.services["a"].lost_answers = 1
    assert made.redeploy("a", None, is_dry=False).state is OperationState.DONE
    assert len(cloud.made) == 1


def test_in_a_split_the_list_is_all_that_is_demanded() -> None:
    """No single revision can answer there."""
    made, cloud = redeployment(SHARED)
    cloud.services["a"].is_mixed = True
    assert made.redeploy("a", None, is_dry=False).state is OperationState.DONE
    assert cloud.describe("a").traffic == SHARED


def test_a_page_is_not_taken_away() -> None:
    """A copy of the page would be a release for everything that comes later."""
    page = TrafficSplit(targets=(TrafficTarget(revision="a-2", percent=100, tag=MAINTENANCE_TAG),))
    made, cloud = redeployment(page)
    with pytest.raises(ActionError, match="is in maintenance"):
        made.redeploy("a", None, is_dry=False)
    assert cloud.writes == []


def test_a_dry_run_names_the_call() -> None:
    """And sends nothing."""
    made, cloud = redeployment(LATEST)
    assert "of a-2" in made.redeploy("a", None, is_dry=True).detail
    assert cloud.writes == []
