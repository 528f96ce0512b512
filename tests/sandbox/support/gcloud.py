"""The real gcloud command on this machine, kept away from everything that is configured here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.sandbox.admin.local_cloud import PROJECT


def variables(folder: Path, **own: str) -> dict[str, str]:
    """Return gcloud's variables: a configuration in `folder`, no credentials, and `own` beside them.

    The interpreter is named because gcloud would start several to choose one.
    """
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CLOUDSDK_PYTHON": sys.executable,
        "CLOUDSDK_CONFIG": str(folder),
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CORE_PROJECT": PROJECT,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        **own,
    }
