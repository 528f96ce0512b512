"""The project and its APIs as Google's own clients see them."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import resourcemanager_v3, service_usage_v1

from tests.sandbox.admin.local_cloud import PROJECT
from tests.sandbox.apis.conftest import WholeCloud

STATES = ("ENABLED", "DISABLED")


def test_the_project_is_active(cloud: WholeCloud) -> None:
    """It answers to its id; another one is denied, as Google denies what it does not want to confirm."""
    projects = cloud.client(resourcemanager_v3.ProjectsClient)
    found = projects.get_project(name=f"projects/{PROJECT}")
    assert (found.project_id, found.state) == (PROJECT, resourcemanager_v3.Project.State.ACTIVE)
    with pytest.raises(exceptions.PermissionDenied):
        projects.get_project(name="projects/other")


def test_enabled_apis_are_told_from_disabled_ones(cloud: WholeCloud) -> None:
    """A disabled API leaves the list of enabled ones and is in the other."""
    usage = cloud.client(service_usage_v1.ServiceUsageClient)
    enabled, disabled = ({"parent": f"projects/{PROJECT}", "filter": f"state:{state}"} for state in STATES)
    before = len(list(usage.list_services(request=enabled)))
    with cloud.disturbed("api-disabled"):
        assert len(list(usage.list_services(request=enabled))) == before - 1
        (found,) = usage.list_services(request=disabled)
        assert found.name.endswith("/sqladmin.googleapis.com")
        assert found.state == service_usage_v1.State.DISABLED
    assert list(usage.list_services(request=disabled)) == []
