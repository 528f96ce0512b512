"""One instance of a revision: a process from its cold start over its probes to its end."""

from __future__ import annotations

import asyncio
import enum
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.platform import probes
from sandbox.platform.contract import Probe, RevisionSpec, StartError
from sandbox.platform.spawner import InstanceProcess, Spawner

GRACE_S = 10.0
"""Between SIGTERM and SIGKILL."""


class State(enum.Enum):
    """Where an instance stands in its life."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"
    """Its readiness probe fails: it keeps its requests and gets no new ones."""
    DRAINING = "draining"
    ENDED = "ended"


class IdleConnection(Protocol):
    """A keep-alive connection to the instance that carries no request at the moment."""

    def close(self) -> None:
        """Close it."""


async def _at_once() -> None:
    """Let an instance start without further delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceLauncher:
    """What an instance needs from the world around it in order to start."""

    spawner: Spawner
    environment_of: Callable[[RevisionSpec], dict[str, str]]
    logs: Path
    delay_start: Callable[[], Awaitable[None]] = _at_once
    """Waits for the extra time that every cold start takes."""
    startup_limit_s: float = 30.0
    """For a revision without a startup probe of its own."""


class Instance:
    """A process that serves requests of one revision."""

    def __init__(self, spec: RevisionSpec, launcher: InstanceLauncher) -> None:
        self.spec = spec
        self.state = State.STARTING
        self.in_flight = 0
        self.idle_since = 0.0
        self._empty = asyncio.Event()
        self.idle_connections: list[IdleConnection] = []
        self._launcher = launcher
        self._process: InstanceProcess | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """Loopback port of a started instance.

        Raises:
            StartError: it was not started.
        """
        return self._running().port

    @property
    def pid(self) -> int | None:
        """Process id; None before the process was forked."""
        return self._process.pid if self._process is not None else None

    @property
    def has_room(self) -> bool:
        is_serving = self.state is State.READY and not self._is_gone
        return is_serving and self.in_flight < self.spec.concurrency

    async def wait_gone(self, limit_s: float) -> None:
        """Wait for the end of a process that accepts no connection: it must not be chosen again."""
        await asyncio.wait((self._running().exited,), timeout=limit_s)

    @property
    def _is_gone(self) -> bool:
        return self._process is not None and self._process.exited.done()

    def enter(self) -> None:
        self.in_flight += 1
        self._empty.clear()

    def leave(self) -> None:
        self.in_flight -= 1
        if not self.in_flight:
            self._empty.set()
            self.idle_since = asyncio.get_running_loop().time()

    async def start(self) -> None:
        """Fork the process and wait for its startup probe.

        Raises:
            StartError: it ended, or was not up within the time that the startup probe grants.
        """
        await self._launcher.delay_start()
        log = self._launcher.logs / f"{self.spec.revision}.log"
        process = await self._launcher.spawner.spawn(
            self.spec.image, self._launcher.environment_of(self.spec), log
        )
        self._process = process
        startup = asyncio.create_task(self._pass_startup(process.port))
        try:
            await asyncio.wait((startup, process.exited), return_when=asyncio.FIRST_COMPLETED)
            self._check_alive(process, log)
            await startup
        except BaseException:
            self.state = State.ENDED
            startup.cancel()
            self._launcher.spawner.signal(process, signal.SIGKILL)
            await asyncio.shield(process.exited)
            raise
        self.state = State.READY
        self.idle_since = asyncio.get_running_loop().time()
        self._watch = asyncio.create_task(self._keep_watch())

    async def _pass_startup(self, port: int) -> None:
        probe = self.spec.startup
        limit = self._launcher.startup_limit_s
        if probe is not None:
            limit = probe.initial_delay_s + probe.period_s * probe.failure_threshold
        try:
            async with asyncio.timeout(limit):
                await probes.wait_until_listening(port)
        except TimeoutError:
            raise self._failure(f"it did not listen within {limit:g} s") from None
        if probe is not None and not await self._passes_in_time(probe, port):
            raise self._failure(f"its startup probe failed {probe.failure_threshold} times in a row")

    def _check_alive(self, process: InstanceProcess, log: Path) -> None:
        if process.exited.done():
            raise self._failure(f"it exited with status {process.exited.result()}, see {log}")

    def _failure(self, reason: str) -> StartError:
        return StartError(
            "The user-provided container failed to start and listen on the port defined provided by the "
            f"PORT environment variable within the allocated timeout: {reason}."
        )

    async def _passes_in_time(self, probe: Probe, port: int) -> bool:
        for attempt in range(probe.failure_threshold):
            if attempt:
                await asyncio.sleep(probe.period_s)
            if await probes.passes(probe, port):
                return True
        return False

    async def _keep_watch(self) -> None:
        async with asyncio.TaskGroup() as group:
            if self.spec.liveness is not None:
                group.create_task(self._check_liveness(self.spec.liveness))
            if self.spec.readiness is not None:
                group.create_task(self._check_readiness(self.spec.readiness))

    async def _check_liveness(self, probe: Probe) -> None:
        """Kill the process when the liveness probe failed too often in a row."""
        failures = 0
        await asyncio.sleep(probe.initial_delay_s)
        while failures < probe.failure_threshold:
            await asyncio.sleep(probe.period_s)
            failures = 0 if await probes.passes(probe, self.port) else failures + 1
        self._launcher.spawner.signal(self._running(), signal.SIGKILL)

    async def _check_readiness(self, probe: Probe) -> None:
        failures = 0
        while True:
            await asyncio.sleep(probe.period_s)
            failures = 0 if await probes.passes(probe, self.port) else failures + 1
            if self.state is State.READY and failures >= probe.failure_threshold:
                self.state = State.UNREADY
            elif self.state is State.UNREADY and failures == 0:
                self.state = State.READY

    async def wait_ended(self) -> int:
        """Return the exit status once the process has ended."""
        status = await asyncio.shield(self._running().exited)
        self.state = State.ENDED
        if self._watch is not None:
            self._watch.cancel()
        return status

    async def drain(self) -> None:
        """Let the requests in flight finish, then end the process: SIGTERM, and SIGKILL after the grace."""
        if self.state is State.ENDED:
            return
        self.state = State.DRAINING
        if self.in_flight:
            empty = asyncio.ensure_future(self._empty.wait())
            ends = (empty, self._running().exited)
            await asyncio.wait(ends, timeout=self.spec.timeout_s, return_when=asyncio.FIRST_COMPLETED)
            empty.cancel()
        await self.stop()

    async def stop(self) -> None:
        """End the process without waiting for its requests: SIGTERM, and SIGKILL after the grace."""
        self.state = State.DRAINING
        for connection in tuple(self.idle_connections):
            connection.close()
        process = self._running()
        self._launcher.spawner.signal(process, signal.SIGTERM)
        try:
            async with asyncio.timeout(GRACE_S):
                await self.wait_ended()
        except TimeoutError:
            self._launcher.spawner.signal(process, signal.SIGKILL)
            await self.wait_ended()

    def _running(self) -> InstanceProcess:
        if self._process is None:
            raise StartError(f"An instance of {self.spec.revision} was not started.")
        return self._process
