"""Runs Schemathesis from the command line, as a gate does, against one service of a stage."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.sandbox.kit.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A bearer token or a session cookie, and the operation to leave out because it would end them."""

    left_out: str
    token: str = ""
    cookie: str = ""


def findings(stage: Stage, service: str, folder: Path, credentials: Credentials) -> str:
    """Return what Schemathesis reports when it finds anything, "" when the service keeps its contract."""
    schema, config = folder / f"{service}.json", folder / "schemathesis.toml"
    document = stage.client(service).get("/openapi.json")
    assert document.status_code == 200, document.text
    schema.write_text(document.text)
    config.write_text(
        f"[auth.openapi.session]\napi_key = {json.dumps(credentials.cookie)}\n" if credentials.cookie else ""
    )
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [
        *(program, "--config-file", str(config), "run", str(schema)),
        *("--url", stage.url, "--header", f"Host: {stage.host_of(service)}"),
        *(("--header", f"Authorization: Bearer {credentials.token}") if credentials.token else ()),
        *("--max-examples", "5", "--seed", "42", "--generation-database", "none", "--no-color"),
        *("--exclude-operation-id", credentials.left_out),
    ]
    return _run(command, folder)


def _run(command: Sequence[str], folder: Path) -> str:
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    return "" if run.returncode == 0 else run.stdout + run.stderr
