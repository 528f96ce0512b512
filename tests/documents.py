"""The reviewed OpenAPI documents of the platform that producers look at."""

from __future__ import annotations

import os
from pathlib import Path

_SHIPPED = Path(__file__).parents[1] / "platforms" / "isectech"


def openapi_folder() -> Path:
    """Return the folder of the documents, of the platform in GATE_PLATFORM: the plugin always sets it."""
    return Path(os.environ.get("GATE_PLATFORM") or _SHIPPED) / "openapi"
