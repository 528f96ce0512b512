"""`gate load`: which criteria a profile is measured for, and who may open the generator's page."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from gates import cli, composition
from gates.model.exit_code import ExitCode
from gates.model.platform import Impact
from load.profiles import PROFILES
from tests.support.fake_context import FakeContext, check
from tests.support.release_run import Run, healthy

DEMANDS = (
    check(
        "LOD-QUICK", "load", "tests/validation/immediate/test_load.py::test_rate", load_profiles=("smoke",)
    ),
    check(
        "LOD-AGREED",
        "load",
        "tests/validation/extended/test_load.py::test_rate",
        load_profiles=("expected", "stress"),
    ),
    check("VAL-LOAD", "load", "tests/validation/immediate/test_load.py::test_rate"),
)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    """A quick and an agreed load criterion."""
    made = FakeContext(Run(healthy, demands=DEMANDS), tmp_path).installed(monkeypatch)
    monkeypatch.setenv("GATE_LOAD_PROFILE", "before")
    return made


@pytest.mark.parametrize(
    ("profile", "measured"), [("smoke", "LOD-QUICK"), ("expected", "LOD-AGREED"), ("stress", "LOD-AGREED")]
)
def test_a_profile_is_measured_by_its_own_producers(
    context: FakeContext, capsys: pytest.CaptureFixture[str], profile: str, measured: str
) -> None:
    """The producers are told the profile; figures and demand are shown."""
    assert cli.invoke(["load", profile, "--env", "sandbox"]) is ExitCode.GO
    shown = capsys.readouterr().out

    assert [line.split()[1] for line in shown.splitlines()] == [measured]
    assert "over 1 check, demanded no failed check" in shown
    assert os.environ["GATE_LOAD_PROFILE"] == profile


def test_nothing_is_sent_without_a_profile_and_the_names_are_listed(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Load is sent only when somebody says how much."""
    assert cli.invoke(["load", "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    assert context.narrowed == []
    said = capsys.readouterr().err
    assert [name for name in PROFILES if name not in said] == []


def test_a_profile_that_no_criterion_is_measured_under_is_not_sent(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Load without a demand would show nothing."""
    context.catalogue = replace(context.catalogue, criteria=DEMANDS[1:])
    assert cli.invoke(["load", "smoke", "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    assert context.narrowed == []
    assert "loadProfiles: [smoke]" in capsys.readouterr().err


def test_an_unknown_profile_is_refused_before_anything_is_sent(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """The nearest name is offered."""
    assert cli.invoke(["load", "smok", "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    assert context.narrowed == []
    assert "did you mean 'smoke'?" in capsys.readouterr().err


def test_the_page_is_refused_where_no_load_is_allowed(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """An environment that only lets look gets no users."""
    assert cli.invoke(["load", "--ui", "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    assert "allows no load: creates-data, noisy" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "code"), [(0, ExitCode.GO), (2, ExitCode.INCONCLUSIVE)])
def test_the_page_is_opened_with_what_is_deployed(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch, status: int, code: ExitCode
) -> None:
    """Its end is the command's end."""
    allowed = (Impact.NOISY, Impact.CREATES_DATA)
    context.environment = replace(context.environment, allowed_impacts=allowed)
    opened: list[int] = []

    def page(_context: object, _folder: object, *, root: Path, port: int) -> int:
        opened.append(port)
        return status

    monkeypatch.setattr(composition, "generator_page", page)

    assert cli.invoke(["load", "--ui", "--port", "9", "--env", "sandbox"]) is code
    assert opened == [9]
