"""Opens the load generator's own page, with every kind of user pointed at a release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gates.adapters import secrets, targeting
from gates.errors import ConfigurationError
from gates.model.target import Target

LOCUSTFILE = "load/locustfile.py"


def open_page(target: Target, *, root: Path, folder: Path, port: int, more: Sequence[str] = ()) -> int:
    """Serve the generator's page on this machine until it is ended, and return its exit status.

    The secrets of the identities go into a file that only this account can read and that goes when the page
    does. `more` are further options of the generator.
    """
    target_file = folder / "target.json"
    target_file.write_text(targeting.target_to_json(target), encoding="utf-8")
    address = dict(target.addresses)
    host = target.public_url("api-gateway").removeprefix("https://")
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as known:
        json.dump(_identities(target), known)
        known.flush()
        command = [
            *(sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--web-host", "127.0.0.1"),
            *("--web-port", str(port), "-H", f"https://{address.get(f'{host}:443', host)}", *more),
        ]
        variables = {"LOAD_TARGET": str(target_file), "LOAD_IDENTITIES": known.name, "LOAD_HOST_HEADER": host}
        ended = subprocess.run(command, cwd=root, env={**os.environ, **variables}, check=False)
    return ended.returncode


def _identities(target: Target) -> dict[str, dict[str, object]]:
    """Return what leads somewhere; a user whose identity is missing says so when it signs in."""
    found: dict[str, dict[str, object]] = {}
    for name, reference in target.identities:
        with suppress(ConfigurationError):
            found[name] = secrets.resolve(reference, endpoint=target.apis_grpc)
    return found
