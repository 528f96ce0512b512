"""Revisions that do not stand as they say: not up, not ready, not what was deployed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from sandbox.faults.wrapping import App, answering, rewriting
from sandbox.kit.breaker import CircuitOpenError

Create = Callable[[], Any]
_UNREADY = (
    b'{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"warming","code":"warming"}'
)

_COLD_START_S = 12.0
_NEVER = "1000000"


def crash_on_start(_service: str, _create_app: Create) -> App:
    """M24: the process ends before it listens."""
    raise RuntimeError("a setting is missing")


def cold_start_slow(_service: str, create_app: Create) -> App:
    """M24B: the process needs twelve seconds before it listens."""
    threading.Event().wait(_COLD_START_S)
    return create_app()  # type: ignore[no-any-return]


def never_ready(_service: str, create_app: Create) -> App:
    """It lives, it serves, and it says that it is not ready."""
    return answering(create_app(), lambda _method, path: path == "/readyz", 503, _UNREADY)


def ready_without_database(_service: str, create_app: Create) -> App:
    """It says that it is ready, and that its database is down."""

    def down(document: Any) -> Any:
        return {**document, "dependencies": [{"name": "database", "state": "down", "isRequired": True}]}

    return rewriting(create_app(), lambda _method, path: path == "/readyz", down)


def dying(_service: str, create_app: Create) -> App:
    """Its health answers 200, and says that it is not alive."""
    return rewriting(
        create_app(),
        lambda _method, path: path == "/healthz",
        lambda document: {**document, "status": "dying"},
    )


def version_lies(_service: str, create_app: Create) -> App:
    """It says that it is the revision of last week."""
    return rewriting(
        create_app(),
        lambda _method, path: path == "/version",
        lambda document: {**document, "revision": f"{document['service']}-00001-old"},
    )


def circuit_stuck_open(_service: str, create_app: Create) -> App:
    """M22: the circuit to asset-discovery opened once and never closes again; readiness looks fine."""
    app = create_app()
    breaker = app.state.kit.circuits.of("asset-discovery")
    breaker.enter = _refuse(breaker.name)
    return app  # type: ignore[no-any-return]


def circuit_never_opens(_service: str, create_app: Create) -> App:
    """M22B: whatever fails is called again and again; no circuit ever opens."""
    os.environ["BREAKER_THRESHOLD"] = _NEVER
    return create_app()  # type: ignore[no-any-return]


def _refuse(name: str) -> Callable[[], None]:
    def enter() -> None:
        raise CircuitOpenError(name, 1.0)

    return enter
