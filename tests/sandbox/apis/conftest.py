"""A cloud with all its APIs, and Google's real clients pointed at them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import grpc
import pytest

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.server import serve
from sandbox.platform.apis import catalogue
from sandbox.platform.apis.context import ApisContext
from sandbox.platform.contract import KnobBoard, Knobs
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import serve_grpc
from sandbox.platform.permissions import refusing
from tests.sandbox.admin.local_cloud import PROJECT, REGION, LocalCloud
from tests.sandbox.support.fake_data_plane import FakeDataPlane

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCloud:
    """Cloud Run, and every API beside it."""

    run: LocalCloud
    apis_port: int
    data_dir: Path
    board: Disturbances
    inside: Callable[[Callable[[], object]], object]

    def client(self, kind: type[Any]) -> Any:
        """Return Google's client of an API, by its class."""
        channel = grpc.insecure_channel(f"127.0.0.1:{self.apis_port}")
        return kind(transport=kind.get_transport_class("grpc")(channel=channel))

    @contextmanager
    def disturbed(self, name: str) -> Iterator[None]:
        """Disturb the platform while the block runs."""
        self.board.set(name, in_force=True)
        yield
        self.board.set(name, in_force=False)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[WholeCloud]:
    """A fresh cloud with a fake data plane and a folder of databases."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="cloud")
    thread.start()

    def inside(work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, loop).result(20)

    async def open_all() -> tuple[Any, Any, asyncio.Task[None], FakeDataPlane, Disturbances]:
        board, plane, knobs = Disturbances(), FakeDataPlane(), KnobBoard(Knobs(operation_latency_s=0.001))
        control = ControlPlane(plane, knobs, PROJECT, REGION)
        context = ApisContext(knobs, tmp_path, project=PROJECT, region=REGION)
        control.state.read_secret = context.vault.read
        admin = await serve(control, extra_routes=catalogue.routes(context))
        apis = await serve_grpc(catalogue.tables(board, context, control), refuse=refusing(knobs))
        return admin, apis, asyncio.ensure_future(context.backups.keep_taking()), plane, board

    (tmp_path / "data").mkdir()
    admin, apis, taking, plane, board = inside(open_all())
    run = LocalCloud(admin, plane, loop)
    yield WholeCloud(run=run, apis_port=apis.port, data_dir=tmp_path / "data", board=board, inside=run.inside)
    run.channel.close()
    loop.call_soon_threadsafe(taking.cancel)
    inside(_ended(taking))
    inside(admin.close())
    inside(apis.close())
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


async def _ended(task: asyncio.Task[None]) -> None:
    with suppress(asyncio.CancelledError):
        await task
