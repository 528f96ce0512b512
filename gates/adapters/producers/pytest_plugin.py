"""The pytest plugin: points producers at a target and writes down what they saw.

Options: `--env NAME` names an environment of the platform; the gate itself passes `--gate-target FILE` (a
frozen target, the same for every process of a run) and `--gate-evidence FILE`.

A producer is a test marked `criterion("ID")`. It runs once for each service that the criterion names (fixture
`service`); it may measure (fixture `measure`), else it measures failed checks. A marker that names an unknown
criterion stops the collection; an impact that the environment does not allow becomes a skip, so NOT_RUN.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.adapters import secrets
from gates.adapters.machine import settings
from gates.adapters.machine.personal_files import personal_files
from gates.adapters.machine.way_out import settle
from gates.adapters.producers import (
    kept_sessions,
    producer_records,
    pytest_ending,
    pytest_recorder,
    pytest_safety,
    pytest_sharing,
    pytest_workers,
    targeting,
)
from gates.adapters.producers.pytest_fail_fast import FailFast
from gates.adapters.producers.pytest_lanes import Lane, Place
from gates.adapters.producers.pytest_workers import TARGET_KEY
from gates.errors import GateError
from gates.judgement.bounds import settled
from gates.model.contract import AcceptedFinding
from gates.model.criterion import PLATFORM
from gates.model.drill import DrillRecord
from gates.model.identity import Identity
from gates.model.platform import Impact, Tier
from gates.model.state import ServiceState
from gates.model.target import Demand, ServiceTarget, Target

_TARGET = pytest_workers.TARGET
_SECRETS = pytest_safety.SECRETS
DEFAULT_SEED = 20260101
"""What producers generate is the same in every run, unless another seed is asked for."""
_HURRIED_WAIT_S = 3.0
_TURNS = {"early": -1, "late": 1}
_SERVICE_IN_ID = re.compile(r"\[([a-z0-9_-]+)[\]-]")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the gate's options."""
    group = parser.getgroup("gate", "release gate")
    group.addoption("--env", default=None, help="environment to produce evidence about")
    group.addoption(
        "--gate-platform",
        default=None,
        help="folder of the platform; default: GATE_PLATFORM, or the only one in platforms/",
    )
    group.addoption("--gate-target", default=None, help="frozen target file (written by the gate)")
    group.addoption("--gate-fail-fast", action="store_true", help="end at the first blocking failure")
    group.addoption("--gate-hurry", action="store_true", help="wait for no one-time code; share sessions")
    group.addoption(
        "--gate-seed",
        type=int,
        default=DEFAULT_SEED,
        help="seed of everything that is generated: %(default)s",
    )
    group.addoption("--gate-evidence", default=None, help="file that receives the evidence")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers; load the target once, in the controller."""
    config.addinivalue_line("markers", "criterion(id, ...): the criteria that this test gives evidence for")
    config.addinivalue_line("markers", "service(name): the service that this test is about")
    config.addinivalue_line("markers", "turn(when): early or late, for what takes its time to show")
    config.addinivalue_line(
        "markers", "waits(fixture, ...): begin these at once, look at what became of it late"
    )
    config.addinivalue_line(
        "markers", "alone: nothing else runs beside it, as with what makes noise or measures time"
    )
    config.addinivalue_line("markers", "together(name): checks of one name run on one worker, in order")
    config.addinivalue_line("markers", "long: many requests in a row; several workers begin with these")
    config.addinivalue_line("markers", "impact(kind): what this test does to its target; default read-only")
    config.stash[_SECRETS] = set()
    target = _load_target(config)
    if target is not None:
        config.stash[_TARGET] = target
        os.environ[settings.PLATFORM] = str(_platform(config).absolute())  # producers read its documents
    evidence = config.getoption("--gate-evidence")
    if evidence and not hasattr(config, "workerinput"):
        recorder = pytest_recorder.Recorder(Path(evidence), environment=target.environment if target else "")
        config.pluginmanager.register(recorder, "gate-recorder")
    config.pluginmanager.register(pytest_safety, "gate-safety")
    config.pluginmanager.register(pytest_ending, "gate-ending")
    config.pluginmanager.register(producer_records, "gate-records")
    config.pluginmanager.register(pytest_sharing, "gate-sharing")
    config.pluginmanager.register(pytest_workers, "gate-workers")
    if target is not None and config.getoption("--gate-fail-fast"):
        config.pluginmanager.register(FailFast(target.demands), "gate-fail-fast")


def _platform(config: pytest.Config) -> Path:
    named = config.getoption("--gate-platform")
    return settings.platform_folder() if named is None else settings.from_root(named)


def _load_target(config: pytest.Config) -> Target | None:
    shipped = getattr(config, "workerinput", {}).get(TARGET_KEY)
    if shipped is not None:
        return targeting.target_from_json(shipped)
    try:
        if config.getoption("--env") is not None:
            settle(os.environ)
        if (path := config.getoption("--gate-target")) is not None:
            return targeting.target_from_json(Path(path).read_text(encoding="utf-8"))
        if (name := config.getoption("--env")) is not None:
            return targeting.find_target(_platform(config), name)
    except (GateError, OSError) as error:
        cause = error.diagnostics() if isinstance(error, GateError) else str(error)
        raise pytest.UsageError(cause) from error
    return None


def _demands_of(config: pytest.Config, ids: list[str], where: str) -> list[Demand]:
    target = config.stash.get(_TARGET, None)
    if target is None:
        raise pytest.UsageError(f"{where} produces evidence: name its target, for example --env sandbox")
    known = {demand.criterion: demand for demand in target.demands}
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise pytest.UsageError(
            f"{where} names criteria that the catalogue does not have: {', '.join(unknown)}"
        )
    return [known[name] for name in ids]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a producer that asks for `service` once for each service that its criteria name."""
    ids = [str(name) for mark in metafunc.definition.iter_markers("criterion") for name in mark.args]
    if not ids or "service" not in metafunc.fixturenames:
        return
    demands = _demands_of(metafunc.config, ids, metafunc.definition.nodeid)
    wanted = dict.fromkeys(name for demand in demands for name in demand.services)
    target = metafunc.config.stash[_TARGET]
    known = {service.name for service in target.services}
    names = [name for name in wanted if name in known]
    metafunc.parametrize("service", names, ids=names, indirect=True, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Stamp every producer with its criteria and its subject, and hold back what is not allowed here.

    Causes are looked at before what they imply, and what makes noise comes last; a check may ask for another
    turn.
    """
    ranks: dict[pytest.Item, tuple[int, bool, int]] = {}
    places: dict[pytest.Item, Place] = {}
    for item in items:
        ids = [str(name) for mark in item.iter_markers("criterion") for name in mark.args]
        if not ids:
            continue
        demands = _demands_of(config, ids, item.nodeid)
        target = config.stash[_TARGET]
        subject = _subject(item, demands, target)
        item.user_properties += [("criterion", criterion_id) for criterion_id in dict.fromkeys(ids)]
        item.user_properties += list(subject.items())
        impact = next((str(mark.args[0]) for mark in item.iter_markers("impact")), Impact.READ_ONLY.value)
        if Impact(impact) not in target.allowed_impacts:
            reason = f"impact {impact} is not allowed in {target.environment}"
            item.add_marker(pytest.mark.skip(reason=reason))
        is_noisy = Impact(impact) in (Impact.NOISY, Impact.DISRUPTIVE)
        turn = _turn(item)
        ranks[item] = turn, is_noisy, min(target.demands.index(demand) for demand in demands)
        places[item] = pytest_workers.place_of(
            item, demands, turn=turn, is_noisy=is_noisy, service=subject["service"]
        )
    items.sort(key=lambda item: ranks.get(item, (0, False, -1)))
    pytest_workers.remember(config, [places.get(item, Place(lane=Lane.SHARED)) for item in items])


def _turn(item: pytest.Item) -> int:
    waits = 1 if item.get_closest_marker("waits") else 0
    return next((_TURNS[mark.args[0]] for mark in item.iter_markers("turn")), waits)


def _subject(item: pytest.Item, demands: list[Demand], target: Target) -> dict[str, str]:
    name = _service_name(item, demands, target)
    if name == PLATFORM:
        return {"service": PLATFORM, "digest": target.fingerprint}
    service = target.service(name)
    return {"service": name, "revision": service.revision, "digest": service.digest}


def _service_name(item: pytest.Item, demands: list[Demand], target: Target) -> str:
    """Return the subject: its marker, its parameter, a service in its id, its criteria's only one."""
    known = {service.name for service in target.services}
    marked = next((str(mark.args[0]) for mark in item.iter_markers("service")), None)
    callspec = getattr(item, "callspec", None)
    given = callspec.params.get("service") if callspec is not None else None
    in_id = _SERVICE_IN_ID.search(item.name)
    named = {name for demand in demands for name in demand.services}
    only = named.pop() if len(named) == 1 else None
    candidates = (marked, given, in_id.group(1).replace("_", "-") if in_id else None, only)
    return next((name for name in candidates if isinstance(name, str) and name in known), PLATFORM)


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config) -> Target:
    """Give the target that producers look at."""
    return pytestconfig.stash[_TARGET]


@pytest.fixture(scope="session")
def service(request: pytest.FixtureRequest, target: Target) -> ServiceTarget:
    """Give the service that this producer is about."""
    return target.service(str(request.param))


@pytest.fixture(scope="session")
def identity(pytestconfig: pytest.Config, target: Target) -> Callable[[str], Identity]:
    """Give a test identity by name; its secrets are redacted wherever they would be written."""

    def find(name: str) -> Identity:
        found = targeting.identity_of(target, name)
        pytestconfig.stash[_SECRETS] |= {s for s in (found.password, found.totp_secret) if s}
        is_hurried = pytestconfig.getoption("--gate-hurry")
        return replace(found, longest_wait_s=_HURRIED_WAIT_S) if is_hurried else found

    return find


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


@pytest.fixture(scope="session")
def accepted_findings(pytestconfig: pytest.Config) -> tuple[AcceptedFinding, ...]:
    """Give what is known to be wrong with the platform's contracts and was accepted for a while."""
    from gates.adapters.documents.documents import load_platform  # noqa: PLC0415 - only contract checks
    from gates.adapters.producers.contract_baseline import load_baseline  # noqa: PLC0415 - need these

    folder = _platform(pytestconfig)
    return load_baseline(folder, load_platform(folder))


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
            value = settled(value, at_best, _demands_of(request.config, ids, request.node.nodeid), unit)
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
        found = targeting.secret_of(target, name) | {"name": name, "was_accepted": name in target.accepted}
        pytestconfig.stash[_SECRETS] |= secrets.sensitive_values(found)
        return found

    return find


@pytest.fixture(scope="session")
def drills(target: Target) -> tuple[DrillRecord, ...]:
    """Give the recorded drills of the target's environment, the newest first."""
    from gates.adapters.producers.drill_records import recorded_drills  # noqa: PLC0415 - few producers need the ledger

    return recorded_drills(target.environment)


@pytest.fixture(scope="session")
def objectives() -> Callable[[str], Tier]:
    """Give the recovery objectives of a service."""
    from gates.adapters.producers.drill_records import tier_of  # noqa: PLC0415 - nor the platform's documents

    return tier_of


@pytest.fixture(scope="session")
def cloud_state(target: Target) -> Iterator[Callable[[str], ServiceState]]:
    """Give what the cloud's API says of a service, read when it is asked for."""
    with targeting.reader(target) as describe:
        yield describe
