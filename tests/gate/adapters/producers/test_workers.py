"""Several workers see what one sees, and a worker that dies is no look."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gates.adapters.producers.producer_run import PytestProducers
from gates.model.evidence import Evidence, EvidenceBundle, EvidenceStatus, Window
from gates.model.platform import Impact
from gates.model.target import Demand, Target
from tests.support.builders import criterion
from tests.support.one_producer import PLUGINS, TARGET

pytestmark = pytest.mark.processes

FILE = "tests/validation/test_it.py"
CODE = """import os
import pytest

def say(word):
    with open("heard", "a") as file:
        file.write(word + "\\n")

@pytest.fixture(scope="session")
def token(once):
    def make():
        say("signed in")
        return "token"
    return once("token", make)

@pytest.fixture(scope="session")
def asked():
    say("asked")

@pytest.mark.criterion("HLT-LIVE")
@pytest.mark.parametrize("number", range(6))
def test_shared(service, token, number, measure):
    assert token == "token"
    say("shared")
    measure(float(number), unit="failed checks")

@pytest.mark.criterion("HLT-READY")
@pytest.mark.impact("noisy")
def test_noisy(service):
    say("noisy")
    assert service.name == "somebody else"

@pytest.mark.criterion("HLT-DEEP")
@pytest.mark.waits("asked")
def test_late(service, asked):
    say("late")
    pytest.skip("nothing arrived")

@pytest.mark.criterion("HLT-DEEP")
def test_broken(service):
    raise RuntimeError("no answer")
"""
COMES_LATE = """
import os, threading
from pathlib import Path

heard, never = Path("heard"), threading.Event()
if os.environ.get("PYTEST_XDIST_WORKER") == "gw1":
    for _ in range(1000):
        if heard.exists() and "shared" in heard.read_text():
            break
        never.wait(0.01)
    else:
        raise RuntimeError("the checks wait for this worker")
"""
SAYS_WHEN_IT_LEAVES = """
import atexit, os

def leave():
    with open("heard", "a") as file:
        file.write("left\\n")

if os.environ.get("PYTEST_XDIST_WORKER") == "gw1":
    atexit.register(leave)
"""
COLLECTED = "import gc\nassert not gc.isenabled()\n" + CODE.replace(
    'say("shared")', "assert gc.isenabled() and gc.get_freeze_count()"
)
DYING = CODE.replace('raise RuntimeError("no answer")', "os._exit(0)")
NAMES = ("test_shared", "test_noisy", "test_late", "test_broken")
IDS = ("HLT-LIVE", "HLT-READY", "HLT-DEEP")
EPOCH = datetime.fromtimestamp(0, tz=UTC)
NOISY_TARGET = replace(
    TARGET,
    allowed_impacts=(Impact.READ_ONLY, Impact.NOISY),
    demands=tuple(Demand(criterion=name, services=("auth-service",)) for name in IDS),
)


def look(
    root: Path, *, workers: int, code: str = CODE, target: Target = NOISY_TARGET, setup: str = ""
) -> EvidenceBundle:
    """Run all producers of a folder of their own, `setup` before they are collected."""
    (root / FILE).parent.mkdir(parents=True)
    (root / FILE).write_text(code)
    (root / "conftest.py").write_text(f"{setup}\npytest_plugins = {PLUGINS}\n")
    demanded = criterion(producers=tuple(f"{FILE}::{name}" for name in NAMES))
    producers = PytestProducers(
        root=root, announce=lambda _: None, workers=lambda _target, _criteria: workers
    )
    return producers.collect([demanded], target, folder=root, seconds=120)


def seen(bundle: EvidenceBundle) -> set[Evidence]:
    """Return all evidence without its times."""
    return {replace(item, window=Window(start=EPOCH, end=EPOCH)) for item in bundle.items}


def test_workers_see_what_one_sees(tmp_path: Path) -> None:
    """Measurements, failures, skips and defects are the same, and there is no flaw."""
    alone = look(tmp_path / "alone", workers=1)
    beside = look(tmp_path / "beside", workers=3)

    assert alone.flaws == beside.flaws == ()
    assert len(alone.items) == len(beside.items) == 9
    assert seen(alone) == seen(beside)


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_shared_is_made_once_and_noise_comes_when_all_else_is_over(
    tmp_path: Path, workers: int
) -> None:
    """What is waited for begins before anything else, and is looked at last."""
    look(tmp_path / "run", workers=workers)
    heard = (tmp_path / "run" / "heard").read_text().split("\n")[:-1]

    assert sorted(heard[:-2]) == sorted(["asked", "signed in", *["shared"] * 6])
    assert heard[-2:] == ["noisy", "late"]


@pytest.mark.parametrize(
    ("setup", "code"), [(COMES_LATE, CODE), ("", COMES_LATE + CODE)], ids=["starting", "collecting"]
)
def test_checks_do_not_wait_for_a_late_worker_and_noise_does(tmp_path: Path, setup: str, code: str) -> None:
    """Whether it is late before it says that it is ready, or while it collects."""
    bundle = look(tmp_path / "run", workers=2, code=code, setup=setup + SAYS_WHEN_IT_LEAVES)
    heard = (tmp_path / "run" / "heard").read_text().split("\n")[:-1]

    assert bundle.flaws == ()
    assert len(bundle.items) == 9
    assert heard[-3:] == ["left", "noisy", "late"]


@pytest.mark.parametrize("workers", [1, 2])
def test_garbage_is_collected_while_checks_run(tmp_path: Path, workers: int) -> None:
    """It is not while they are imported, and what was imported is left out."""
    bundle = look(tmp_path / "run", workers=workers, code=COLLECTED)

    assert bundle.flaws == ()
    assert {item.status for item in bundle.items if "test_shared" in item.producer} == {
        EvidenceStatus.OBSERVED
    }


def test_a_worker_that_dies_is_a_flaw_and_its_check_is_lost(tmp_path: Path) -> None:
    """Whatever it would have returned."""
    bundle = look(tmp_path / "run", workers=2, code=DYING)
    lost = [item for item in bundle.items if "test_broken" in item.producer]

    assert any("a worker died while it ran" in flaw for flaw in bundle.flaws), "\n".join(bundle.flaws)
    assert [item.status for item in lost] == [EvidenceStatus.ERRORED]


def test_nothing_is_begun_that_the_environment_does_not_allow(tmp_path: Path) -> None:
    """What a check that is held back would wait for may do what is not allowed."""
    held_back = CODE.replace(
        '@pytest.mark.waits("asked")', '@pytest.mark.waits("asked")\n@pytest.mark.impact("noisy")'
    )
    look(
        tmp_path / "run",
        workers=1,
        code=held_back,
        target=replace(NOISY_TARGET, allowed_impacts=(Impact.READ_ONLY,)),
    )

    assert "asked" not in (tmp_path / "run" / "heard").read_text()


def test_a_worker_imports_only_what_its_checks_use() -> None:
    """Each worker pays for its imports anew, before its first check."""
    modules = "gates.adapters.producers.pytest_plugin, tests.validation.conftest"
    program = f"import sys, {modules}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "httpx" in done.stdout.split()
    assert {"rich", "google.cloud.monitoring_v3", "ruamel.yaml", "locust"}.isdisjoint(done.stdout.split())
