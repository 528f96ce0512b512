"""What producers ask for by name: target, services, identities, sessions, the seed, the measurement."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from gates.adapters import secrets
from gates.adapters.machine.personal_files import personal_files
from gates.adapters.producers import kept_sessions, targeting
from gates.adapters.producers.pytest_safety import SECRETS, HeldBackError
from gates.adapters.producers.pytest_target import demands_of
from gates.adapters.producers.pytest_workers import TARGET
from gates.judgement.bounds import settled
from gates.model.identity import Identity
from gates.model.state import ServiceState
from gates.model.target import ServiceTarget, Target

_HURRIED_WAIT_S = 3.0


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config) -> Target:
    """Give the target that producers look at."""
    return pytestconfig.stash[TARGET]


@pytest.fixture(scope="session")
def service(request: pytest.FixtureRequest, target: Target) -> ServiceTarget:
    """Give the service that this producer is about."""
    return target.service(str(request.param))


@pytest.fixture(scope="session")
def identity(pytestconfig: pytest.Config, target: Target) -> Callable[[str], Identity]:
    """Give a test identity by name; its secrets are redacted wherever they would be written."""

    def find(name: str) -> Identity:
        _hold_back_without(target, name)
        found = targeting.identity_of(target, name)
        pytestconfig.stash[SECRETS] |= {s for s in (found.password, found.totp_secret) if s}
        is_hurried = pytestconfig.getoption("--gate-hurry")
        return replace(found, longest_wait_s=_HURRIED_WAIT_S) if is_hurried else found

    return find


def _hold_back_without(target: Target, identity: str) -> None:
    """Hold the check back when the environment does not have the identity."""
    if identity not in dict(target.identities):
        raise HeldBackError(f"{target.environment} has no identity {identity}")


@pytest.fixture(scope="session")
def kept_session(pytestconfig: pytest.Config, target: Target) -> kept_sessions.Keep:
    """Give `kept(name, make, is_good)`: a session that `make` made now, or for an earlier look in a hurry."""
    if not pytestconfig.getoption("--gate-hurry"):
        return kept_sessions.keep_nothing
    return kept_sessions.KeptSessions(target, personal_files())


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """Give the seed of everything that a producer generates: the same seed sends the same requests."""
    return int(pytestconfig.getoption("--gate-seed"))


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Give `measure(value, unit=..., samples=...)`: what a producer saw, as a finite number.

    `blames` names the service that a bad value would point at, when it is another than the one judged.
    `note` says in words what stands behind the value. `at_best` is the best that the value can be, when
    something else than the platform, which `doubt` names, has a share in it. A demand that holds at best, but
    not for the value as it was seen, is not judged: the check counts as not run.
    """

    def record(value: float, *, unit: str, samples: int = 1, **more: Any) -> None:
        if (at_best := more.get("at_best")) is not None:
            ids = [value for name, value in request.node.user_properties if name == "criterion"]
            value = settled(value, at_best, demands_of(request.config, ids, request.node.nodeid), unit)
            if math.isnan(value):
                pytest.skip(more["doubt"])
        entry = json.dumps({"value": value, "unit": unit, "samples": samples}, allow_nan=False)
        request.node.user_properties.append(("measurement", entry))
        request.node.user_properties += [(name, more[name]) for name in ("blames", "note") if more.get(name)]

    return record


@pytest.fixture(scope="session")
def secret(pytestconfig: pytest.Config, target: Target) -> Callable[[str], dict[str, object]]:
    """Give what an identity's reference leads to: a client's secret, a signing key.

    `name` and `was_accepted` are added to what stands there.
    """

    def find(name: str) -> dict[str, object]:
        _hold_back_without(target, name)
        found = targeting.secret_of(target, name) | {"name": name, "was_accepted": name in target.accepted}
        pytestconfig.stash[SECRETS] |= secrets.sensitive_values(found)
        return found

    return find


@pytest.fixture(scope="session")
def cloud_state(target: Target) -> Iterator[Callable[[str], ServiceState]]:
    """Give what the cloud's API says of a service, read when it is asked for."""
    with targeting.reader(target) as describe:
        yield describe
