"""Two environments at once: projects, names and secrets of their own, and one end for both."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import topology
from sandbox.platform.deployment import Rollout
from tests.sandbox.plane.local_plane import APPS, is_running
from tests.support.deploying import deploy

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60
NAMES = ("staging", "production")


class Both:
    """Two environments, with small applications as their services."""

    def __init__(self, folder: Path) -> None:
        small = [f"--image={service.name}=py:{APPS}:mirror" for service in topology.SERVICES]
        words = ["up", f"--state-dir={folder}", "--environments", ",".join(NAMES), *small]
        self.folder = folder
        with folder.with_suffix(".log").open("w") as log:
            line = [sys.executable, "-m", "sandbox", *words]
            self.up = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=log, cwd=ROOT)
        assert self.up.stdout is not None
        assert select.select([self.up.stdout], [], [], 2 * PATIENCE_S)[0], "they said nothing"
        self.endpoints: dict[str, dict[str, Any]] = json.loads(self.up.stdout.readline())

    def identities(self, name: str) -> dict[str, dict[str, Any]]:
        """What the gate gets to know of an environment's people and programs."""
        found: dict[str, dict[str, Any]] = json.loads((self.folder / name / "identities.json").read_text())
        return found

    def pids(self) -> list[int]:
        """The processes that must not stay behind."""
        return [self.up.pid, *(int(one["pid"]) for one in self.endpoints.values())]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    """Both of them, ended at the latest here."""
    found = Both(tmp_path / "state")
    yield found
    with found.up:
        found.up.kill()


def secrets_of(identities: dict[str, dict[str, Any]]) -> set[str]:
    """Every secret in there."""
    kinds = ("password", "totp_secret", "client_secret")
    plain = {str(one[kind]) for one in identities.values() for kind in kinds if kind in one}
    return plain | {str(one["jwk"]["d"]) for one in identities.values() if "jwk" in one}


def test_environments_share_no_secret_and_end_together(both: Both) -> None:
    """Other projects, other names, and no secret of one opens anything of the other."""
    projects = {name: both.endpoints[name]["project"] for name in NAMES}
    assert projects == {"staging": "isectech-staging", "production": "isectech-security-platform"}
    known = [both.identities(name) for name in NAMES]
    assert known[0].keys() == known[1].keys()
    assert secrets_of(known[0]).isdisjoint(secrets_of(known[1]))
    assert known[0]["forger"]["iss"] != known[1]["forger"]["iss"]

    made = deploy(both.folder / "production", "frontend", Rollout(image=f"py:{APPS}:made"))
    assert made.startswith("isectech-frontend-production-")
    host = f"isectech-frontend-production.{topology.REGION}.{topology.RUN_DOMAIN}"
    answers = [httpx.get(both.endpoints[name]["mesh"], headers={"host": host}).status_code for name in NAMES]
    assert answers == [404, 200]

    both.up.send_signal(signal.SIGTERM)
    assert both.up.wait(PATIENCE_S) == 0
    assert not [pid for pid in both.pids() if is_running(pid)]


@pytest.mark.parametrize("victim", ["one", "parent"])
def test_nothing_stays_behind_when_a_process_is_killed(both: Both, victim: str) -> None:
    """The end of one environment ends the command with an error; its own end takes both along."""
    pids = both.pids()
    os.kill(pids[1] if victim == "one" else pids[0], signal.SIGKILL)
    assert both.up.wait(PATIENCE_S) == (1 if victim == "one" else -signal.SIGKILL)
    waiting = 200
    while waiting and [pid for pid in pids if is_running(pid)]:
        select.select([], [], [], 0.05)
        waiting -= 1
    assert not [pid for pid in pids if is_running(pid)]
