"""What can be wrong with the platform itself, and the benchmark, say the same."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from gates.adapters.documents.bench_document import load_bench
from gates.adapters.documents.documents import load_catalogue, load_platform
from tests.sandbox.operations.conftest import Bench

FOLDER = Path(__file__).parents[3] / "platforms" / "isectech"
DRILLED = {"old-images-deleted", "restore-loses-rows"}
"""A drill that is made while they are in force fails; `test_drills.py` sees it."""


def disturbed(command: tuple[str, ...]) -> list[str]:
    """Return what a command disturbs, also where a shell runs it after something else."""
    return re.findall(r"\bsandbox disturb (\S+)", " ".join(command))


def test_every_disturbance_that_a_criterion_must_notice_is_an_arm(bench: Bench) -> None:
    """And each arm disturbs something that exists, and expects the criteria that it names."""
    url = f"{bench.sandbox.endpoints['admin_rest']}/sandbox/disturbances"
    offered = {
        one["name"]: set(one["criteria"])
        for one in httpx.get(url, trust_env=False).json()
        if one["criteria"] and one["name"] not in DRILLED
    }
    platform = load_platform(FOLDER)
    arms = load_bench(FOLDER, platform, load_catalogue(FOLDER, platform))
    used = {name: set(arm.criteria) for arm in arms for name in disturbed(arm.apply)}

    assert used == offered
