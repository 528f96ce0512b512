"""All nine services in this process, the people of the journeys signed in, and revisions that go wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest

from gates.model.identity import Identity
from journeys.registry import CAST
from journeys.session import AUTH, Tokens, sign_in
from journeys.world import World
from sandbox.faults.registry import find
from sandbox.kit import seed
from sandbox.kit.resource import Table
from sandbox.services.api_gateway.app import build as build_gateway
from sandbox.services.asset_discovery import app as assets
from sandbox.services.behavioral_analysis import app as behaviour
from sandbox.services.decision_engine import app as decisions
from sandbox.services.event_processor import app as events
from sandbox.services.frontend.app import build as build_frontend
from sandbox.services.nlp_assistant import app as assistant
from sandbox.services.threat_detection import app as threats
from tests.sandbox.kit.stage import Stage, person, staged
from tests.sandbox.support.running_platform import PLAIN

DOMAIN = (assets, behaviour, decisions, events, assistant, threats)
GATEWAY = "api-gateway"
PATIENCE_S = 2.0
Deploy = Callable[[str, str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The whole platform."""
    builds = {module.NAME: module.build for module in DOMAIN}
    every = {"frontend": build_frontend, GATEWAY: build_gateway, **builds}
    with staged(tmp_path_factory.mktemp("journeys"), every) as running:
        yield running


def door(stage: Stage, service: str, path: str = "") -> httpx.Client:
    """Return a client of a service, at a path of it."""
    headers = {"host": stage.host_of(service)}
    return httpx.Client(
        base_url=f"{stage.url}{path}", headers=headers, timeout=20.0, trust_env=False, verify=PLAIN
    )


@pytest.fixture(scope="session")
def signed_in(stage: Stage) -> Callable[[str], Tokens]:
    """The tokens of a part, signed in once."""
    known: dict[str, Tokens] = {}

    def find_tokens(part: str) -> Tokens:
        if part not in known:
            who = person(CAST[part])
            identity = Identity(
                name=who.name,
                username=who.username,
                tenant=who.tenant,
                roles=(who.role,),
                password=who.password,
                totp_secret=who.totp_secret,
            )
            with door(stage, AUTH) as auth:
                known[part] = sign_in(auth, identity)
        return known[part]

    return find_tokens


@pytest.fixture
def world(stage: Stage, signed_in: Callable[[str], Tokens]) -> Iterator[World]:
    """A journey's world on this platform, whose limits know nobody yet; what it made is taken away."""
    for app in stage.apps.values():
        app.state.kit.limiter.forget()
    with (
        door(stage, GATEWAY) as gateway,
        door(stage, "frontend") as frontend,
        door(stage, GATEWAY, f"/api/v1/{AUTH}") as auth,
    ):
        found = World(
            gateway=gateway,
            frontend=frontend,
            auth=auth,
            tokens=signed_in,
            secret=lambda part: seed.identities(stage.settings(AUTH, {}))[CAST[part]],
            label="gate-test",
            patience_s=PATIENCE_S,
        )
        yield found
        found.clean()


@pytest.fixture
def deploy(stage: Stage) -> Deploy:
    """Put a known-bad revision in the place of a service until the block ends."""

    @contextmanager
    def put(service: str, slug: str) -> Iterator[None]:
        fault = find(service, slug)
        assert fault is not None, f"{service} has no fault {slug}"
        host = stage.host_of(service)
        with _modules_restored():
            stage.switchboard.apps[host] = fault.build(service, lambda: stage.apps[service])
            try:
                yield
            finally:
                stage.switchboard.apps[host] = stage.apps[service]

    return put


@contextmanager
def _modules_restored() -> Iterator[None]:
    """A fault patches its own process; here that is this one, so put everything back."""
    modules = [module for name, module in sys.modules.items() if name.startswith("sandbox.")]
    tables = [value for module in modules for value in vars(module).values() if isinstance(value, Table)]
    before = [(vars(one), dict(vars(one))) for one in (*modules, *tables)]
    try:
        yield
    finally:
        for attributes, found in before:
            attributes.update(found)
        for table in tables:
            for name in vars(table).keys() & vars(type(table)).keys():
                delattr(table, name)
