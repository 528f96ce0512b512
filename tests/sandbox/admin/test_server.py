"""Starting and stopping the fronts."""

from __future__ import annotations

import asyncio
import socket

import pytest
from google.cloud import run_v2
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.server import serve
from sandbox.platform.contract import KnobBoard, Knobs
from tests.sandbox.admin.local_cloud import PARENT, PROJECT, REGION, local_cloud, template
from tests.sandbox.support.fake_data_plane import FakeDataPlane


def new_control(knobs: Knobs | None = None) -> ControlPlane:
    """Return a control plane over a fake data plane."""
    return ControlPlane(FakeDataPlane(), KnobBoard(knobs), PROJECT, REGION)


def test_closing_leaves_no_task_behind() -> None:
    """Reconciliations in flight are stopped with the fronts."""

    async def tasks_left() -> int:
        running = await serve(new_control(Knobs(operation_latency_s=3600.0)))
        request = run_v2.CreateServiceRequest.pb()(
            parent=PARENT, service_id="svc", service=run_v2.Service.pb(run_v2.Service(template=template()))
        )
        running.control.services.create_service(request, "me@test")
        await running.close()
        return sum("grpc" not in repr(task) for task in asyncio.all_tasks() - {asyncio.current_task()})

    assert asyncio.run(tasks_left()) == 0


@pytest.mark.parametrize(("front", "reason"), [("rest_port", "in use"), ("grpc_port", "is taken")])
def test_a_taken_port_is_an_error(front: str, reason: str) -> None:
    """The server never listens somewhere else than asked."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=reason):
            asyncio.run(serve(new_control(), **{front: port}))


def test_the_rest_port_takes_more_routes() -> None:
    """The rest of the sandbox hangs its own endpoints beside the knobs."""

    async def answer() -> str:
        route = Route("/sandbox/extra", lambda _request: PlainTextResponse("here"))
        running = await serve(new_control(), extra_routes=[route])
        reader, writer = await asyncio.open_connection("127.0.0.1", running.rest_port)
        writer.write(
            b"GET http://any.host/sandbox/extra HTTP/1.1\r\nhost: any.host\r\nconnection: close\r\n\r\n"
        )
        body = await reader.read()
        writer.close()
        await running.close()
        return body.decode()

    assert asyncio.run(answer()).endswith("here")


def test_two_clouds_do_not_see_each_other() -> None:
    """Each has its own ports, services and revisions."""
    with local_cloud() as one, local_cloud() as other:
        one.create("svc")
        assert [page.services for page in other.services.list_services(parent=PARENT).pages] == [[]]
