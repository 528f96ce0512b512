"""A service comes back from a recorded image under the same traffic list."""

from __future__ import annotations

import pytest

from gates.model.operation import OperationState
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.operations.redeploying import Redeployment
from tests.support.fake_operations import (
    LATEST,
    FakeConfiguration,
    FakeOperationsLedger,
    performer,
    settings,
)

PINNED = TrafficSplit(targets=(TrafficTarget(revision="a-1", percent=100),))


def redeployment(traffic: TrafficSplit) -> tuple[Redeployment, FakeConfiguration]:
    """Return the operation and the configuration of service a."""
    configuration = FakeConfiguration(services={"a": settings("a", traffic=traffic)})
    made = Redeployment(configuration, performer(FakeOperationsLedger()), lambda name: name)
    return made, configuration


@pytest.mark.parametrize(("source", "image"), [(None, "image of a-1"), ("a-0", "image of a-0")])
@pytest.mark.parametrize("traffic", [LATEST, PINNED])
def test_the_copy_takes_over(traffic: TrafficSplit, source: str | None, image: str) -> None:
    """Of what serves, or of an earlier revision; a service that followed the latest still does."""
    made, configuration = redeployment(traffic)
    assert made.redeploy("a", source, is_dry=False).state is OperationState.DONE
    after = configuration.services["a"]
    assert after.image == image
    assert after.serving == ((after.latest_ready, 100),)
    assert after.traffic.is_pinned is traffic.is_pinned


def test_a_dry_run_names_the_call() -> None:
    """And sends nothing."""
    made, configuration = redeployment(LATEST)
    assert "template=copy of a-1" in made.redeploy("a", None, is_dry=True).detail
    assert configuration.writes == []
