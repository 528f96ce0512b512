"""What all producers share: open clients, signed-in identities, the cloud's own APIs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gates.model.identity import Identity
from gates.model.target import Target
from journeys.client import REQUEST_COUNTER, client
from journeys.registry import CAST
from journeys.session import ACCEPTED, AUTH, Tokens
from journeys.world import World
from tests import admission

Made = Callable[[str], Callable[[], None]]
"""Notes that something exists in the platform now; its result is called once it is taken away."""

_LONGEST_LABEL = 24
_NOTED: set[str] = set()
"""Identities of which this process said already that they were let in."""
# A local endpoint is reached directly, whatever proxy the machine has for the outside.
_LOCAL_OPTIONS = (("grpc.enable_http_proxy", 0),)


@pytest.fixture(autouse=True)
def requests_sent(request: pytest.FixtureRequest) -> Iterator[None]:
    """Note beside each check how many requests it took, and which identities were let in."""
    before = REQUEST_COUNTER.sent
    yield
    request.node.user_properties.append(("requests", str(REQUEST_COUNTER.sent - before)))
    request.node.user_properties += [("identity-accepted", name) for name in sorted(ACCEPTED - _NOTED)]
    _NOTED.update(ACCEPTED)


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
def tokens(
    auth: httpx.Client,
    identity: Callable[[str], Identity],
    once: Callable[[str, Callable[[], str]], str],
    kept_session: Callable[[str, Callable[[], str], Callable[[str], bool]], str],
) -> Callable[[str], Tokens]:
    """Give the tokens of an identity, signed in once per run, however many workers look.

    A sign-in that failed is not tried again: who asks again and again locks the account.
    """

    def enter(name: str) -> str:
        return kept_session(
            name, lambda: admission.write(auth, identity(name)), lambda text: admission.is_good(auth, text)
        )

    def find(name: str) -> Tokens:
        return admission.read(name, once(f"tokens of {name}", lambda: enter(name)))

    return find


@pytest.fixture(scope="session")
def label() -> str:
    """Give the mark of everything that this run creates: `gate-` and the run's id."""
    run = Path(os.environ.get("GATE_RUN_FOLDER", "by-hand")).name.lower()
    return "gate-" + re.sub(r"[^a-z0-9]+", "-", run).strip("-")[-_LONGEST_LABEL:]


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    target: Target,
    tokens: Callable[[str], Tokens],
    secret: Callable[[str], dict[str, object]],
    made: Made,
) -> Iterator[World]:
    """Give a journey its world; how long its steps took goes into the report, what it made is taken away."""
    label: str = request.getfixturevalue("label")
    gone = made(f"what {request.node.name} marked with {label}")
    gateway, frontend = (target.public_url(name) for name in ("api-gateway", "frontend"))
    with (
        client(target, "api-gateway", base_url=gateway) as api,
        client(target, "frontend", base_url=frontend) as pages,
        client(target, AUTH, base_url=f"{gateway}/api/v1/{AUTH}") as door,
    ):
        found = World(
            gateway=api,
            frontend=pages,
            auth=door,
            tokens=lambda part: tokens(CAST[part]),
            secret=lambda part: secret(CAST[part]),
            label=label,
        )
        yield found
        found.clean()
        gone()
    noted = [("step", json.dumps({"name": one.name, "seconds": one.seconds})) for one in found.steps]
    request.node.user_properties += [*noted, *(("leftover", what) for what in found.leftovers)]


@pytest.fixture(scope="session")
def google(target: Target) -> Iterator[Callable[[type[Any]], Any]]:
    """Give Google's own client of an API, by its class: at the cloud's address, or at a local platform's.

    Use every client with an explicit `timeout`: an API that hangs ends one check, not the run.
    """
    made: dict[type[Any], Any] = {}

    def find(kind: type[Any]) -> Any:
        if kind not in made:
            made[kind] = _google_client(kind, _endpoint(target, kind))
        return made[kind]

    yield find
    for each in made.values():
        each.transport.close()


def _endpoint(target: Target, kind: type[Any]) -> str | None:
    if kind.__module__.startswith("google.cloud.run_v2"):
        return target.run_grpc
    if kind.__module__.startswith("google.cloud.monitoring_v3"):
        return target.monitoring_grpc
    return target.apis_grpc


def _google_client(kind: type[Any], endpoint: str | None) -> Any:
    if endpoint is None:
        return kind()
    import grpc  # noqa: PLC0415 - only a local platform is reached without Google's own channel

    return kind(
        transport=kind.get_transport_class("grpc")(
            channel=grpc.insecure_channel(endpoint, options=_LOCAL_OPTIONS)
        )
    )
