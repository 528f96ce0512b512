"""A rollback of nine services that is killed at any point of its journal ends the same after a resume."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core.future import polling
from google.cloud import run_v2

from gates.adapters.documents import codec
from gates.adapters.ledger.journal import SqliteJournal
from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.model.platform import Endpoints, Environment
from tests.support import builders
from tests.support.local_platform import LocalPlatform, local_platform
from tests.support.sample_verdict import SERVICES

ROOT = Path(__file__).parents[2]
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
PINNED = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
POINTS = [
    ("begun", 1, "before"),
    ("begun", 1, "after"),
    *[(kind, n, when) for n in range(1, 10) for kind, when in (("intended", "after"), ("ended", "before"))],
    *[("ended", n, "after") for n in range(1, 10)],
    ("closed", 1, "before"),
    ("closed", 1, "after"),
]
"""Every record of the journal: before and after it, told apart where something happens in between."""
SOON = polling.DEFAULT_POLLING.with_delay(initial=0.02, maximum=0.1)
"""An operation of the local cloud takes a twentieth of a second; the client would first look after one."""


@dataclass
class Scene:
    """A local platform with two revisions of each service, and a gate that can be made to die."""

    environment: Environment
    client: run_v2.ServicesClient
    gate: subprocess.Popen[str]
    first: dict[str, str]
    """Each service's first revision. A tag keeps it running, so that going back starts no process."""

    def put_forward(self) -> dict[str, int]:
        """Send all traffic to the newest revisions; return each service's generation."""
        with ThreadPoolExecutor(9) as pool:
            return dict(pool.map(self._put_forward, SERVICES))

    def _put_forward(self, service: str) -> tuple[str, int]:
        both = ((self.first[service], "first"), (self.newest(service), "newest"))
        tagged = [{"type_": PINNED, "revision": revision, "tag": tag} for revision, tag in both]
        traffic = [{"type_": LATEST, "percent": 100}, *tagged]
        wanted = run_v2.Service(name=self._path(service), traffic=traffic)
        self.client.update_service(service=wanted, update_mask="traffic").result(polling=SOON)
        return service, self._read(service).generation

    def writes_since(self, generations: dict[str, int]) -> list[int]:
        """Return how often each service was written since."""
        return [self._read(service).generation - before for service, before in generations.items()]

    def serving(self) -> set[str]:
        """Return the suffixes of the revisions that have all traffic."""
        shares = [t for service in SERVICES for t in self._read(service).traffic_statuses if t.percent == 100]
        return {target.revision.rsplit("-", 2)[1] for target in shares}

    def newest(self, service: str) -> str:
        """Return the newest ready revision of a service."""
        return str(self._read(service).latest_ready_revision.rsplit("/", 1)[-1])

    def run(self, ledger: Path, **more: Any) -> int:
        """Let the gate run once; return how it ended."""
        assert self.gate.stdin is not None
        assert self.gate.stdout is not None
        line = {"environment": codec.encode(self.environment), "ledger": str(ledger), **more}
        self.gate.stdin.write(json.dumps(line) + "\n")
        self.gate.stdin.flush()
        return int(self.gate.stdout.readline())

    def _read(self, service: str) -> run_v2.Service:
        return self.client.get_service(name=self._path(service))

    def _path(self, service: str) -> str:
        place = self.environment
        return f"projects/{place.project}/locations/{place.region}/services/{place.cloud_run_name(service)}"


def environment_of(local: LocalPlatform) -> Environment:
    """Return the environment that a local platform is."""
    said = local.endpoints
    ports = ((443, said["https_port"]), (80, said["http_port"]))
    endpoints = Endpoints(run_grpc=said["admin_grpc"], ca_file=said["ca_file"], dns=said["dns"], ports=ports)
    return builders.environment(
        project=said["project"],
        region=said["region"],
        service_name="isectech-{service}-sandbox",
        allowed_impacts=(),
        endpoints=endpoints,
    )


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One platform and one gate for all points."""
    command = [sys.executable, "-m", "tests.sandbox.support.dying_gate"]
    variables = {**os.environ, "GRPC_VERBOSITY": "NONE"}
    with (
        local_platform(tmp_path_factory.mktemp("platform")) as local,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=variables
        ) as gate,
    ):
        channel = grpc.insecure_channel(local.endpoints["admin_grpc"])
        transport = run_v2.ServicesClient.get_transport_class("grpc")(channel=channel)
        made = Scene(environment_of(local), run_v2.ServicesClient(transport=transport), gate, {})
        made.first.update((service, made.newest(service)) for service in SERVICES)
        for service in SERVICES:
            local.deploy(service, 2)
        yield made
        assert gate.stdin is not None
        gate.stdin.close()
        channel.close()


@pytest.mark.parametrize(("kind", "number", "when"), POINTS, ids=str)
def test_a_killed_rollback_is_finished_by_a_resume(
    scene: Scene, tmp_path: Path, kind: str, number: int, when: str
) -> None:
    """The same final state, exactly one write for each service, and every receipt on record."""
    ledger = tmp_path / "gate.sqlite3"
    before = scene.put_forward()

    killed = scene.run(ledger, die={"kind": kind, "number": number, "when": when})
    assert killed == -9
    is_begun = (kind, when) != ("begun", "before")
    assert scene.run(ledger, resume=is_begun) == 0

    assert scene.serving() == {"00001"}
    assert scene.writes_since(before) == [1] * 9
    assert SqliteJournal(ledger).unfinished("sandbox") == ()
    memory = SqliteLedger(ledger)
    for service in SERVICES:
        assert memory.last_rollback("sandbox", service) is not None
        assert memory.is_quarantined("sandbox", service, scene.newest(service))
