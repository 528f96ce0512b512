"""A permission that a knob denies is denied by every API, and named by those that are asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google.api_core import exceptions
from google.cloud import (
    artifactregistry_v1,
    logging_v2,
    resourcemanager_v3,
    secretmanager_v1,
    service_usage_v1,
)
from google.cloud.devtools import cloudbuild_v1
from google.iam.v1 import iam_policy_pb2

from sandbox.platform import permissions
from sandbox.platform.apis import catalogue
from sandbox.platform.apis.context import ApisContext
from sandbox.platform.contract import KnobBoard
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.monitoring.suite import MonitoringSuite
from tests.sandbox.admin.local_cloud import PARENT, PROJECT
from tests.sandbox.apis.conftest import WholeCloud

SERVICE = f"{PARENT}/services/svc"
SECRET = f"projects/{PROJECT}/secrets/auth-service-client-secret/versions/1"
REPOSITORY = f"{PARENT}/repositories/{PROJECT}-docker-repo"


def calls(cloud: WholeCloud) -> Iterator[tuple[str, Any]]:
    """Yield a call of each API, with the permission that it needs."""
    api = cloud.client
    yield "run.services.get", cloud.run.get
    yield "run.services.update", lambda: cloud.run.begin_update("svc", ["labels"], labels={"a": "b"})
    yield "run.revisions.list", cloud.run.revision_names
    secrets = api(secretmanager_v1.SecretManagerServiceClient)
    yield "secretmanager.versions.access", lambda: secrets.access_secret_version(name=SECRET)
    images = api(artifactregistry_v1.ArtifactRegistryClient)
    yield "artifactregistry.dockerimages.list", lambda: list(images.list_docker_images(parent=REPOSITORY))
    projects = api(resourcemanager_v3.ProjectsClient)
    yield "resourcemanager.projects.get", lambda: projects.get_project(name=f"projects/{PROJECT}")
    usage = api(service_usage_v1.ServiceUsageClient)
    asked = service_usage_v1.ListServicesRequest(parent=f"projects/{PROJECT}")
    yield "serviceusage.services.list", lambda: list(usage.list_services(asked))
    logs = api(logging_v2.services.logging_service_v2.LoggingServiceV2Client)
    names = [f"projects/{PROJECT}"]
    yield "logging.logEntries.list", lambda: list(logs.list_log_entries(resource_names=names))
    builds = api(cloudbuild_v1.CloudBuildClient)
    build = cloudbuild_v1.Build(steps=[cloudbuild_v1.BuildStep(args=["x"])])
    yield "cloudbuild.builds.create", lambda: builds.create_build(project_id=PROJECT, build=build)


def test_each_api_refuses_what_is_denied_and_nothing_else(cloud: WholeCloud) -> None:
    """403 while its own permission is denied; the same call is answered while all others are."""
    cloud.run.create()
    known = dict(calls(cloud))
    for permission, call in known.items():
        cloud.run.turn(permissions_denied=f" {permission} ")
        with pytest.raises(exceptions.PermissionDenied, match=permission):
            call()
        cloud.run.turn(permissions_denied=",".join(other for other in known if other != permission))
        call()


def test_a_pattern_denies_all_permissions_of_a_kind(cloud: WholeCloud) -> None:
    """Revisions cannot be read while services can."""
    cloud.run.create()
    cloud.run.turn(permissions_denied="run.revisions.*")
    with pytest.raises(exceptions.PermissionDenied):
        cloud.run.revision_names()
    assert cloud.run.get().name == SERVICE


@pytest.mark.parametrize(
    ("permission", "path"),
    [
        ("cloudsql.instances.list", f"/v1/projects/{PROJECT}/instances"),
        ("run.services.list", f"/apis/serving.knative.dev/v1/namespaces/{PROJECT}/services"),
    ],
)
def test_rest_apis_refuse_in_the_words_of_google(cloud: WholeCloud, permission: str, path: str) -> None:
    """403 with the status and the permission, as gcloud and the client libraries read them."""
    assert httpx.get(cloud.run.rest + path).status_code == 200
    cloud.run.turn(permissions_denied=permission)
    answer = httpx.get(cloud.run.rest + path)
    assert (answer.status_code, answer.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert permission in answer.json()["error"]["message"]


def test_who_asks_is_told_which_permissions_are_left(cloud: WholeCloud) -> None:
    """TestIamPermissions of a service and of the project, for permissions of any API; asking needs none."""
    cloud.run.create()
    cloud.run.turn(permissions_denied="run.services.update,logging.*")
    asked = ["run.services.get", "run.services.update", "logging.logEntries.list"]
    projects = cloud.client(resourcemanager_v3.ProjectsClient)
    request = iam_policy_pb2.TestIamPermissionsRequest(resource=SERVICE, permissions=asked)
    assert list(cloud.run.services.test_iam_permissions(request).permissions) == asked[:1]
    request.resource = f"projects/{PROJECT}"
    assert list(projects.test_iam_permissions(request).permissions) == asked[:1]
    cloud.run.turn(permissions_denied="*")
    assert list(projects.test_iam_permissions(request).permissions) == []


def test_the_operations_of_builds_are_not_those_of_services(cloud: WholeCloud) -> None:
    """A role without Cloud Run's operations still reads what a build does."""
    cloud.run.turn(operations_denied=True)
    builds = cloud.client(cloudbuild_v1.CloudBuildClient)
    build = cloudbuild_v1.Build(steps=[cloudbuild_v1.BuildStep(args=["x"])])
    started = builds.create_build(project_id=PROJECT, build=build)
    assert builds.transport.operations_client.get_operation(started.operation.name).name


def test_every_method_of_every_api_needs_a_permission(cloud: WholeCloud, tmp_path: Any) -> None:
    """But the question for permissions itself."""
    control = cloud.run.running.control
    (tmp_path / "more").mkdir()
    context = ApisContext(KnobBoard(), tmp_path / "more", project=PROJECT, region="us-central1")
    suite = MonitoringSuite(KnobBoard(), lambda *_: None, project=PROJECT, region="us-central1")
    tables = {**catalogue.tables(Disturbances(), context, control), **suite.tables()}
    needed = {
        (service, method): permissions.permission_of(service, method, tables)
        for service, table in tables.items()
        for method in table
    }
    without = [method for (_, method), permission in needed.items() if permission.count(".") != 2]
    assert set(without) == {"TestIamPermissions"}
