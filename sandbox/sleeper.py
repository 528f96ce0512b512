"""An auth-service that is ready until the file `awake` lies in its data folder: it fails late, as some do.

`py:sandbox.sleeper:create_app` is its image.
"""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.faults.fault import App
from sandbox.faults.response_faults import answering
from sandbox.services.auth_service.app import create_app as create_auth_service

ALARM = "awake"
_DOWN = b'{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"down","code":"down"}'


def create_app() -> App:
    """Build the service; every readiness probe asks whether it is awake."""
    alarm = Path(os.environ["DATA_DIR"]) / ALARM

    def is_spoilt(_method: str, path: str) -> bool:
        return path == "/readyz" and alarm.exists()

    return answering(create_auth_service(), is_spoilt, 503, _DOWN)
