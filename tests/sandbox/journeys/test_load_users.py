"""The load generator takes the journeys unchanged: a user class for each, and a sandbox that stands it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from journeys.registry import JOURNEYS
from tests.support.real_sandbox import RealSandbox

_HEADLESS = """
import functools, pathlib, sys
from gates import composition
from gates.adapters.producers import generator_page
files, out = f"{pathlib.Path(generator_page.LOCUSTFILE).resolve()},{sys.argv[1]}", sys.argv[2]
more = ("-f", files, "--headless", "-u", "7", "-r", "7", "-t", "150s", "--stop-timeout", "60")
more = (*more, "--only-summary", "--json-file", out)
generator_page.open_page = functools.partial(generator_page.open_page, more=more)
context = composition.Context("sandbox")
sys.exit(composition.generator_page(context, context.run_folder("page"), root=pathlib.Path.cwd(), port=0))
"""

_ENDING = """
import gevent
from locust import events
from journeys.registry import JOURNEYS

@events.init.add_listener
def end_with_the_last(environment, **_):
    taken = set()
    @environment.events.request.add_listener
    def note(request_type, name, **_):
        before = len(taken)
        taken.update({name} & set(JOURNEYS))
        if before < len(taken) == len(JOURNEYS):
            gevent.spawn(environment.runner.quit)
"""
"""Ends the load as soon as every journey was taken once, however long that takes on this machine."""


def test_every_journey_is_a_user_and_passes_beside_all_others(sandbox: RealSandbox, tmp_path: Path) -> None:
    """Seven users at once, one of each kind: every journey was taken, none failed, each step was told."""
    (tmp_path / "headless.py").write_text(_HEADLESS)
    (tmp_path / "ending.py").write_text(_ENDING)
    out = tmp_path / "stats"
    words = [str(tmp_path / "headless.py"), str(tmp_path / "ending.py"), str(out)]
    done = sandbox.run(sys.executable, *words, variables={"PYTHONPATH": str(Path.cwd())})
    told = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    taken = {entry["name"]: entry for entry in told if entry["method"] == "journey"}

    assert done.returncode == 0, done.stdout + done.stderr
    assert set(taken) == set(JOURNEYS)
    assert {name: entry["num_failures"] for name, entry in taken.items()} == dict.fromkeys(JOURNEYS, 0)
    assert {entry["name"].partition(":")[0] for entry in told if entry["method"] == "step"} == set(JOURNEYS)


_OPEN = """
import pathlib, sys
from gates import composition
context = composition.Context("sandbox")
folder, port = context.run_folder("killed"), int(sys.argv[1])
sys.exit(composition.generator_page(context, folder, root=pathlib.Path.cwd(), port=port))
"""


def test_the_page_ends_and_frees_its_port_when_the_gate_is_killed(
    sandbox: RealSandbox, tmp_path: Path
) -> None:
    """Nobody can catch SIGKILL: the generator looks for its parent itself."""
    (tmp_path / "open.py").write_text(_OPEN)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, str(tmp_path / "open.py"), str(port)]
    variables = {**sandbox.environment, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(words, env=variables, stderr=subprocess.DEVNULL) as gate:
        until(lambda: is_open(port))
        gate.kill()
    until(lambda: not is_open(port))


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is about to happen; the test fails when it does not."""
    pause = threading.Event()
    for _ in range(1200):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail("it did not happen in time")
