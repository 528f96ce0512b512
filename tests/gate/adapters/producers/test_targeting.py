"""A target carries what producers must know: limits, windows, the last release that went by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import grpc
import pytest

from gates.adapters.google.cloud_run import CloudRun
from gates.adapters.machine.clock import SystemClock
from gates.adapters.producers.targeting import make_target, target_from_json, target_to_json
from gates.decision.candidates import ServiceView
from gates.model.criterion import Bands, Catalogue, Comparator
from gates.model.platform import Endpoints, Observation
from gates.model.target import Target
from tests.support import builders
from tests.support.builders import criterion, release
from tests.support.tiny_run_server import TinyRun, Trouble, serving

URL = "https://auth.test"
ENVIRONMENT = builders.environment(
    service_name="isectech-{service}-sandbox",
    endpoints=Endpoints(metrics_delay_s=2.0),
    observation=Observation(extended=timedelta(minutes=1), long_term=timedelta(minutes=2)),
)


def made(*verified: str) -> Target:
    """Return the target of a release of one service whose ledger holds these revisions, newest first."""
    found = release("auth-service")
    candidate = found.services[0].candidate
    refs = tuple(replace(candidate, name=name) for name in verified)
    state = builders.state("auth-service", uri="https://auth.test", newest=candidate.name)
    view = ServiceView(state=state, revisions=(), verified=refs, quarantined=frozenset())
    wanted = criterion(
        id="SLI-X",
        comparator=Comparator.LT,
        threshold=2000.0,
        unit="ms",
        bands=Bands(alert=3000, critical=5000),
        minimum_samples=299,
        max_age=timedelta(hours=1),
    )
    return make_target(
        Catalogue(criteria=(wanted,), digest="d"), ENVIRONMENT, found, [view], builders.platform()
    )


def test_a_demand_brings_its_limits_to_producers() -> None:
    """Comparator, threshold, bands, samples and age are the catalogue's; another criterion is unknown."""
    target = target_from_json(target_to_json(made()))

    demand = target.demand("SLI-X")
    assert (demand.comparator, demand.threshold, demand.unit) == (Comparator.LT, 2000.0, "ms")
    assert (demand.bands, demand.minimum_samples) == (Bands(alert=3000, critical=5000), 299)
    assert demand.max_age_s == 3600.0
    with pytest.raises(KeyError):
        target.demand("SLI-Y")


def test_windows_and_delay_are_the_environment_s() -> None:
    """A sandbox has short days; its metrics become visible after the delay that it published."""
    target = made()

    assert (target.metrics_delay_s, target.extended_s, target.long_term_s) == (2.0, 60.0, 120.0)
    assert target.cloud_run_name("auth-service") == "isectech-auth-service-sandbox"
    assert Observation().long_term == timedelta(hours=24)


@pytest.mark.parametrize(
    ("verified", "expected"),
    [
        ((), None),
        (("auth-service-00002",), None),
        (("auth-service-00002", "auth-service-00001"), "auth-service-00001"),
        (("auth-service-00001", "auth-service-00000"), "auth-service-00001"),
    ],
)
def test_the_last_go_is_of_another_revision(verified: tuple[str, ...], expected: str | None) -> None:
    """The candidate's own GO is nothing to compare it with; on the first release there is none."""
    assert made(*verified).service("auth-service").last_go == expected


@pytest.mark.parametrize(
    ("members", "audience"),
    [(["allUsers"], ""), (["serviceAccount:gate@p.test"], URL), (["allAuthenticatedUsers"], URL), ([], URL)],
)
def test_who_must_bring_a_token_is_read_from_the_cloud(members: list[str], audience: str) -> None:
    """From the policy of the service; its ingress comes with its state."""
    with serving(TinyRun(revisions=[], invokers=members)) as address:
        place = replace(ENVIRONMENT, endpoints=Endpoints(run_grpc=address))
        found = release("auth-service")
        state = builders.state("auth-service", uri=URL, audience=URL, ingress="internal")
        view = ServiceView(state=state, revisions=(), verified=(), quarantined=frozenset())
        target = make_target(Catalogue(criteria=(), digest="d"), place, found, [view], builders.platform())
    service = target_from_json(target_to_json(target)).service("auth-service")
    assert (service.audience, service.ingress) == (audience, "internal")


def test_a_policy_that_cannot_be_read_lets_a_token_be_sent() -> None:
    """A narrow role may not read it; the token does no harm where none is asked for."""
    run = TinyRun(revisions=[], troubles={"GetIamPolicy": [Trouble(grpc.StatusCode.PERMISSION_DENIED)]})
    with serving(run) as address:
        cloud = CloudRun(replace(ENVIRONMENT, endpoints=Endpoints(run_grpc=address)), SystemClock())
        assert cloud.audience(builders.state("auth-service", audience=URL)) == URL
        cloud.close()
