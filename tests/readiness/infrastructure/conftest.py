"""What the infrastructure checks share: the deployed services, raw connections, people of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.cloud import run_v2

from gates.model.target import Target
from tests.readiness.infrastructure.containers import application_of
from tests.readiness.security.conftest import account, tenant, volley

__all__ = ["account", "deployed", "tenant", "volley"]

_READ_S = 15.0


@pytest.fixture(scope="session")
def deployed(google: Callable[[type[Any]], Any], target: Target) -> Callable[[str], run_v2.Service]:
    """Give what the cloud's API says of a service, whole, read when it is asked for."""

    def read(service: str) -> run_v2.Service:
        place = f"projects/{target.project}/locations/{target.region}"
        name = f"{place}/services/{target.service_name.format(service=service)}"
        found: run_v2.Service = google(run_v2.ServicesClient).get_service(name=name, timeout=_READ_S)
        return found

    return read


@pytest.fixture(scope="session")
def candidate(google: Callable[[type[Any]], Any], target: Target) -> Callable[[str], run_v2.Revision]:
    """Give what the cloud's API says of the revision under test of a service."""

    def read(service: str) -> run_v2.Revision:
        place = f"projects/{target.project}/locations/{target.region}"
        name = f"{place}/services/{target.service_name.format(service=service)}"
        revision = target.service(service).revision
        found: run_v2.Revision = google(run_v2.RevisionsClient).get_revision(
            name=f"{name}/revisions/{revision}", timeout=_READ_S
        )
        return found

    return read


@pytest.fixture
def application(candidate: Callable[[str], run_v2.Revision]) -> Callable[[str], run_v2.Container]:
    """Give the container of a service's revision that takes the requests."""
    return lambda service: application_of(candidate(service))
