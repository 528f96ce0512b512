"""Signing in: a refusal blames the platform only when our secret is known to be right."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from gates.model.identity import Identity
from journeys import session
from journeys.checks import DemandNotMetError

GOOD = Identity(
    name="viewer", username="v@acme.test", tenant="acme", roles=(), password="p", totp_secret="A" * 32
)
KNOWN = replace(GOOD, was_accepted=True)


def door(first: int, second: int = 200) -> httpx.Client:
    """Return a client of an auth-service that answers the two factors so."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/login":
            return httpx.Response(first, json={"mfaToken": "m"})
        return httpx.Response(second, json={"accessToken": "a", "refreshToken": "r"})

    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://auth.test")


@pytest.fixture(autouse=True)
def nobody_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget who was let in."""
    monkeypatch.setattr(session, "ACCEPTED", set())
    monkeypatch.setattr(session, "_PROVEN", set())


@pytest.mark.parametrize("statuses", [(401,), (200, 401)])
def test_a_secret_that_was_never_accepted_blames_nobody(statuses: tuple[int, ...]) -> None:
    """Neither the password nor the one-time code: it may be ours that is wrong."""
    with pytest.raises(session.NotAdmittedError, match="never accepted here"):
        session.sign_in(door(*statuses), GOOD)
    assert not session.ACCEPTED


@pytest.mark.parametrize("statuses", [(401,), (200, 401), (500,), (200, 500), (403,)])
def test_a_secret_that_was_accepted_before_blames_the_platform(statuses: tuple[int, ...]) -> None:
    """The way in is broken."""
    with pytest.raises(DemandNotMetError, match="auth-service"):
        session.sign_in(door(*statuses), KNOWN)


@pytest.mark.parametrize("status", [500, 403, 429])
def test_what_is_no_refusal_blames_the_platform_whatever_the_secret(status: int) -> None:
    """A wrong secret is answered with 401."""
    with pytest.raises(DemandNotMetError):
        session.sign_in(door(status), GOOD)


@pytest.mark.parametrize("status", [423, 429])
def test_a_lock_blames_nobody_where_looks_themselves_send_wrong_secrets(status: int) -> None:
    """Three looks within a minute lock such an account; elsewhere a lock is the platform's."""
    with pytest.raises(session.NotAdmittedError, match="locked"):
        session.password_accepted(door(status), KNOWN, may_be_locked=True)
    with pytest.raises(DemandNotMetError):
        session.password_accepted(door(status), KNOWN)


def test_codes_that_somebody_else_uses_up_blame_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each code is sent once; that all were used before says nothing of the platform, whoever it lets in."""
    sent, waited = list[str](), list[float]()
    monkeypatch.setattr(session, "WAIT", waited.append)
    monkeypatch.setattr("journeys.session.time.time", lambda: 1e9 + 30 * len(waited))

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/login":
            return httpx.Response(200, json={"mfaToken": "m"})
        sent.append(request.content.decode())
        return httpx.Response(401, json={"code": "code_reused"})

    with pytest.raises(session.NotAdmittedError, match="every one-time code"):
        session.sign_in(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://a.test"), KNOWN)
    assert (len(sent), len(set(sent)), len(waited)) == (3, 3, 1)


def test_an_identity_that_may_not_wait_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The codes of now are tried, and the next one is not waited for."""
    sent, waited = list[str](), list[float]()
    monkeypatch.setattr(session, "WAIT", waited.append)
    monkeypatch.setattr("journeys.session.time.time", lambda: 1e9)
    for code in session.codes(replace(KNOWN, longest_wait_s=3.0)):
        sent.append(code)
    assert (len(set(sent)), waited) == (2, [])


def test_who_was_let_in_once_is_known_to_be_right_for_the_rest_of_the_run() -> None:
    """A refusal after that is the platform's."""
    session.sign_in(door(200), GOOD)
    assert list(session.ACCEPTED) == ["viewer"]
    with pytest.raises(DemandNotMetError):
        session.sign_in(door(401), GOOD)
