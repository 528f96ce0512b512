"""INF-02: the cloud looks after each instance by itself, and finds it well.

Without a probe of its own a container counts as started once its port is open, and is never looked at again
(https://cloud.google.com/run/docs/configuring/healthchecks).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand, expect

TIMES = 3
PROBES = {"startup": "startup_probe", "liveness": "liveness_probe"}

Application = Callable[[str], Any]


def _paths(application: Application, service: str) -> dict[str, str]:
    """Return the path that each probe asks; empty for one that is missing or looks at the port alone."""
    container = application(service)
    return {kind: getattr(container, name).http_get.path for kind, name in PROBES.items()}


@pytest.mark.criterion("INF-02")
def test_probes_are_configured(service: ServiceTarget, application: Application) -> None:
    """The revision has a startup and a liveness probe, and both ask it over HTTP."""
    missing = [kind for kind, path in _paths(application, service.name).items() if not path]
    demand(not missing, f"{service.revision} has no HTTP probe for {missing}", blames=service.name)


@pytest.mark.criterion("INF-02")
def test_probes_succeed(
    service: ServiceTarget, application: Application, http: Callable[[str], httpx.Client]
) -> None:
    """What the probes ask is answered well, several times in a row."""
    paths = [path for path in _paths(application, service.name).values() if path]
    demand(paths, "has no probe that could succeed", blames=service.name)
    for path in paths * TIMES:
        expect(http(service.name).get(path), 200, blames=service.name)
