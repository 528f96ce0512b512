"""The pytest plugin: points producers at a target and writes down what they saw.

Options: `--env NAME` names an environment of the platform; the gate itself passes `--gate-target FILE` (a
frozen target, the same for every process of a run) and `--gate-evidence FILE`.

A producer is a test marked `criterion("ID")`. It runs once for each service that the criterion names (fixture
`service`); it may measure (fixture `measure`), else it measures failed checks. A marker that names an unknown
criterion stops the collection; an impact that the environment does not allow becomes a skip, so NOT_RUN.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gates.adapters.machine import settings
from gates.adapters.producers import (
    producer_records,
    pytest_ending,
    pytest_fixtures,
    pytest_recorder,
    pytest_safety,
    pytest_sharing,
    pytest_workers,
)
from gates.adapters.producers.pytest_fail_fast import FailFast
from gates.adapters.producers.pytest_lanes import Lane, Place
from gates.adapters.producers.pytest_safety import SECRETS
from gates.adapters.producers.pytest_target import demands_of, load_target, platform_of
from gates.adapters.producers.pytest_workers import TARGET
from gates.model.criterion import PLATFORM
from gates.model.platform import Impact
from gates.model.target import Demand, Target

DEFAULT_SEED = 20260101
"""What producers generate is the same in every run, unless another seed is asked for."""
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
    config.stash[SECRETS] = set()
    target = load_target(config)
    if target is not None:
        config.stash[TARGET] = target
        settings.hand_down(
            settings.PLATFORM, str(platform_of(config).absolute())
        )  # producers read its documents
    evidence = config.getoption("--gate-evidence")
    if evidence and not hasattr(config, "workerinput"):
        recorder = pytest_recorder.Recorder(Path(evidence), environment=target.environment if target else "")
        config.pluginmanager.register(recorder, "gate-recorder")
    config.pluginmanager.register(pytest_safety, "gate-safety")
    config.pluginmanager.register(pytest_ending, "gate-ending")
    config.pluginmanager.register(pytest_fixtures, "gate-fixtures")
    config.pluginmanager.register(producer_records, "gate-records")
    config.pluginmanager.register(pytest_sharing, "gate-sharing")
    config.pluginmanager.register(pytest_workers, "gate-workers")
    if target is not None and config.getoption("--gate-fail-fast"):
        config.pluginmanager.register(FailFast(target.demands), "gate-fail-fast")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a producer that asks for `service` once for each service that its criteria name."""
    ids = [str(name) for mark in metafunc.definition.iter_markers("criterion") for name in mark.args]
    if not ids or "service" not in metafunc.fixturenames:
        return
    demands = demands_of(metafunc.config, ids, metafunc.definition.nodeid)
    wanted = dict.fromkeys(name for demand in demands for name in demand.services)
    target = metafunc.config.stash[TARGET]
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
        demands = demands_of(config, ids, item.nodeid)
        target = config.stash[TARGET]
        subject = _subject(item, demands, target)
        item.user_properties += [("criterion", criterion_id) for criterion_id in dict.fromkeys(ids)]
        item.user_properties += list(subject.items())
        impact = next((str(mark.args[0]) for mark in item.iter_markers("impact")), Impact.READ_ONLY.value)
        if Impact(impact) not in target.allowed_impacts:
            reason = f"impact {impact} is not allowed in {target.environment}"
            item.user_properties.append(("held_back", reason))
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
