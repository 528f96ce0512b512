"""The front door: TLS, certificates, the redirect, and what the outside may see."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.platform.certificates import Authority
from sandbox.platform.options import Leaf
from tests.sandbox.plane.local_plane import HOST, PUBLIC, LocalPlane, all_to

pytestmark = pytest.mark.anyio


def _trusting(authority: Authority, folder: Path) -> ssl.SSLContext:
    authority.write(folder / "ca.pem")
    return ssl.create_default_context(cafile=folder / "ca.pem")


async def _ask(local: LocalPlane, address: str, host: str) -> httpx.Response:
    url = f"https://{address}:{local.ports.https}/"
    async with httpx.AsyncClient(verify=_trusting(local.authority, local.folder)) as client:
        return await client.get(url, headers={"host": host}, extensions={"sni_hostname": host})


async def test_tls_answers_under_its_own_authority(local: LocalPlane) -> None:
    """A client that trusts the sandbox's authority alone is served, and the service learns of https."""
    await local.serve()
    answer = await _ask(local, "127.0.0.1", PUBLIC)
    assert dict(answer.json()["headers"])["x-forwarded-proto"] == "https"


async def test_an_internal_service_exists_inside_only(local: LocalPlane) -> None:
    """The same port: 404 at the outer address, the service at the inner one."""
    await local.serve()
    await local.route(all_to("shop-1"), ingress="internal")
    outside, inside = await _ask(local, "127.0.0.1", HOST), await _ask(local, "127.0.0.2", HOST)
    assert (outside.status_code, inside.status_code) == (404, 200)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_tls_before_1_2_is_refused(local: LocalPlane, version: ssl.TLSVersion) -> None:
    """A client that offers nothing newer gets no connection; the same client with 1.2 does."""
    context = _trusting(local.authority, local.folder)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = version
    context.maximum_version = version
    where: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": local.ports.https,
        "ssl": context,
        "server_hostname": PUBLIC,
    }
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(**where)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    (await asyncio.open_connection(**where))[1].close()


@pytest.mark.parametrize("leaf", [Leaf.EXPIRED, Leaf.OTHER_NAME, Leaf.UNTRUSTED])
async def test_a_wrong_leaf_is_noticed_by_any_client(tmp_path: Path, leaf: Leaf) -> None:
    """Each of the wrong certificates fails the verification, and a right one shown later passes."""
    authority = Authority([PUBLIC])
    context = authority.context()
    trusting = _trusting(authority, tmp_path)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        authority.show(leaf, context)
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=PUBLIC)
        authority.show(Leaf.VALID, context)
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=PUBLIC)
        writer.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
async def test_plain_http_leads_to_https_and_keeps_the_method(local: LocalPlane, address: str) -> None:
    """308 with the same host and target; a port appears only for a client that named one."""
    await local.serve()
    url = f"http://{address}:{local.ports.http}/a?b=c"
    async with httpx.AsyncClient() as client:
        bare = await client.post(url, headers={"host": PUBLIC})
        with_port = await client.get(url, headers={"host": f"{PUBLIC}:{local.ports.http}"})
        foreign = await client.get(url, headers={"host": "evil.test"})
    assert (bare.status_code, bare.headers["location"]) == (308, f"https://{PUBLIC}/a?b=c")
    assert with_port.headers["location"] == f"https://{PUBLIC}:{local.ports.https}/a?b=c"
    assert foreign.status_code == 404


async def test_callers_from_afar_wait_for_themselves_alone(local: LocalPlane) -> None:
    """Requests are under way at the same time; the service and its figures know nothing of it."""
    await local.serve()
    local.distance.seconds = 0.5
    began = time.monotonic()
    async with httpx.AsyncClient(verify=_trusting(local.authority, local.folder)) as client:
        url, host = f"https://127.0.0.1:{local.ports.https}/", {"host": PUBLIC}
        asked = [client.get(url, headers=host, extensions={"sni_hostname": PUBLIC}) for _ in range(20)]
        answers = await asyncio.gather(*asked)
    taken = time.monotonic() - began

    assert {answer.status_code for answer in answers} == {200}
    assert 0.5 <= taken < 20 * 0.5
    assert max(sample.latency_ms for sample in local.samples.taken) < taken * 1000 - 500


async def test_the_mesh_is_never_far_away(local: LocalPlane) -> None:
    """Services stay beside each other, whoever looks at them from where."""
    await local.serve()
    local.distance.seconds = 3600.0
    assert (await local.get()).status_code == 200
