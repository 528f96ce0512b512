"""The gate's rollback build against the sandbox's Cloud Build."""

from __future__ import annotations

import pytest

from gates.adapters.google.cloud_build import CloudBuild
from gates.errors import LeaseLostError, OperationFailedError
from gates.model.decision import RollBack
from gates.model.platform import Endpoints, Environment
from tests.sandbox.admin.local_cloud import PROJECT, REGION, short
from tests.sandbox.apis.conftest import WholeCloud
from tests.support import builders


@pytest.fixture
def place(cloud: WholeCloud) -> Environment:
    """The environment that is built in."""
    return builders.environment(
        project=PROJECT,
        region=REGION,
        allowed_impacts=(),
        endpoints=Endpoints(apis_grpc=f"127.0.0.1:{cloud.apis_port}"),
    )


@pytest.fixture
def builder(place: Environment) -> CloudBuild:
    """The gate's client of Cloud Build."""
    return CloudBuild(place)


def to(target: str) -> RollBack:
    """Return the rollback of the one service to a revision."""
    return builders.back("svc", from_revision="", to_revision=target)


def test_the_build_moves_the_traffic(cloud: WholeCloud, builder: CloudBuild) -> None:
    """Its step is the guide's own kind of command; it ends when the traffic list was applied."""
    first = short(cloud.run.create().latest_ready_revision)
    cloud.run.deploy("img:2")
    assert f"--to-revisions={first}=100" in builder.steps([to(first)])[0]
    assert builder.run([to(first)])
    assert [target.revision for target in cloud.run.plane.routes["svc"].targets] == [first]


def test_a_failed_build_is_an_error(cloud: WholeCloud, builder: CloudBuild) -> None:
    """With the build's own reason."""
    cloud.run.create()
    with pytest.raises(OperationFailedError, match="does not exist"):
        builder.run([to("svc-none")])


def test_a_gate_that_another_took_over_from_submits_no_build(cloud: WholeCloud, place: Environment) -> None:
    """The traffic stays where it is."""
    first = short(cloud.run.create().latest_ready_revision)
    cloud.run.deploy("img:2")
    before = cloud.run.plane.routes["svc"].targets

    def fence() -> None:
        raise LeaseLostError("run-2 took over")

    with pytest.raises(LeaseLostError):
        CloudBuild(place, fence).run([to(first)])
    assert cloud.run.plane.routes["svc"].targets == before
