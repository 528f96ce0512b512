"""What the security checks share: volleys of requests, tenants of their own, forged tokens, a canary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gates.model.target import Target
from journeys.reads import PROTECTED
from journeys.session import AUTH, Tokens, admitted, bearer
from tests.readiness.security.canary import Canary, listening
from tests.readiness.security.forgeries import Forgery, keyless, misclaimed, public_jwk
from tests.readiness.security.records import Records, make_records
from tests.readiness.security.tenants import Account, Tenant
from tests.readiness.security.volley import Ask, Seen, Volley

Secret = Callable[[str], Mapping[str, Any]]
Forged = Mapping[tuple[str, str], Sequence[Seen]]
"""What came of the forged tokens of a check at a service."""


@pytest.fixture
def dice(request: pytest.FixtureRequest, volley: Volley) -> Random:
    """Give what a check draws its payloads with: the same ones for the same seed, others for another."""
    return volley.dice(request.node.nodeid)


@pytest.fixture(scope="session")
def volley(http: Callable[[str], httpx.Client], seed: int) -> Volley:
    """Give the sender of many requests at once."""
    return Volley(http, seed)


@pytest.fixture(scope="session")
def canary() -> Iterator[Canary]:
    """Give the listener that nobody has a reason to call."""
    with listening() as canary:
        yield canary


@pytest.fixture(scope="session")
def tenant(secret: Secret, auth: httpx.Client) -> Tenant:
    """Give a tenant of our own."""
    made = Tenant(forger=secret("forger"), subject=str(secret("analyst")["subject"]))
    control = auth.get(PROTECTED[AUTH], headers=made.headers("analyst"))
    known = bool(secret("forger")["was_accepted"])
    admitted(control, "forger", was_accepted=known, shown="signing key")
    return made


@pytest.fixture(scope="session")
def stranger(secret: Secret) -> Tenant:
    """Give another tenant of our own, with nothing in it."""
    return Tenant(forger=secret("forger"), subject=str(secret("analyst")["subject"]))


@pytest.fixture(scope="session")
def account(
    tenant: Tenant, auth: httpx.Client, made: Callable[[str], Callable[[], None]]
) -> Iterator[Callable[..., Account]]:
    """Make people of our tenant; none of them can sign in afterwards."""
    known: list[tuple[Account, Callable[[], None]]] = []

    def make(role: str = "viewer") -> Account:
        account = tenant.account(auth, role)
        known.append((account, made(f"the account {account.id}")))
        return account

    yield make
    for each, gone in known:
        if tenant.switch_off(auth, each):
            gone()


@pytest.fixture(scope="session")
def keyless_answers(
    volley: Volley, target: Target, tokens: Callable[[str], Tokens], auth: httpx.Client, canary: Canary
) -> Forged:
    """Send every token that can be forged without a key to every service that takes tokens."""
    thief, good, dice = Ed25519PrivateKey.generate(), tokens("analyst").access, volley.dice("keyless")
    canary.keys = (public_jwk(thief),)
    keys = auth.get("/.well-known/jwks.json").json()["keys"]
    return _sent(volley, target, good, lambda: list(keyless(good, keys, canary.address(), thief, dice)))


@pytest.fixture(scope="session")
def misclaimed_answers(volley: Volley, target: Target, secret: Secret, tenant: Tenant) -> Forged:
    """Send every rightly signed token with a wrong claim to every service that takes tokens."""
    forger, good, dice = secret("forger"), tenant.token("analyst"), volley.dice("misclaimed")
    return _sent(volley, target, good, lambda: list(misclaimed(forger, tenant.subject, dice)))


def _sent(volley: Volley, target: Target, good: str, forge: Callable[[], list[Forgery]]) -> Forged:
    """Send a good token and forgeries of its own to each service; the good one shows what a refusal means."""
    control = Forgery("control", "nothing wrong", good)
    asks = [
        (
            forgery.check,
            Ask(service=s.name, path=PROTECTED[s.name], headers=bearer(forgery.token), what=forgery.what),
        )
        for s in target.services
        if s.name in PROTECTED
        for forgery in [control, *forge()]
    ]
    found: dict[tuple[str, str], list[Seen]] = {}
    for (check, _), seen in zip(asks, volley.send([ask for _, ask in asks]), strict=True):
        found.setdefault((check, seen.ask.service), []).append(seen)
    return found


@pytest.fixture(scope="session")
def records(http: Callable[[str], httpx.Client], tenant: Tenant, account: Callable[..., Account]) -> Records:
    """Give one record of each kind in our tenant."""
    return make_records(http, tenant, account().id)
