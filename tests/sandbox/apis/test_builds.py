"""Cloud Build runs the rollback's build: its steps move traffic, and a step that cannot is a failure."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud.devtools import cloudbuild_v1

from tests.sandbox.admin.local_cloud import PROJECT, short
from tests.sandbox.apis.conftest import WholeCloud


def build(*args: str) -> cloudbuild_v1.Build:
    """Return a build of one gcloud step."""
    step = cloudbuild_v1.BuildStep(
        name="gcr.io/google.com/cloudsdktool/cloud-sdk", entrypoint="gcloud", args=args
    )
    return cloudbuild_v1.Build(steps=[step])


def test_a_build_moves_traffic_back(cloud: WholeCloud) -> None:
    """The operation ends with the finished build, and the old revision serves."""
    first = short(cloud.run.create().latest_ready_revision)
    cloud.run.deploy("img:2")
    builds = cloud.client(cloudbuild_v1.CloudBuildClient)
    wanted = build("run", "services", "update-traffic", "svc", f"--to-revisions={first}=100", "--region=r")
    done = builds.create_build(project_id=PROJECT, build=wanted).result(timeout=20)
    assert done.status == cloudbuild_v1.Build.Status.SUCCESS
    assert [target.revision for target in cloud.run.plane.routes["svc"].targets] == [first]
    assert builds.get_build(project_id=PROJECT, id=done.id).status == done.status


@pytest.mark.parametrize(
    "args",
    [
        ("run", "services", "update-traffic", "svc", "--to-revisions=svc-none=100"),
        ("run", "services", "delete", "svc"),
    ],
)
def test_a_step_that_cannot_be_done_fails_the_build(cloud: WholeCloud, args: tuple[str, ...]) -> None:
    """An unknown revision and an unknown command both end in an error, and nothing moves."""
    cloud.run.create()
    before = cloud.run.plane.routes["svc"]
    builds = cloud.client(cloudbuild_v1.CloudBuildClient)
    operation = builds.create_build(project_id=PROJECT, build=build(*args))
    with pytest.raises(exceptions.GoogleAPICallError):
        operation.result(timeout=20)
    assert builds.get_build(project_id=PROJECT, id=operation.metadata.build.id).status == (
        cloudbuild_v1.Build.Status.FAILURE
    )
    assert cloud.run.plane.routes["svc"] == before
