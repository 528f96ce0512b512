"""What the builders of faults do to an application, each seen in an answer."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest

from sandbox.faults.registry import FAULTS
from sandbox.faults.response_faults import delaying, every, starting, without_header
from sandbox.faults.tokens import read_token
from sandbox.kit.identity import Principal
from sandbox.kit.problem import Problem


async def healthy(scope: Any, _receive: Any, send: Any) -> None:
    """An app that answers every request with one document."""
    if scope["type"] == "http":
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"a": 1, "b": {"c": 2, "d": 3}}'})


def revision(slug: str, app: Any = healthy) -> Any:
    """Return the app as the revision of that name."""
    return FAULTS[slug].build("asset-discovery", lambda: app)


def ask(app: Callable[..., Any], *paths: str, **headers: str) -> list[httpx.Response]:
    """Send requests to an app."""

    async def send() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            return [await client.get(path, headers=headers) for path in paths]

    return anyio.run(send)


def test_every_so_many_th_request_fails_and_health_never_does() -> None:
    """One of a hundred; what a revision says of itself is not counted."""
    app = revision("one-percent-fails")
    codes = [answer.status_code for answer in ask(app, *["/x", "/healthz"] * 200)]
    assert [index for index, code in enumerate(codes) if code == 500] == [198, 398]


def test_one_tenant_is_told_by_its_token() -> None:
    """Everybody else is served."""
    app = revision("one-tenant-fails")
    for tenant, code in (("globex", 500), ("acme", 200)):
        assert ask(app, "/x", authorization=f"Bearer {token({}, tenant=tenant)}")[0].status_code == code


def test_headers_and_times_change_for_what_matches_alone() -> None:
    """One path lacks its header; another waits."""
    spoilt = without_header(healthy, lambda _method, path: path == "/bad", b"cache-control")
    bad, good = ask(spoilt, "/bad", "/good")
    assert ("cache-control" in bad.headers, "cache-control" in good.headers) == (False, True)
    teapot = starting(healthy, every(2, lambda *_: True), lambda start: {**start, "status": 418})
    assert [answer.status_code for answer in ask(teapot, "/", "/", "/")] == [200, 418, 200]
    pauses = iter([0.0, 0.0])
    ask(delaying(healthy, lambda _method, path: path == "/bad", lambda: next(pauses)), "/bad", "/")
    assert len(list(pauses)) == 1


def test_a_benign_change_keeps_what_is_said() -> None:
    """Another order and other letters mean the same."""
    (reordered,) = ask(revision("reordered"), "/")
    assert list(reordered.json()) == ["b", "a"]
    assert reordered.json() == ask(healthy, "/")[0].json()
    (shouted,) = ask(revision("header-case"), "/")
    assert {name for name, _ in shouted.headers.raw} == {b"Content-Type", b"CACHE-CONTROL"}


def token(header: dict[str, Any], **claims: Any) -> str:
    """Return a token that nobody signed."""
    parts = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return f"{'.'.join(parts)}."


class Strict:
    """Refuses every token."""

    async def verify(self, token: str) -> Principal:
        """Refuse."""
        raise Problem(401, f"no: {len(token)}")


WHOLE = {
    "sub": "usr_1",
    "tenant": "acme",
    "roles": ["analyst"],
    "kind": "user",
    "iss": "x",
    "aud": "isectech",
}


@pytest.mark.parametrize(
    ("slug", "believed", "refused"),
    [
        ("algorithm-none", token({"alg": "none"}, **WHOLE), token({"alg": "Ed25519"}, **WHOLE)),
        ("expiry-ignored", token({}, **WHOLE, exp=1), token({}, **WHOLE, exp=2**39)),
        (
            "audience-ignored",
            token({"typ": "at+jwt"}, **{**WHOLE, "aud": "another"}),
            token({"typ": "at+jwt"}, **WHOLE),
        ),
    ],
)
def test_a_credulous_revision_believes_one_kind_of_token(slug: str, believed: str, refused: str) -> None:
    """All others are checked as ever."""
    app = SimpleNamespace(state=SimpleNamespace(kit=SimpleNamespace(verifier=Strict())))
    verifier = revision(slug, app).state.kit.verifier
    assert anyio.run(verifier.verify, believed).subject == "usr_1"
    with pytest.raises(Problem):
        anyio.run(verifier.verify, refused)
    assert read_token("nonsense") == ({}, {})
