"""What the producers share: open clients and signed-in identities, once per run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from gates.model.identity import Identity
from gates.model.target import Target
from journeys.client import client
from journeys.session import AUTH, Tokens, sign_in


@pytest.fixture(scope="session")
def http(target: Target) -> Iterator[Callable[[str], httpx.Client]]:
    """Give the client of a service at its own URL; connections are kept for the run."""
    opened: dict[str, httpx.Client] = {}

    def find(service: str) -> httpx.Client:
        if service not in opened:
            opened[service] = client(target, service)
        return opened[service]

    yield find
    for each in opened.values():
        each.close()


@pytest.fixture(scope="session")
def auth(http: Callable[[str], httpx.Client]) -> httpx.Client:
    """Give the client of auth-service."""
    return http(AUTH)


@pytest.fixture(scope="session")
def tokens(auth: httpx.Client, identity: Callable[[str], Identity]) -> Callable[[str], Tokens]:
    """Give the tokens of an identity, signed in once per run."""
    signed_in: dict[str, Tokens] = {}

    def find(name: str) -> Tokens:
        if name not in signed_in:
            signed_in[name] = sign_in(auth, identity(name))
        return signed_in[name]

    return find
