"""Deploying and taking back, with the real client library over real gRPC."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest

from gates.adapters.google.cloud_run import CloudRun
from gates.errors import DeniedError, OperationFailedError
from gates.model.platform import Endpoints
from gates.workflows.bench_deployments import BenchDeployments
from tests.support import builders
from tests.support.fake_clock import FakeClock
from tests.support.tiny_run_server import LATEST, REVISION, TinyRun, Trouble, serving


@pytest.fixture
def run() -> TinyRun:
    """A cloud with one service."""
    return TinyRun()


@pytest.fixture
def deployer(run: TinyRun) -> Iterator[BenchDeployments]:
    """A deployer connected to it."""
    with serving(run) as address:
        environment = builders.environment(
            service_name="isectech-{service}-sandbox",
            allowed_impacts=(),
            endpoints=Endpoints(run_grpc=address),
        )
        clock = FakeClock()
        cloud = CloudRun(environment, clock)
        yield BenchDeployments(cloud, clock, environment.cloud_run_name)
        cloud.close()


def targets(run: TinyRun) -> list[tuple[object, str, int, str]]:
    """Return the traffic list of the last write."""
    sent = run.command("UpdateService")[-1].service.traffic
    return [(target.type_, target.revision, target.percent, target.tag) for target in sent]


def test_a_revision_gets_all_traffic_under_its_own_name(run: TinyRun, deployer: BenchDeployments) -> None:
    """Image and traffic travel in one write, guarded by the etag that was read."""
    name = deployer.deploy("a", "registry.test/a:bad", percent=100, tag="")
    (request,) = run.command("UpdateService")
    assert name.startswith("isectech-a-sandbox-")
    assert request.service.template.revision == name
    assert request.service.template.containers[0].image == "registry.test/a:bad"
    assert targets(run) == [(REVISION, name, 100, "")]
    assert list(request.update_mask.paths) == ["template", "traffic"]


def test_a_canary_leaves_the_rest_where_it_is(run: TinyRun, deployer: BenchDeployments) -> None:
    """A share for the new revision, or a tag alone."""
    name = deployer.deploy("a", "registry.test/a:bad", percent=10, tag="canary")
    assert targets(run) == [(REVISION, "a-00002", 90, ""), (REVISION, name, 10, "canary")]
    name = deployer.deploy("a", "registry.test/a:worse", percent=0, tag="next")
    assert targets(run) == [(REVISION, "a-00002", 100, ""), (REVISION, name, 0, "next")]


def test_what_served_before_is_deployed_again_with_its_traffic(
    run: TinyRun, deployer: BenchDeployments
) -> None:
    """Also after several deployments; then there is nothing more to restore."""
    before = [(LATEST, "", 100, ""), (REVISION, "a-00001", 0, "stable"), (LATEST, "", 0, "next")]
    deployer.deploy("a", "registry.test/a:bad", percent=100, tag="")
    deployer.deploy("a", "registry.test/a:worse", percent=100, tag="")
    deployer.restore("a")
    (read,) = run.command("GetRevision")
    copy = run.command("UpdateService")[-1].service.template
    assert read.name.endswith("/a-00002")
    assert [one.image for one in copy.containers] == ["registry.test/a@sha256:a-00002"]
    assert targets(run) == before
    deployer.restore("a")
    assert len(run.command("UpdateService")) == 3


def test_a_revision_that_never_gets_ready_is_still_the_one_to_judge(
    run: TinyRun, deployer: BenchDeployments
) -> None:
    """It is deployed and named; a restoration that fails the same way is an error."""
    run.operation_error = 9
    assert deployer.deploy("a", "registry.test/a:dead", percent=100, tag="")
    with pytest.raises(OperationFailedError, match="revision is not ready"):
        deployer.restore("a")
    run.operation_error = 0
    deployer.restore("a")


def test_a_refusal_is_the_gates_own_error(run: TinyRun, deployer: BenchDeployments) -> None:
    """What was tried is said."""
    run.troubles["UpdateService"] = [Trouble(grpc.StatusCode.PERMISSION_DENIED)]
    with pytest.raises(DeniedError, match="deploy isectech-a-sandbox-"):
        deployer.deploy("a", "registry.test/a:bad", percent=100, tag="")
