"""Connects the workers of a run (pytest-xdist) with each other: one target, one plan, one of what costs."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from gates.adapters.producers import pytest_lanes, pytest_sharing, targeting
from gates.adapters.producers.pytest_lanes import MAIN, PLAN, Lane, Lanes, Place
from gates.model.target import Demand, Target

TARGET = pytest.StashKey[Target]()
TARGET_KEY = "gate_target"
_PLACES = pytest.StashKey[list[Place]]()
_TIMES = frozenset({"s", "ms"})
"""Units of what is measured wrongly when something else runs beside it."""
_LEAVING_S = 5.0
"""How long a worker that has ended may take to leave."""


def place_of(
    item: pytest.Item, demands: Sequence[Demand], *, turn: int, is_noisy: bool, service: str
) -> Place:
    """Return where a check belongs: its marker `together(name)` may name its service as `{service}`."""
    is_marked = item.get_closest_marker("alone") is not None
    is_alone = is_noisy or is_marked or any(demand.unit in _TIMES for demand in demands)
    lane = {-1: Lane.EARLY, 1: Lane.LATE}.get(turn, Lane.ALONE if is_alone else Lane.SHARED)
    names = [str(mark.args[0]) for mark in item.iter_markers("together")]
    group = names[0].format(service=service) if names else ""
    return Place(lane=lane, group=group, is_long=item.get_closest_marker("long") is not None)


def remember(config: pytest.Config, places: list[Place]) -> None:
    """Keep the places of all collected checks, in their order."""
    config.stash[_PLACES] = places


def is_main(config: pytest.Config) -> bool:
    """Whether this process runs what is alone or late: without workers, or as the first of them."""
    worker = getattr(config, "workerinput", None)
    return worker is None or worker.get("workerid") == MAIN


def pytest_configure(config: pytest.Config) -> None:
    """Let no worker take the place of one that died: what it had seen is lost."""
    if config.stash.get(TARGET, None) is None:
        return
    gc.disable()  # until the checks begin: what is imported stays
    config.add_cleanup(gc.enable)
    if hasattr(config.option, "maxworkerrestart"):
        config.option.maxworkerrestart = "0"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Hand the plan to the controller, which collects nothing itself."""
    address = getattr(session.config, "workerinput", {}).get(pytest_sharing.WORKER_KEY)
    places = session.config.stash.get(_PLACES, None)
    if address is not None and places is not None:
        pytest_sharing.ask(address, PLAN, lambda: pytest_lanes.to_text(places))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Begin without the garbage collector looking at what was imported, again and again."""
    if session.config.stash.get(TARGET, None) is not None:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Ship the controller's target to a worker, and where the workers share: all look at the same thing."""
    if (target := node.config.stash.get(TARGET, None)) is not None:
        node.workerinput[TARGET_KEY] = targeting.target_to_json(target)
        node.workerinput[pytest_sharing.WORKER_KEY] = pytest_sharing.open_shelf(node.config)


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Let the process of a worker that has ended leave before what is alone begins."""
    is_waited_for = node.gateway.id != MAIN  # nothing comes after the end of that one
    if error is None and is_waited_for and node.config.stash.get(TARGET, None) is not None:
        node.gateway.exit()
        with contextlib.suppress(AttributeError, subprocess.TimeoutExpired):
            node.gateway._io.popen.wait(_LEAVING_S)  # noqa: SLF001 - execnet names it nowhere else


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config) -> Lanes | None:
    """Share out the checks of a target by their plan; other tests as xdist would."""
    if config.stash.get(TARGET, None) is None:
        return None
    address = pytest_sharing.open_shelf(config)
    return Lanes(
        len(config.option.tx), lambda: pytest_lanes.from_text(pytest_sharing.ask(address, PLAN, _no_plan))
    )


def _no_plan() -> str:
    raise RuntimeError("the workers collected their checks, and none of them handed in a plan")


@pytest.fixture(scope="session")
def patience(pytestconfig: pytest.Config) -> float:
    """Give how many times longer than alone work may take here: so many workers share one processor."""
    workers = int(getattr(pytestconfig, "workerinput", {}).get("workercount", 1))
    return max(1.0, workers / len(os.sched_getaffinity(0)))


@pytest.fixture(scope="session", autouse=True)
def begun(request: pytest.FixtureRequest) -> None:
    """Begin what checks wait for with the first check: the fixtures that their marker `waits` names.

    If it fails, it fails for each check that waits for it, and for no other.
    """
    if request.config.stash.get(TARGET, None) is None or not is_main(request.config):
        return
    allowed = [item for item in request.session.items if item.get_closest_marker("skip") is None]
    marks = [mark for item in allowed for mark in item.iter_markers("waits")]
    for name in dict.fromkeys(str(name) for mark in marks for name in mark.args):
        with contextlib.suppress(Exception, pytest.fail.Exception, pytest.skip.Exception):
            request.getfixturevalue(name)
