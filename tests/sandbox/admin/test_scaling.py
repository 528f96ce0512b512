"""Service-level scaling: bounds, manual counts, and the way between them."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from tests.sandbox.admin.local_cloud import LocalCloud, template

MANUAL = run_v2.ServiceScaling.ScalingMode.MANUAL
AUTOMATIC = run_v2.ServiceScaling.ScalingMode.AUTOMATIC


def scale(cloud: LocalCloud, **fields: Any) -> run_v2.ServiceScaling:
    """Replace the service's scaling and return it as it settled."""
    return cloud.update("svc", "scaling", scaling=run_v2.ServiceScaling(**fields)).scaling


@pytest.mark.parametrize(
    "fields",
    [
        {"min_instance_count": -1},
        {"max_instance_count": -1},
        {"min_instance_count": 3, "max_instance_count": 2},
        {"manual_instance_count": 2},
        {"scaling_mode": MANUAL, "manual_instance_count": -1},
    ],
)
def test_impossible_scaling_is_refused(cloud: LocalCloud, fields: dict[str, int]) -> None:
    """Negative numbers, crossed bounds and a manual count without manual mode are errors."""
    before = cloud.create()
    with pytest.raises(exceptions.InvalidArgument):
        scale(cloud, **fields)
    assert cloud.get() == before


def test_crossed_bounds_of_a_revision_are_refused(cloud: LocalCloud) -> None:
    """The revision's maximum is 100 unless it says otherwise."""
    scaling = run_v2.RevisionScaling(min_instance_count=101)
    with pytest.raises(exceptions.InvalidArgument):
        cloud.begin_create("svc", run_v2.Service(template=template(scaling=scaling)))


def test_bounds_reach_the_route_without_a_revision(cloud: LocalCloud) -> None:
    """Service-level bounds take effect at once and are no deployment."""
    cloud.create()
    scale(cloud, min_instance_count=2, max_instance_count=5)
    route = cloud.plane.routes["svc"]
    assert (route.min_instances, route.max_instances, route.manual_instances) == (2, 5, None)
    assert len(cloud.revision_names()) == 1


def test_bounds_of_a_revision_make_a_revision(cloud: LocalCloud) -> None:
    """They are part of the template."""
    cloud.create()
    scaling = run_v2.RevisionScaling(min_instance_count=2)
    cloud.update(
        "svc", "template.scaling.min_instance_count", template=run_v2.RevisionTemplate(scaling=scaling)
    )
    newest, _ = cloud.revision_names()
    assert cloud.plane.specs[newest].min_instances == 2


def test_manual_scaling_inherits_the_minimum_and_unsets_the_bounds(cloud: LocalCloud) -> None:
    """Without a count the old minimum becomes the count."""
    cloud.create()
    scale(cloud, min_instance_count=2, max_instance_count=5)
    settled = cloud.update(
        "svc", "scaling.scaling_mode", scaling=run_v2.ServiceScaling(scaling_mode=MANUAL)
    ).scaling
    assert (settled.manual_instance_count, settled.min_instance_count, settled.max_instance_count) == (
        2,
        0,
        0,
    )
    assert cloud.plane.routes["svc"].manual_instances == 2


def test_a_manual_count_of_zero_disables_the_service(cloud: LocalCloud) -> None:
    """It needs no deployment, and any other count enables the service again."""
    cloud.create()
    disabled = []
    for count in (0, 1):
        scale(cloud, scaling_mode=MANUAL, manual_instance_count=count)
        disabled.append(cloud.plane.routes["svc"].is_disabled)

    assert disabled == [True, False]
    assert len(cloud.revision_names()) == 1


def test_leaving_manual_scaling_takes_both_bounds_or_neither(cloud: LocalCloud) -> None:
    """One bound alone is refused; with neither, both take the manual count."""
    cloud.create()
    scale(cloud, scaling_mode=MANUAL, manual_instance_count=3)
    for alone in ({"min_instance_count": 1}, {"max_instance_count": 4}):
        with pytest.raises(exceptions.InvalidArgument, match="both"):
            scale(cloud, scaling_mode=AUTOMATIC, **alone)
    settled = scale(cloud, scaling_mode=AUTOMATIC)
    assert (settled.min_instance_count, settled.max_instance_count) == (3, 3)
    assert "manual_instance_count" not in settled


def test_leaving_manual_scaling_with_both_bounds_uses_them(cloud: LocalCloud) -> None:
    """Given bounds win over the manual count."""
    cloud.create()
    scale(cloud, scaling_mode=MANUAL, manual_instance_count=3)
    scale(cloud, scaling_mode=AUTOMATIC, min_instance_count=1, max_instance_count=9)
    route = cloud.plane.routes["svc"]
    assert (route.min_instances, route.max_instances, route.manual_instances) == (1, 9, None)


def test_manual_scaling_survives_other_writes(cloud: LocalCloud) -> None:
    """A write that does not name the scaling leaves it alone."""
    cloud.create()
    scale(cloud, scaling_mode=MANUAL, manual_instance_count=3)
    cloud.update("svc", "description", description="new")
    assert cloud.plane.routes["svc"].manual_instances == 3


def test_a_new_service_that_scales_manually_says_its_count(cloud: LocalCloud) -> None:
    """There is no older minimum to inherit."""
    body = run_v2.Service(template=template(), scaling=run_v2.ServiceScaling(scaling_mode=MANUAL))
    with pytest.raises(exceptions.InvalidArgument, match="manual_instance_count"):
        cloud.begin_create("svc", body)
