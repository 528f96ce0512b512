"""The hardware's metrics: measured from real processes, read by the gate, changed by a disturbance."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gates.adapters.google.hardware_metrics import HardwareMetrics
from gates.model.hardware import Component
from gates.model.platform import Endpoints
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.monitoring import hardware as measured
from sandbox.platform.monitoring.hardware import Hardware
from sandbox.platform.monitoring.store import InstanceReading
from tests.sandbox.signals.conftest import GOOD, NOW, PROJECT, SERVICE, Monitoring
from tests.support import builders


def reader(monitoring: Monitoring) -> HardwareMetrics:
    """Return the gate's reader of the local Monitoring."""
    environment = builders.environment(
        project=PROJECT,
        region="us-central1",
        service_name="isectech-{service}-sandbox",
        allowed_impacts=(),
        endpoints=Endpoints(monitoring_grpc=f"127.0.0.1:{monitoring.port}"),
    )
    return HardwareMetrics(environment, ("auth-service",))


def test_the_gate_reads_what_the_kernel_counts(
    monitoring: Monitoring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory of this very process; with a disturbance the CPU is 90 points higher; without data nothing."""
    now = datetime.fromtimestamp(NOW, UTC)
    assert reader(monitoring).read(now, 10) == ()
    (tmp_path / "a.sqlite3").write_bytes(b"x" * 1000)
    hardware = Hardware(
        store=monitoring.store,
        read_instances=lambda: [
            InstanceReading(service=SERVICE, revision=GOOD, active=1, pids=[os.getpid()])
        ],
        data_dir=tmp_path,
        database="db",
        port=monitoring.port,
    )
    board = Disturbances()
    hardware.offer(board)
    board.set("cpu-high", in_force=True)
    monkeypatch.setattr(measured, "INTERVAL_S", 0.05)
    monkeypatch.setattr("sandbox.platform.monitoring.hardware.time.time", lambda: NOW - 60)

    async def measure() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(hardware.keep_measuring(), 0.3)

    asyncio.run(measure())
    found = {(one.component, one.subject): one.value for one in reader(monitoring).read(now, 10)}
    assert found[Component.CPU, "auth-service"] >= 0.9
    assert 0.01 < found[Component.MEMORY, "auth-service"] < 10
    assert 0 < found[Component.DISK, "db"] < 0.001
    assert 0 < found[Component.NETWORK, "front-door"] < 1000
