"""The whole local platform as a process of its own, for tests that go end to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.platform.deployment import Rollout
from tests.support.deploying import deploy
from tests.support.sample_verdict import SERVICES

_APP = """
import os

from fastapi import FastAPI

app = FastAPI()


@app.get("/healthz")
@app.get("/readyz")
def health() -> dict[str, str]:
    return {}


@app.get("/version")
def version() -> dict[str, str]:
    return {"service": os.environ["SERVICE_NAME"], "revision": os.environ["K_REVISION"]}
"""


@dataclass(frozen=True)
class LocalPlatform:
    """A running platform: what it said of itself, and where its files are."""

    endpoints: Mapping[str, Any]
    folder: Path

    @property
    def endpoints_file(self) -> Path:
        """The file that an environment's document names."""
        return self.folder / "state" / "endpoints.json"

    def deploy(self, service: str, version: int, *, takes_traffic: bool = True, tag: str = "") -> str:
        """Deploy a version, with all traffic unless told otherwise, and return its revision."""
        of = image(self.folder, version)
        rollout = Rollout(image=of, takes_traffic=takes_traffic, to_latest=takes_traffic, tag=tag)
        return deploy(self.folder / "state", service, rollout)

    def turn(self, **knobs: float | str | bool) -> None:
        """Change knobs of the local cloud."""
        url = f"{self.endpoints['admin_rest']}/sandbox/knobs"
        httpx.put(url, json=knobs, trust_env=False).raise_for_status()


def image(folder: Path, version: int) -> str:
    """Return the reference of a tiny app; each version has content, and so a digest, of its own."""
    path = folder / f"app_{version}.py"
    path.write_text(f"{_APP}\nVERSION = {version}\n")
    return f"py:{path}:app"


@contextmanager
def local_platform(folder: Path, *, version: int = 1) -> Iterator[LocalPlatform]:
    """Run nine tiny services until the block ends."""
    images = [word for name in SERVICES for word in ("--image", f"{name}={image(folder, version)}")]
    command = [sys.executable, "-m", "sandbox", "up", "--state-dir", str(folder / "state"), *images]
    environment = {**os.environ, "GRPC_VERBOSITY": "NONE"}
    with (
        (folder / "platform.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as running,
    ):
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            assert line, (folder / "platform.log").read_text()
            yield LocalPlatform(endpoints=json.loads(line), folder=folder)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=30)
