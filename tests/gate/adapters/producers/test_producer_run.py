"""The producers run in a process of their own, with the seed that the gate was given."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from gates.adapters.producers.producer_run import PytestProducers
from gates.adapters.producers.pytest_plugin import DEFAULT_SEED
from gates.model.evidence import Evidence
from gates.reporting.redaction import Redactor
from tests.support.builders import criterion
from tests.support.one_producer import CODE, PLUGINS, PRODUCER, TARGET

pytestmark = pytest.mark.processes

SECRET = "Tr0ub4dor-and-3"
LOUD = f"""import pytest
@pytest.mark.criterion("HLT-LIVE")
def test_seed(service):
    print("signing in with {SECRET}")
    error = AssertionError("no")
    error.add_note("signing in with {SECRET}")
    raise error
"""


def written(root: Path) -> None:
    """Write the one producer."""
    folder = root / "tests" / "validation"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(CODE)


def seen(root: Path, *, seed: int | None) -> Evidence:
    """Run the one producer and return what it saw."""
    written(root)
    (root / "conftest.py").write_text(f"pytest_plugins = {PLUGINS}\n")
    producers = PytestProducers(root=root, announce=lambda _: None, seed=seed)
    bundle = producers.collect([criterion(producers=(PRODUCER,))], TARGET, folder=root, seconds=60)
    assert bundle.flaws == ()
    return bundle.items[0]


@pytest.mark.parametrize(("given", "wanted"), [(None, DEFAULT_SEED), (7, 7)])
def test_a_producer_generates_from_the_seed_of_the_run(
    tmp_path: Path, given: int | None, wanted: int
) -> None:
    """The usual one, unless the gate was given another: a finding names it, and it repeats the run."""
    measured = seen(tmp_path, seed=given).measurement

    assert measured is not None
    assert measured.value == wanted


@pytest.mark.parametrize(
    ("is_fail_fast", "seconds", "is_hurried"), [(True, 30, True), (True, 90, False), (False, 30, False)]
)
def test_a_short_look_for_the_first_failure_is_in_a_hurry(
    tmp_path: Path, *, is_fail_fast: bool, seconds: float, is_hurried: bool
) -> None:
    """It has no time to wait for a one-time code; every other look has."""
    written(tmp_path)
    code = CODE.replace("seed, measure", "pytestconfig, measure").replace(
        "seed)", "pytestconfig.getoption('--gate-hurry'))", 1
    )
    (tmp_path / "tests/validation/test_it.py").write_text(code)
    (tmp_path / "conftest.py").write_text(f"pytest_plugins = {PLUGINS}\n")
    producers = PytestProducers(root=tmp_path, announce=lambda _: None, is_fail_fast=is_fail_fast)
    bundle = producers.collect([criterion(producers=(PRODUCER,))], TARGET, folder=tmp_path, seconds=seconds)

    (found,) = [item.measurement for item in bundle.items]
    assert found is not None
    assert bool(found.value) is is_hurried


def test_what_a_producer_says_reaches_no_file_with_its_secrets(tmp_path: Path) -> None:
    """What it prints and notes stands in Allure's files too, redacted as everywhere."""
    written(tmp_path)
    (tmp_path / "tests/validation/test_it.py").write_text(LOUD)
    (tmp_path / "conftest.py").write_text(f"pytest_plugins = {PLUGINS}\n")
    (tmp_path / "run").mkdir()
    producers = PytestProducers(root=tmp_path, announce=lambda _: None, redactor=Redactor((SECRET,)))
    producers.collect([criterion(producers=(PRODUCER,))], TARGET, folder=tmp_path / "run", seconds=60)
    kept = [file.read_text() for file in (tmp_path / "run" / "allure-producers").iterdir()]

    assert sum("signing in with [redacted]" in text for text in kept) > 1
    assert not [text for text in kept if SECRET in text]


def test_what_people_alone_attest_runs_nothing(tmp_path: Path) -> None:
    """No producer was demanded, so none is missing."""
    producers = PytestProducers(root=tmp_path, announce=lambda _: None)
    bundle = producers.collect([criterion(producers=())], TARGET, folder=tmp_path, seconds=60)

    assert (bundle.items, bundle.flaws) == ((), ())
    assert list(tmp_path.iterdir()) == []


def test_producers_that_nobody_wrote_are_a_flaw(tmp_path: Path) -> None:
    """The catalogue names them, and there are none."""
    producers = PytestProducers(root=tmp_path, announce=lambda _: None)
    bundle = producers.collect([criterion(producers=(PRODUCER,))], TARGET, folder=tmp_path, seconds=60)

    assert (bundle.items, bundle.flaws) == ((), ("no producer of this stage exists",))


def test_producers_that_do_not_end_are_ended_with_all_that_they_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time that was given is all there is, and nothing of them outlives it."""
    written(tmp_path)
    os.mkfifo(tmp_path / "alive")  # reads as ended once nobody holds its other end
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    endless = tmp_path / "endless"
    endless.write_text("#!/bin/sh\nexec 3>alive\necho here >&3\nsleep 600 &\nwait\n")
    endless.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(endless))
    producers = PytestProducers(root=tmp_path, announce=lambda _: None)
    bundle = producers.collect([criterion(producers=(PRODUCER,))], TARGET, folder=tmp_path, seconds=1)

    (said,) = (flaw for flaw in bundle.flaws if "within 1 s" in flaw)
    assert "--deadline" in said
    assert not any("the process that looks" in flaw for flaw in bundle.flaws)
    assert os.read(alive, 10) == b"here\n"
    assert os.read(alive, 10) == b""
    os.close(alive)
