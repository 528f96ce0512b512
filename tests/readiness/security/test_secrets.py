"""SEC-05: no secret in plain configuration; each secret is pinned to a version that exists and is enabled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2, secretmanager_v1

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand
from tests.readiness.security.plain_secrets import looks_secret

_SECONDS = 10.0


@pytest.mark.criterion("SEC-05")
def test_no_plain_secret(service: ServiceTarget, target: Target, google: Callable[[type[Any]], Any]) -> None:
    """Of the revision under test and of every one that has traffic: plain values, and references."""
    secrets = google(secretmanager_v1.SecretManagerServiceClient)
    variables = list(_variables(service, target, google))
    demand(variables, "no revision shows its configuration", blames=service.name)
    for revision, variable in variables:
        where = f"{variable.name} of {revision}"
        key = variable.value_source.secret_key_ref
        if not key.secret:
            is_plain = looks_secret(variable.name, variable.value)
            demand(not is_plain, f"{where} holds what looks like a secret, in plain", blames=service.name)
            continue
        is_pinned = key.version.isdigit()
        demand(is_pinned, f"{where} takes version '{key.version}' of its secret", blames=service.name)
        demand(_is_enabled(secrets, target, key), f"{where} has no enabled secret", blames=service.name)


def _variables(
    service: ServiceTarget, target: Target, google: Callable[[type[Any]], Any]
) -> Iterator[tuple[str, Any]]:
    """Yield the variables of the revision under test and of those that have traffic."""
    place = f"projects/{target.project}/locations/{target.region}/services"
    name = f"{place}/{target.service_name.format(service=service.name)}"
    found = google(run_v2.ServicesClient).get_service(name=name, timeout=_SECONDS)
    serving = {status.revision for status in found.traffic_statuses if status.percent and status.revision}
    for revision in sorted({service.revision, *serving}):
        described = google(run_v2.RevisionsClient).get_revision(
            name=f"{name}/revisions/{revision.rpartition('/')[2]}", timeout=_SECONDS
        )
        for container in described.containers:
            yield from ((revision, variable) for variable in container.env)


def _is_enabled(secrets: Any, target: Target, key: Any) -> bool:
    """Whether the version is there and enabled; a refusal to say is an error, never a yes."""
    secret = key.secret if "/" in key.secret else f"projects/{target.project}/secrets/{key.secret}"
    try:
        version = secrets.get_secret_version(name=f"{secret}/versions/{key.version}", timeout=_SECONDS)
    except exceptions.NotFound:
        return False
    return bool(version.state == secretmanager_v1.SecretVersion.State.ENABLED)
