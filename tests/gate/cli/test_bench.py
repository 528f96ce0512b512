"""`gate bench` on the command line: what it refuses, what it chooses, how it leaves."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gates import cli, composition
from gates.model.bench import Arm, ArmResult
from gates.model.exit_code import ExitCode
from gates.model.platform import Environment, Impact
from tests.support.bench_arms import BAD, GOOD, result
from tests.support.builders import environment


def place(*impacts: Impact, is_protected: bool = False) -> Environment:
    """Return an environment that allows these impacts."""
    return environment(allowed_impacts=impacts, is_protected=is_protected)


class FakeBench:
    """Finds every known-bad arm wrong, but those whose ids are given."""

    def __init__(self, missed: Collection[str] = ()) -> None:
        self.missed = missed
        self.ran: list[str] = []

    def run(self, arms: Collection[Arm], is_done: Any) -> Iterator[ArmResult]:
        """Yield a result per arm."""
        for arm in arms:
            if not is_done(arm.id, 1):
                self.ran.append(arm.id)
                is_missed = arm.id in self.missed
                yield result(arm=arm.id, is_detected=not is_missed, missed=("HLT-LIVE",) if is_missed else ())


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeBench:
    """A benchmark of three arms in an environment that allows everything."""
    made = FakeBench()
    arms = [BAD, *(Arm(id=name, kind=BAD.kind, summary="x") for name in ("M03", "S01"))]

    @contextmanager
    def opened(*_: Any, **__: Any) -> Iterator[FakeBench]:
        yield made

    monkeypatch.setenv(composition.REPORTS_VARIABLE, str(tmp_path))
    monkeypatch.setattr(composition.Context, "environment", place(Impact.DISRUPTIVE))
    monkeypatch.setattr(composition, "bench_arms", lambda *_: arms)
    monkeypatch.setattr(composition, "bench", opened)
    return made


def gate(*words: str) -> ExitCode:
    """Run the command."""
    return cli.invoke(["bench", "--env", "sandbox", *words])


def test_all_as_expected_leaves_with_zero(measured: FakeBench, capsys: pytest.CaptureFixture[str]) -> None:
    """Every arm has its line, and the rates follow."""
    assert gate() is ExitCode.GO
    said = capsys.readouterr().out
    assert "3 of 3 = 100.0%" in said
    assert said.count("detected; after") == 3
    assert measured.ran == ["M02", "M03", "S01"]


def test_a_missed_arm_leaves_with_one(measured: FakeBench) -> None:
    """A benchmark that the gate does not pass is no success."""
    measured.missed = ("M03",)
    assert gate() is ExitCode.NO_GO


def test_a_subset_is_chosen_by_name_and_by_shard(measured: FakeBench) -> None:
    """`--only` takes beginnings of ids, `--shard` every n-th arm."""
    gate("--only", "M", "--into", "one")
    assert measured.ran == ["M02", "M03"]
    gate("--shard", "2/2", "--into", "two")
    assert measured.ran[2:] == ["M03"]


def test_an_interrupted_benchmark_is_continued(
    measured: FakeBench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What has a result is not run again, and counts; JSON on stdout is the file."""
    gate("--only", "M02", "--into", "b")
    capsys.readouterr()
    gate("--into", "b", "--format", "json")
    assert measured.ran == ["M02", "M03", "S01"]
    written = (tmp_path / "b" / "bench.json").read_text()
    assert capsys.readouterr().out == written
    assert len(json.loads(written)["results"]) == 3


@pytest.mark.parametrize("words", [("--only", "Z"), ("--shard", "3/2"), ("--shard", "half")])
@pytest.mark.usefixtures("measured")
def test_what_names_nothing_is_refused(words: tuple[str, ...]) -> None:
    """An unknown arm, a shard that is none."""
    assert gate(*words) is ExitCode.USAGE_ERROR


@pytest.mark.parametrize("name", ["März 1", "../elsewhere", "a/b", " "])
def test_results_are_kept_under_a_name_that_every_machine_can_write(
    measured: FakeBench, tmp_path: Path, name: str
) -> None:
    """Refused before anything is deployed or written."""
    before = sorted(tmp_path.parent.iterdir())
    assert gate("--into", name) is ExitCode.USAGE_ERROR
    assert (measured.ran, sorted(tmp_path.parent.iterdir())) == ([], before)
    assert not any(one.name.startswith(("März", "a", " ")) for one in tmp_path.iterdir())


@pytest.mark.parametrize(
    "environment", [place(Impact.READ_ONLY), place(Impact.DISRUPTIVE, is_protected=True)]
)
def test_broken_revisions_are_deployed_only_where_that_is_allowed(
    measured: FakeBench, monkeypatch: pytest.MonkeyPatch, environment: Environment
) -> None:
    """Never where people work."""
    monkeypatch.setattr(composition.Context, "environment", environment)
    assert gate() is ExitCode.USAGE_ERROR
    assert measured.ran == []


@pytest.mark.usefixtures("measured")
def test_nothing_measured_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard without an arm."""
    monkeypatch.setattr(composition, "bench_arms", lambda *_: [GOOD])
    assert gate("--shard", "2/2") is ExitCode.NOTHING_EVALUATED
