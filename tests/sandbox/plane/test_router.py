"""The router: split per request, framing, streaming, refusals and samples."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.platform.contract import RouteTarget
from tests.sandbox.plane.local_plane import HOST, SERVICE, LocalPlane, all_to, until

pytestmark = pytest.mark.anyio


async def _raw(local: LocalPlane, request: bytes) -> bytes:
    """Everything that the mesh answers to some bytes until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", local.ports.mesh)
    writer.write(request)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


async def test_one_connection_reaches_both_revisions_of_a_split(local: LocalPlane) -> None:
    """The choice is made per request, not per connection, and in about the shares of the split."""
    await local.up("shop-1")
    await local.up("shop-2")
    await local.route(RouteTarget(revision="shop-1", percent=75), RouteTarget(revision="shop-2", percent=25))
    seen = Counter([(await local.get()).json()["revision"] for _ in range(400)])
    assert set(seen) == {"shop-1", "shop-2"}
    # Six standard deviations around 100 of 400.
    assert 48 <= seen["shop-2"] <= 152


async def test_a_tag_reaches_its_revision_without_any_traffic(local: LocalPlane) -> None:
    """A tag host leads to its revision alone, also with 0 percent."""
    await local.up("shop-1")
    await local.up("shop-2")
    await local.route(all_to("shop-1"), RouteTarget(revision="shop-2", percent=0, tag="next"))
    tagged = await local.get(host=f"next---{HOST}")
    untagged = {(await local.get()).json()["revision"] for _ in range(30)}
    assert (tagged.json()["revision"], untagged) == ("shop-2", {"shop-1"})


async def test_a_request_body_arrives_whole_in_either_framing(local: LocalPlane) -> None:
    """A body larger than every buffer comes back as it went, with a length and in chunks."""
    await local.serve()
    body = bytes(range(256)) * 8192

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    sized = await local.client.post("/echo", content=body, headers={"host": HOST})
    chunked = await local.client.post("/echo", content=pieces(), headers={"host": HOST})
    assert sized.content == body
    assert chunked.content == body


async def test_a_body_that_nobody_read_is_not_the_next_request(local: LocalPlane) -> None:
    """An answer that comes before the body is whole leaves no half-used connection to the instance."""
    await local.serve()
    for size in range(2_000_000, 8_000_000, 100_000):
        with contextlib.suppress(httpx.TransportError):
            await local.client.post("/curt", content=bytes(size), headers={"host": HOST})
        async with asyncio.timeout(5):
            assert (await local.get()).status_code == 200


async def test_a_streamed_answer_arrives_piece_by_piece(local: LocalPlane) -> None:
    """The first event is here before the second one exists."""
    await local.serve()
    gate = local.folder / "open"
    async with local.client.stream("GET", f"/stream?{gate}", headers={"host": HOST}) as answer:
        events = answer.aiter_lines()
        assert await anext(events) == "data: 1"
        gate.touch()
        assert [line async for line in events if line] == ["data: 2"]


async def test_forwarded_headers_are_the_routers_own(local: LocalPlane) -> None:
    """A client cannot choose its protocol or host; its address is appended to what it claims."""
    await local.serve()
    lies = {"x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "gopher", "x-forwarded-host": "evil.test"}
    answer = await local.client.get("/", headers={"host": HOST, **lies})
    seen = dict(answer.json()["headers"])
    assert seen["host"] == HOST
    assert seen["x-forwarded-for"] == "1.2.3.4, 127.0.0.1"
    assert (seen["x-forwarded-proto"], seen["x-forwarded-host"]) == ("http", HOST)


async def test_hop_by_hop_headers_stay_on_their_hop(local: LocalPlane) -> None:
    """What a Connection header names is not passed on, in either direction."""
    await local.serve()
    sent = {"host": HOST, "connection": "keep-alive, x-private", "x-private": "1", "x-public": "1"}
    there = dict((await local.client.get("/", headers=sent)).json()["headers"])
    back = (await local.get("/echo")).headers
    assert ("x-private" in there, "x-public" in there) == (False, True)
    assert ("x-secret-hop" in back, "x-kept" in back) == (False, True)


async def test_a_connection_header_cannot_take_the_framing_away(local: LocalPlane) -> None:
    """A body whose length the next hop does not learn would be read as the next request."""
    await local.serve()
    hidden = f"GET /hidden HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
    headers = {"host": HOST, "connection": "keep-alive, content-length, host"}
    answer = await local.client.post("/echo", content=hidden.encode(), headers=headers)
    assert answer.content == hidden.encode()
    assert (await local.get()).status_code == 200


async def test_head_and_pipelined_requests_are_answered_in_order(local: LocalPlane) -> None:
    """An answer to HEAD has no body, and does not confuse the one that follows."""
    await local.serve()
    head = f"HEAD / HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
    get = f"GET /echo HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    answer = await _raw(local, (head + head + get).encode())
    assert answer.count(b"HTTP/1.1 200") == 3
    assert answer.endswith(b"connection: close\r\n\r\n")


async def test_an_old_client_gets_no_chunks(local: LocalPlane) -> None:
    """HTTP/1.0 gets a stream that ends with the connection."""
    await local.serve()
    (local.folder / "open").touch()
    request = f"GET /stream?{local.folder / 'open'} HTTP/1.0\r\nHost: {HOST}\r\n\r\n"
    answer = await _raw(local, request.encode())
    assert answer.endswith(b"\r\n\r\ndata: 1\n\ndata: 2\n\n")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000, b"431"),
    ],
)
async def test_a_malformed_request_never_reaches_an_instance(
    local: LocalPlane, request_bytes: bytes, status: bytes
) -> None:
    """What is no proper request, or names two hosts or two lengths, is refused at the door."""
    reader, writer = await asyncio.open_connection("127.0.0.1", local.ports.mesh)
    writer.write(request_bytes)
    async with asyncio.timeout(10):
        line = await reader.readline()
    writer.close()
    assert line.split(b" ")[1] == status
    assert local.samples.taken == []


async def test_an_unknown_host_is_not_found(local: LocalPlane) -> None:
    """404 for a foreign host, an unknown service and an unknown tag."""
    await local.serve()
    hosts = ("elsewhere.test", "nobody.us-central1.run.test", f"ghost---{HOST}")
    answers = [await local.get(host=host) for host in hosts]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].headers["content-type"] == "application/problem+json"


async def test_a_disabled_service_is_unavailable(local: LocalPlane) -> None:
    """Manual scaling to zero answers 503 and ends the instances; the way back needs no new revision."""
    await local.serve()
    await local.route(all_to("shop-1"), is_disabled=True, manual_instances=0)
    assert (await local.get()).status_code == 503
    await until(lambda: local.fleets["shop-1"].size == 0)
    await local.route(all_to("shop-1"))
    assert (await local.get()).status_code == 200


async def test_an_instance_that_dies_before_its_answer_is_a_502(local: LocalPlane) -> None:
    """The client learns that the instance broke off, and the next request is served again."""
    await local.serve()
    assert (await local.client.post("/crash", headers={"host": HOST})).status_code == 502
    assert (await local.get()).status_code == 200
    assert [sample.code for sample in local.samples.taken] == [502, 200]


async def test_half_an_answer_is_never_passed_off_as_a_whole_one(local: LocalPlane) -> None:
    """When the instance dies within its answer, the client's connection breaks too."""
    await local.serve()
    with pytest.raises(httpx.RemoteProtocolError):
        await local.get("/die")
    await until(lambda: bool(local.samples.taken))
    assert local.samples.taken[0].code == 502


async def test_a_request_beyond_the_revisions_timeout_is_a_504(local: LocalPlane) -> None:
    """The timeout is the revision's, and the place at the instance is free again."""
    await local.serve(timeout_s=0.2, concurrency=1, max_instances=1)
    assert (await local.get("/slow?2")).status_code == 504
    assert (await local.get()).status_code == 200


async def test_a_client_that_leaves_frees_its_place(local: LocalPlane) -> None:
    """The one place of a revision is not lost with the client that held it; the sample says 499."""
    await local.serve(concurrency=1, max_instances=1)
    with pytest.raises(httpx.ReadTimeout):
        await local.get("/slow?2", timeout=0.2)
    assert (await local.get()).status_code == 200
    assert [sample.code for sample in local.samples.taken] == [499, 200]


async def test_every_request_to_a_service_leaves_one_sample(local: LocalPlane) -> None:
    """Forwarded and refused requests are counted, with revision, status and latency."""
    await local.serve()
    await local.get("/slow?0.2")
    await local.route(all_to("shop-1"), ingress="internal", is_disabled=True)
    await local.get()
    forwarded, refused = local.samples.taken
    assert (forwarded.service, forwarded.revision, forwarded.code) == (SERVICE, "shop-1", 200)
    assert forwarded.latency_ms >= 200
    assert (refused.service, refused.revision, refused.code) == (SERVICE, "", 503)
