"""The whole sandbox as a process of its own, with its nine real services, and producers that look at it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from gates.evidence.pytest_results import parse
from gates.model.evidence import EvidenceBundle
from sandbox.platform.deployment import Rollout
from tests.support.deploying import deploy

_SECONDS = 180


@dataclass(frozen=True)
class RealSandbox:
    """A running sandbox: what it said of itself, its own files, and the folder for what the gate writes."""

    endpoints: Mapping[str, Any]
    state: Path
    folder: Path
    changed: set[str] = field(default_factory=set)
    """The services that were given another image."""

    def lent(self, folder: Path) -> RealSandbox:
        """Return this sandbox with reports and a ledger of their own below another folder."""
        return replace(self, folder=folder)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the gate and its producers at this sandbox; no run draws its Allure page.

        The page takes two seconds of each run and decides nothing; who looks at it sets `PATH` as it was.
        """
        return {
            **os.environ,
            "PATH": f"{_without_node(self.folder)}{os.pathsep}{os.environ['PATH']}",
            "GRPC_VERBOSITY": "NONE",
            "GATE_ENDPOINTS_FILE": str(self.state / "endpoints.json"),
            "GATE_IDENTITIES_FILE": str(self.state / "identities.json"),
            "GATE_SIGNERS_FILE": str(self.state / "allowed_signers"),
            "GATE_STANDING_FOLDER": str(self.state / "standing"),
            "GATE_REPORTS": str(self.folder / "reports"),
        }

    def deploy(
        self, service: str, image: str, *, tag: str = "", takes_traffic: bool = True, **annotations: str
    ) -> str:
        """Give a service a new revision and return its name.

        It has all traffic, also where the service was pinned; none behind a tag, or where it takes none. An
        annotation `reads_schema` is called `gate/reads-schema` on the platform.
        """
        self.changed.add(service)
        named = {f"gate/{name.replace('_', '-')}": value for name, value in annotations.items()}
        serves = takes_traffic and not tag
        rollout = Rollout(image=image, takes_traffic=serves, to_latest=serves, tag=tag, annotations=named)
        return deploy(self.state, service, rollout)

    def heal(self) -> None:
        """Give every service that was changed its healthy image again, with all traffic."""
        for service in sorted(self.changed):
            self.deploy(service, f"sandbox/{service}:1.0.0")
        self.changed.clear()

    @contextmanager
    def turned(self, **knobs: float) -> Iterator[None]:
        """Turn knobs of the platform while the block runs."""
        url = f"{self.endpoints['admin_rest']}/sandbox/knobs"
        before = httpx.get(url, trust_env=False).raise_for_status().json()
        httpx.put(url, json=knobs, trust_env=False).raise_for_status()
        try:
            yield
        finally:
            httpx.put(url, json={name: before[name] for name in knobs}, trust_env=False).raise_for_status()

    def run(
        self, *command: str, wanted: int | None = None, variables: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.CompletedProcess[str]:
        """Run a command that is pointed at this sandbox; `wanted` is the exit code that it must have."""
        done = subprocess.run(
            command,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert wanted is None or done.returncode == wanted, done.stdout + done.stderr
        return done

    def look(self, *node_ids: str, run_folder: Path, **variables: str) -> EvidenceBundle:
        """Run producers and return what they saw."""
        run_folder.mkdir(parents=True, exist_ok=True)
        evidence = run_folder / "producers.jsonl"
        options = ["-q", "-p", "no:randomly", "--env", "sandbox", f"--gate-evidence={evidence}"]
        more = {"GATE_RUN_FOLDER": str(run_folder), **variables}
        done = self.run(sys.executable, "-m", "pytest", *options, *node_ids, variables=more)
        assert evidence.exists(), done.stdout + done.stderr
        return parse(evidence.read_text(encoding="utf-8"), exit_status=done.returncode)


def _without_node(folder: Path) -> Path:
    """Return a folder that hides the machine's Node."""
    hidden = folder / "without-node"
    hidden.mkdir(exist_ok=True)
    (hidden / "node").write_text("#!/bin/sh\nexit 1\n")
    (hidden / "node").chmod(0o755)
    return hidden


@contextmanager
def real_sandbox(folder: Path, *options: str) -> Iterator[RealSandbox]:
    """Run the nine services until the block ends; `options` are those of `sandbox up`."""
    command = [sys.executable, "-m", "sandbox", "up", "--state-dir", str(folder / "state"), *options]
    with (
        (folder / "sandbox.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as running,
    ):
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            assert line, (folder / "sandbox.log").read_text()
            yield RealSandbox(endpoints=json.loads(line), state=folder / "state", folder=folder)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(timeout=30)
