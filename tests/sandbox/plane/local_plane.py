"""A whole data plane for a test: fleets, router and front door over one warmed zygote."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sandbox.platform.certificates import Authority
from sandbox.platform.contract import InvokerRules, RequestSample, RevisionSpec, RouteTarget, ServiceRoute
from sandbox.platform.data_plane import LocalDataPlane
from sandbox.platform.environment import InstanceContext
from sandbox.platform.front_door import open_front_door
from sandbox.platform.identity.google_tokens import GoogleTokens
from sandbox.platform.identity.invoker_check import InvokerCheck
from sandbox.platform.instance import InstanceLauncher
from sandbox.platform.instances import Fleet
from sandbox.platform.options import Ports
from sandbox.platform.router import Router
from sandbox.platform.router_table import RoutingTable
from sandbox.platform.spawner import Spawner

APPS = Path(__file__).with_name("small_apps.py")
DOMAIN = "us-central1.run.test"
SERVICE = "shop"
HOST = f"{SERVICE}.{DOMAIN}"
PUBLIC = "shop.isectech.test"
PATIENCE_S = 20.0


@dataclass(slots=True)
class Samples:
    """A sink that keeps everything."""

    taken: list[RequestSample] = field(default_factory=list)

    def record(self, sample: RequestSample) -> None:
        """Take one sample."""
        self.taken.append(sample)


@dataclass(slots=True)
class Distance:
    """How far away callers from outside are; a test may change it."""

    seconds: float = 0.0


@dataclass(slots=True)
class InvokerSwitch:
    """Google's tokens, and whether the front end asks for them; a test may change who may invoke."""

    tokens: GoogleTokens = field(default_factory=GoogleTokens)
    is_on: bool = False
    rules: InvokerRules = field(default_factory=InvokerRules)

    def made(self) -> InvokerCheck:
        """Return the check that follows this switch."""
        check = InvokerCheck(self.tokens, lambda: self.is_on)
        check.rules_of = lambda _service: self.rules
        return check


@dataclass(slots=True, kw_only=True)
class LocalPlane:
    """What a test holds in its hands."""

    plane: LocalDataPlane
    fleets: dict[str, Fleet]
    samples: Samples
    ports: Ports
    authority: Authority
    folder: Path
    client: httpx.AsyncClient
    """Speaks to the inner mesh."""
    distance: Distance
    invokers: InvokerSwitch

    async def up(self, revision: str, app: str = "mirror", **fields: Any) -> None:
        """Start a revision of the one service."""
        image = f"py:{APPS}:{app}"
        spec = RevisionSpec(service=SERVICE, revision=revision, image=image, digest="sha256:0", **fields)
        await self.plane.start(spec)

    async def route(self, *targets: RouteTarget, **fields: Any) -> None:
        """Route the one service."""
        await self.plane.route(ServiceRoute(service=SERVICE, targets=targets, **fields))

    async def serve(self, revision: str = "shop-1", app: str = "mirror", **fields: Any) -> None:
        """Start a revision and give it all the traffic."""
        await self.up(revision, app, **fields)
        await self.route(all_to(revision))

    async def get(self, path: str = "/", host: str = HOST, **arguments: Any) -> httpx.Response:
        """Ask through the inner mesh."""
        return await self.client.get(path, headers={"host": host}, **arguments)


def all_to(revision: str) -> RouteTarget:
    """The whole traffic to one revision."""
    return RouteTarget(revision=revision, percent=100)


def is_running(pid: int) -> bool:
    """Whether a process exists and is more than a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is about to happen; the test fails when it does not."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the condition may lie in another process
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def local_plane(spawner: Spawner, folder: Path, *, idle_s: float = 30.0) -> AsyncIterator[LocalPlane]:
    """Run a data plane with all its listeners."""
    table = RoutingTable(DOMAIN, {PUBLIC: SERVICE})
    fleets: dict[str, Fleet] = {}
    samples = Samples()
    authority = Authority([f"*.{DOMAIN}", "*.isectech.test"])
    distance = Distance()
    invokers = InvokerSwitch()
    router = Router(table, fleets, samples, invokers=invokers.made())
    door = open_front_door(router, table, authority.context(), Ports(), distance=lambda: distance.seconds)
    async with door as ports:
        mesh = f"http://127.0.0.1:{ports.mesh}"
        instances = InstanceContext(state_dir=folder, mesh_url=mesh)
        instances.logs_dir.mkdir()
        launcher = InstanceLauncher(
            spawner=spawner, environment_of=instances.of, logs=instances.logs_dir, startup_limit_s=5
        )
        async with (
            LocalDataPlane(launcher, table, fleets, idle_s=idle_s) as plane,
            httpx.AsyncClient(base_url=mesh, timeout=PATIENCE_S) as client,
        ):
            yield LocalPlane(
                plane=plane,
                fleets=fleets,
                samples=samples,
                ports=ports,
                authority=authority,
                folder=folder,
                client=client,
                distance=distance,
                invokers=invokers,
            )
