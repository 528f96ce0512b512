"""Rollbacks against the local platform: real client, real processes, real traffic."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from gates.actions.ports import RollbackPorts
from gates.adapters.google.cloud_run import CloudRun
from gates.adapters.google.image_registry import ImageRegistry
from gates.adapters.ledger.journal import SqliteJournal
from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.adapters.machine.clock import SystemClock
from gates.adapters.services.network import Network
from gates.adapters.services.version_probe import VersionProbe
from gates.model.exit_code import ExitCode
from gates.model.platform import Endpoints, Environment, Platform, ServiceSpec
from gates.model.receipt import ReceiptState
from gates.workflows.rollback import RollbackEngine
from tests.support import builders
from tests.support.local_platform import LocalPlatform, local_platform
from tests.support.sample_verdict import SERVICES

KNOBS = {"traffic_lag_s": 0.0, "operations_denied": False, "etag_mode": "enforced"}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """One local platform for all tests of this file."""
    with local_platform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture
def environment(local: LocalPlatform) -> Environment:
    """The environment that the local platform is, with its knobs as they were."""
    said = local.endpoints
    local.turn(**KNOBS)  # type: ignore[arg-type]
    return builders.environment(
        project=said["project"],
        region=said["region"],
        service_name="isectech-{service}-sandbox",
        allowed_impacts=(),
        endpoints=Endpoints(
            run_grpc=said["admin_grpc"],
            ca_file=said["ca_file"],
            dns=said["dns"],
            ports=((443, said["https_port"]), (80, said["http_port"])),
        ),
    )


@pytest.fixture
def cloud(environment: Environment) -> Iterator[CloudRun]:
    """The real client."""
    client = CloudRun(environment, SystemClock())
    yield client
    client.close()


@pytest.fixture
def engine(environment: Environment, cloud: CloudRun, tmp_path: Path) -> RollbackEngine:
    """The engine over the real adapters, with a ledger of its own."""
    clock = SystemClock()
    ports = RollbackPorts(
        traffic=cloud,
        probe=VersionProbe(environment, cloud),
        ledger=SqliteLedger(tmp_path / "gate.sqlite3", clock),
        clock=clock,
        journal=SqliteJournal(tmp_path / "gate.sqlite3", clock),
        images=ImageRegistry(environment),
    )
    specs = tuple(ServiceSpec(name=name, title=name, tier="critical") for name in SERVICES)
    platform = Platform(name="x", services=specs, tiers=(), matrix=(), roles=(), digest="sha256:p")
    return RollbackEngine(environment, platform, ports, run_id="end-to-end")


class Visitor:
    """Asks a service without pause which revision it is, over one connection after the other."""

    def __init__(self, environment: Environment, url: str) -> None:
        self.answers: list[str] = []
        self._stop = threading.Event()
        self._client = Network(environment.endpoints).client(is_kept_alive=False)
        self._url = url
        self._thread = threading.Thread(target=self._visit)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        self._thread.join()
        self._client.close()

    def go_on(self, answers: int) -> None:
        """Return after so many more answers."""
        wanted = len(self.answers) + answers
        for _ in range(1000):
            if len(self.answers) >= wanted:
                return
            self._stop.wait(0.02)
        raise TimeoutError(f"{len(self.answers)} answers, wanted {wanted}")

    def _visit(self) -> None:
        while not self._stop.is_set():
            try:
                answer = self._client.get(f"{self._url}/version")
                self.answers.append(
                    answer.json()["revision"] if answer.is_success else str(answer.status_code)
                )
            except httpx.HTTPError as error:
                self.answers.append(repr(error))


def test_users_see_the_old_or_the_new_revision_and_never_an_error(
    local: LocalPlatform, environment: Environment, cloud: CloudRun, engine: RollbackEngine
) -> None:
    """Under requests the traffic moves without a failed one, and after the proof only the target answers."""
    bad = local.deploy("frontend", 2)
    state = cloud.describe("frontend")
    with Visitor(environment, state.uri) as visitor:
        (receipt,) = engine.execute(engine.plan(("frontend",), reason="slow"), lambda _: None)
        proven_at = len(visitor.answers)
        visitor.go_on(10)
    assert receipt.state is ReceiptState.DONE
    good = receipt.action.to_revision
    assert receipt.action.from_revision == bad == state.sole_serving
    assert set(visitor.answers) <= {bad, good}
    # The request that was under way when the proof was complete may have been routed before it.
    assert set(visitor.answers[proven_at + 1 :]) == {good}
    assert cloud.describe("frontend").sole_serving == good


def test_tags_survive_and_the_pin_holds_the_newest_revision_back(
    local: LocalPlatform, engine: RollbackEngine
) -> None:
    """A tagged revision stays addressable after the rollback, and the status says that it serves nobody."""
    bad = local.deploy("asset-discovery", 2)
    tagged = local.deploy("asset-discovery", 3, takes_traffic=False, tag="candidate")
    (receipt,) = engine.execute(engine.plan(("asset-discovery",), reason="slow"), lambda _: None)
    assert receipt.state is ReceiptState.DONE
    assert receipt.action.from_revision == bad
    assert receipt.after is not None
    assert [(t.revision, t.tag) for t in receipt.after.targets if t.tag] == [(tagged, "candidate")]
    (pin,) = (pin for pin in engine.pins() if pin.service == "asset-discovery")
    assert pin.holds_back
    assert pin.latest == tagged
    assert pin.serving == ((receipt.action.to_revision, 100),)


@pytest.mark.parametrize(
    "knobs", [{"traffic_lag_s": 1.5}, {"operations_denied": True}, {"etag_mode": "ignored"}], ids=str
)
def test_an_inconvenient_cloud_is_no_obstacle(
    local: LocalPlatform, engine: RollbackEngine, knobs: dict[str, float]
) -> None:
    """Traffic that lags behind its operation, hidden operations, and etags that nobody checks."""
    service = SERVICES[4 + list(KNOBS).index(next(iter(knobs)))]
    local.deploy(service, 2)
    local.turn(**knobs)
    (receipt,) = engine.execute(engine.plan((service,), reason="slow"), lambda _: None)
    local.turn(**KNOBS)  # type: ignore[arg-type]
    assert receipt.state is ReceiptState.DONE
    assert receipt.is_verified
    assert receipt.seconds >= knobs.get("traffic_lag_s", 0.0)


def test_a_revision_that_does_not_exist_moves_nothing(cloud: CloudRun, engine: RollbackEngine) -> None:
    """A named target is looked up before anything is sent."""
    before = cloud.describe("nlp-assistant")
    plan = engine.plan(("nlp-assistant",), reason="slow", to="isectech-nlp-assistant-sandbox-99999-xyz")
    assert plan.actions == ()
    assert cloud.describe("nlp-assistant").etag == before.etag


def test_the_commands_roll_back_and_unpin_and_leave_nothing_behind(
    local: LocalPlatform, tmp_path: Path
) -> None:
    """`gate rollback` as processes of their own: done, nothing to do, unpinned, nothing unfinished."""
    local.deploy("decision-engine", 2)
    environment = {
        **os.environ,
        "GATE_ENDPOINTS_FILE": str(local.endpoints_file),
        "GATE_REPORTS": str(tmp_path / "reports"),
        "GATE_ENV": "sandbox",
    }

    def rollback(*words: str) -> str:
        call = "from gates.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", call, "rollback", *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == ExitCode.GO, done.stdout + done.stderr
        return done.stdout

    first, second = (rollback("decision-engine", "--yes") for _ in range(2))
    assert "  DONE " in first
    assert "NOW PINNED" in first
    assert "ALREADY_DONE" in second
    rollback("unpin", "decision-engine", "--even-unverified", "it was looked at", "--yes")
    assert "PINNED" not in next(line for line in rollback("status").splitlines() if "decision-engine" in line)
    assert "nothing is unfinished" in rollback("resume")
