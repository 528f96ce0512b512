"""Are the service level objectives those that were agreed, and does an alert watch each of them?"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from google.cloud import monitoring_v3

from gates.model.criterion import PLATFORM, Comparator
from gates.model.target import Demand, Target
from journeys.checks import demand
from tests.observing import TIMEOUT_S

Google = Callable[[type[Any]], Any]

_PROMISED: Final = ("SLI-AVAIL", "SLI-LATENCY", "SLI-ERRORS")
"""Indicators that can be an objective; throughput has no good and bad requests."""
_P95: Final = 0.95
_BURN_RATE: Final = re.compile(r'select_slo_burn_rate\(\s*"([^"]+)"')


@pytest.mark.criterion("MON-06")
def test_objectives_match_alerts(target: Target, google: Google) -> None:
    """Each service promises the agreed levels, and a live alert watches each promise's error budget."""
    parent = f"projects/{target.project}"
    client = google(monitoring_v3.ServiceMonitoringServiceClient)
    services = {
        one.cloud_run.service_name: one.name for one in client.list_services(parent=parent, timeout=TIMEOUT_S)
    }
    watched = _watched(google, parent)
    flaws: list[str] = []
    for service in target.services:
        name = services.get(target.cloud_run_name(service.name))
        if name is None:
            flaws.append(f"{service.name} promises nothing")
            continue
        found = list(client.list_service_level_objectives(parent=name, timeout=TIMEOUT_S))
        flaws += [f"{service.name}: {flaw}" for flaw in _flaws(found, target, watched)]
    demand(flaws == [], "; ".join(flaws), blames=PLATFORM)


def _watched(google: Google, parent: str) -> frozenset[str]:
    client = google(monitoring_v3.AlertPolicyServiceClient)
    return frozenset(
        name
        for policy in client.list_alert_policies(name=parent, timeout=TIMEOUT_S)
        if policy.enabled and policy.notification_channels
        for condition in policy.conditions
        for name in _BURN_RATE.findall(condition.condition_threshold.filter)
    )


def _flaws(found: list[Any], target: Target, watched: frozenset[str]) -> Iterator[str]:
    for criterion in _PROMISED:
        ours = [one for one in found if one.user_labels.get("criterion") == criterion.lower()]
        if len(ours) != 1:
            yield f"{len(ours)} objectives for {criterion}"
            continue
        wanted = target.demand(criterion)
        if not _is_as_agreed(ours[0], wanted):
            yield f"{criterion} promises {ours[0].goal:g}, agreed is {wanted.comparator} {wanted.threshold:g}"
        if ours[0].name not in watched:
            yield f"no alert watches {criterion}"


def _is_as_agreed(objective: Any, wanted: Demand) -> bool:
    if wanted.unit == "ms":
        longest = objective.service_level_indicator.request_based.distribution_cut.range_.max_
        return math.isclose(objective.goal, _P95) and math.isclose(longest, wanted.threshold)
    goal = wanted.threshold if wanted.comparator is Comparator.GE else 1 - wanted.threshold
    return math.isclose(objective.goal, goal)
