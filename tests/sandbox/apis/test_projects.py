"""The project and its APIs as Google's own clients see them."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import resourcemanager_v3, service_usage_v1

from tests.sandbox.admin.local_cloud import PROJECT
from tests.sandbox.apis.conftest import WholeCloud


def test_the_project_is_active(cloud: WholeCloud) -> None:
    """It answers to its id; another one is denied, as Google denies what it does not want to confirm."""
    projects = cloud.client(resourcemanager_v3.ProjectsClient)
    found = projects.get_project(name=f"projects/{PROJECT}")
    assert (found.project_id, found.state) == (PROJECT, resourcemanager_v3.Project.State.ACTIVE)
    with pytest.raises(exceptions.PermissionDenied):
        projects.get_project(name="projects/other")


def test_enabled_apis_are_told_from_disabled_ones(cloud: WholeCloud) -> None:
    """A filter, one by name, several by name; a disabled API leaves the list."""
    usage = cloud.client(service_usage_v1.ServiceUsageClient)
    name = f"projects/{PROJECT}/services/sqladmin.googleapis.com"
    enabled = {"parent": f"projects/{PROJECT}", "filter": "state:ENABLED"}
    before = len(list(usage.list_services(request=enabled)))
    with cloud.disturbed("api-disabled"):
        assert len(list(usage.list_services(request=enabled))) == before - 1
        assert usage.get_service(request={"name": name}).state == service_usage_v1.State.DISABLED
    found = usage.batch_get_services(request={"parent": f"projects/{PROJECT}", "names": [name]})
    assert [one.state for one in found.services] == [service_usage_v1.State.ENABLED]
