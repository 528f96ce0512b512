"""The asynchronous client: nine services rolled back at once, polled and awaited."""

from __future__ import annotations

import asyncio

import grpc
from google.api_core import exceptions
from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2, field_mask_pb2

from tests.sandbox.admin.local_cloud import PARENT, LocalCloud, pinned, short

NAMES = tuple(f"svc-{number}" for number in range(9))


class Shifter:
    """Shifts traffic through the asynchronous client."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        transport = run_v2.ServicesAsyncClient.get_transport_class("grpc_asyncio")
        self.client = run_v2.ServicesAsyncClient(transport=transport(channel=channel))

    async def begin(self, service: str, revision: str) -> str:
        """Write the traffic list and return the operation's name."""
        operation = await self.client.update_service(
            service=run_v2.Service(name=f"{PARENT}/services/{service}", traffic=[pinned(revision)]),
            update_mask=field_mask_pb2.FieldMask(paths=["traffic"]),
        )
        return str(operation.operation.name)

    async def finish(self, operation: str) -> operations_pb2.Operation:
        """Wait for an operation by the long poll."""
        answer = await self.client.wait_operation(
            operations_pb2.WaitOperationRequest(name=operation, timeout=duration_pb2.Duration(seconds=20))
        )
        return operations_pb2.Operation.FromString(answer) if isinstance(answer, bytes) else answer


def shift_all(cloud: LocalCloud, revisions: dict[str, str]) -> list[operations_pb2.Operation]:
    """Shift every service to its revision, all at once."""

    async def work() -> list[operations_pb2.Operation]:
        async with grpc.aio.insecure_channel(cloud.address) as channel:
            shifter = Shifter(channel)
            begun = await asyncio.gather(*(shifter.begin(*pair) for pair in revisions.items()))
            return list(await asyncio.gather(*(shifter.finish(name) for name in begun)))

    return asyncio.run(work())


def test_nine_rollbacks_at_once_all_take_effect(cloud: LocalCloud) -> None:
    """Concurrent writes to different services neither wait for nor disturb one another."""
    first = {name: short(cloud.create(name).latest_ready_revision) for name in NAMES}
    for name in NAMES:
        cloud.deploy("img:2", name)
    done = shift_all(cloud, first)
    assert [operation.error.code for operation in done] == [0] * 9
    assert {name: cloud.plane.routes[name].targets[0].revision for name in NAMES} == first


def test_one_failing_rollback_leaves_the_others_alone(cloud: LocalCloud) -> None:
    """Each operation carries its own result."""
    first = {name: short(cloud.create(name).latest_ready_revision) for name in NAMES[:2]}
    done = shift_all(cloud, {**first, NAMES[1]: "svc-1-missing"})
    assert [operation.error.code for operation in done] == [0, 13]


def test_concurrent_writes_with_one_etag_have_one_winner(cloud: LocalCloud) -> None:
    """The etag is a compare-and-swap when it is enforced."""
    etag = cloud.create().etag

    async def write(client: run_v2.ServicesAsyncClient, text: str) -> None:
        await client.update_service(
            service=run_v2.Service(name=f"{PARENT}/services/svc", etag=etag, description=text),
            update_mask=field_mask_pb2.FieldMask(paths=["description"]),
        )

    async def race() -> list[object]:
        async with grpc.aio.insecure_channel(cloud.address) as channel:
            client = Shifter(channel).client
            writes = (write(client, str(number)) for number in range(8))
            return list(await asyncio.gather(*writes, return_exceptions=True))

    lost = [result for result in asyncio.run(race()) if result is not None]
    assert len(lost) == 7
    assert all(isinstance(result, exceptions.Aborted) for result in lost)
