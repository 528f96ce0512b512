"""Revisions that are not what they say: not up, not ready, not what was deployed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from sandbox.faults.fault import ALL, App, Create, known_bad, replacing, wrapping
from sandbox.faults.response_faults import answering, on, rewriting
from sandbox.kit.breaker import CircuitOpenError

_COLD_START_S = 12.0


@known_bad("M22", "api-gateway", "a circuit that never closes again", "HLT-DEEP")
@replacing("kit.breaker:Breaker.enter")
def circuit_stuck_open(genuine: Callable[[Any], None], breaker: Any) -> None:
    """The one to asset-discovery; readiness looks fine."""
    if breaker.name == "asset-discovery":
        raise CircuitOpenError(breaker.name, 1.0)
    genuine(breaker)


@known_bad("M22B", "api-gateway", "no circuit of it ever opens", "INF-03", has_arm=False)
def circuit_never_opens(_service: str, create: Create) -> App:
    """Whatever fails is called again and again."""
    os.environ["BREAKER_THRESHOLD"] = "1000000"
    app: App = create()
    return app


@known_bad("M24B", ALL, "it needs twelve seconds before it listens", has_arm=False)
def cold_start_slow(_service: str, create: Create) -> App:
    threading.Event().wait(_COLD_START_S)
    app: App = create()
    return app


@known_bad("M24", ALL, "the process ends before it listens", "DEP-SERVING", "INF-01")
def crash_on_start(_service: str, _create: Create) -> App:
    raise RuntimeError("a setting is missing")


@known_bad("H01", ALL, "it says that it is not ready", "HLT-READY")
@wrapping
def never_ready(app: App) -> App:
    return answering(app, on(".* /readyz"), 503)


@known_bad("H02", ALL, "ready with its database down", "HLT-READY")
@rewriting(".* /readyz")
def ready_without_database(document: Any) -> Any:
    return {**document, "dependencies": [{"name": "database", "state": "down", "isRequired": True}]}


@known_bad("H03", ALL, "its health says that it is not alive", "HLT-LIVE", "VAL-HEALTH")
@rewriting(".* /healthz")
def dying(document: Any) -> Any:
    """The status is still 200."""
    return {**document, "status": "dying"}


@known_bad("H04", ALL, "it says that it is another revision", "DEP-SERVING")
@rewriting(".* /version")
def version_lies(document: Any) -> Any:
    return {**document, "revision": f"{document['service']}-00001-old"}
