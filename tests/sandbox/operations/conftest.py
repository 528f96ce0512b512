"""The whole platform with its nine real services, and the gate's command line pointed at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from gates import cli
from gates.adapters.machine import clock
from gates.composition.environment import Context
from gates.composition.operations import OperationsContext
from gates.model.clock import Clock
from gates.model.exit_code import ExitCode
from tests.sandbox.support.running_platform import PLAIN
from tests.support.real_sandbox import RealSandbox


@dataclass(frozen=True)
class InjectedTime(Clock):
    """Implements the clock port with the seconds that the platform was told to wait."""

    url: str
    _never: threading.Event = field(default_factory=threading.Event)

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the injected seconds that have passed on the platform."""
        return float(httpx.get(self.url, trust_env=False, verify=PLAIN).json()["waitedSeconds"])

    def wait(self, seconds: float) -> None:
        """Return after that many real seconds."""
        self._never.wait(seconds)


class Bench:
    """The running platform and the gate beside it."""

    def __init__(self, sandbox: RealSandbox) -> None:
        self.sandbox = sandbox
        self.context = Context("sandbox")
        self.room = OperationsContext(self.context, "somebody")

    def gate(self, command: str) -> ExitCode:
        """Run one command line of the gate."""
        return cli.invoke([*command.split(), "--env", "sandbox"])

    @contextmanager
    def injected(self, **knobs: float) -> Iterator[None]:
        """Let the gate measure on the platform's clock while these knobs, and no others, delay it."""
        url = f"{self.sandbox.endpoints['admin_rest']}/sandbox/waits"
        with (
            pytest.MonkeyPatch.context() as patch,
            self.sandbox.turned(**{"operation_latency_s": 0.0, "wait_factor": 0.01, **knobs}),
        ):
            patch.setattr(clock, "SystemClock", lambda: InjectedTime(url))
            yield

    @contextmanager
    def disturbed(self, name: str) -> Iterator[None]:
        """Disturb the platform while the block runs."""
        url = f"{self.sandbox.endpoints['admin_rest']}/sandbox/disturbances/{name}"
        httpx.put(url, trust_env=False).raise_for_status()
        try:
            yield
        finally:
            httpx.delete(url, trust_env=False).raise_for_status()


@pytest.fixture(scope="module")
def bench(sandbox: RealSandbox) -> Iterator[Bench]:
    """The gate with a ledger of its own, pointed at the platform; its operator signs in once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GATE_ENDPOINTS_FILE", "GATE_IDENTITIES_FILE", "GATE_REPORTS"):
            patch.setenv(name, sandbox.environment[name])
        patch.setenv("GATE_ACTOR", "somebody")
        made = Bench(sandbox)
        yield made
        made.room.close()
