"""The load generator takes the journeys unchanged: a user class for each, and a sandbox that stands it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from journeys.registry import JOURNEYS
from tests.support.real_sandbox import real_sandbox

_HEADLESS = """
import functools, pathlib, sys
from gates import wiring
from gates.adapters import generator_page
more = ("--headless", "-u", "7", "-r", "7", "-t", "12s", "--only-summary", "--json-file", sys.argv[1])
generator_page.open_page = functools.partial(generator_page.open_page, more=more)
house = wiring.House("sandbox")
sys.exit(wiring.generator_page(house, house.run_folder("page"), root=pathlib.Path.cwd(), port=0))
"""


def test_every_journey_is_a_user_and_passes_beside_all_others(tmp_path: Path) -> None:
    """Seven users at once, one of each kind: every journey was taken, none failed, each step was told."""
    (tmp_path / "headless.py").write_text(_HEADLESS)
    out = tmp_path / "stats"
    with real_sandbox(tmp_path) as sandbox:
        words = [str(tmp_path / "headless.py"), str(out)]
        done = sandbox.run(sys.executable, *words, variables={"PYTHONPATH": str(Path.cwd())})
    told = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    taken = {entry["name"]: entry for entry in told if entry["method"] == "journey"}

    assert done.returncode == 0, done.stdout + done.stderr
    assert set(taken) == set(JOURNEYS)
    assert {name: entry["num_failures"] for name, entry in taken.items()} == dict.fromkeys(JOURNEYS, 0)
    assert {entry["name"].partition(":")[0] for entry in told if entry["method"] == "step"} == set(JOURNEYS)
