"""What serves, as the cloud says it: a split is no failure, a candidate without traffic is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.model.target import ServiceTarget
from gates.model.traffic import TrafficSplit, TrafficTarget
from journeys.checks import DemandNotMetError
from tests.support import builders
from tests.validation.immediate.test_deployment import test_serves_candidate as look

CANDIDATE = ServiceTarget(name="a", base_url="http://a.test", revision="a-2", digest="sha256:2")
STATE = builders.state("a", uri="http://a.test", serving=(("a-1", 100),))


def test_a_candidate_that_shares_the_traffic_is_no_failure() -> None:
    """What answers may be either: nobody could look, so nothing is blamed."""
    targets = (TrafficTarget(revision="a-2", percent=50), TrafficTarget(revision="a-1", percent=50))
    split = replace(STATE, traffic=TrafficSplit(targets=targets), serving=(("a-2", 50), ("a-1", 50)))
    with pytest.raises(LookupError, match="split: a-2 50 %, a-1 50 %"):
        look(CANDIDATE, None, lambda _name: split)  # type: ignore[arg-type]


def test_a_candidate_that_did_not_take_the_traffic_is_a_failure() -> None:
    """The list follows the latest revision and another one serves."""
    with pytest.raises(DemandNotMetError, match="a-1 100 %, the candidate is a-2") as caught:
        look(CANDIDATE, None, lambda _name: STATE)  # type: ignore[arg-type]
    assert caught.value.blames == "a"
