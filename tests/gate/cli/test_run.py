"""`gate run` and its steps from the command line: what is printed, what is written, how it leaves."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from gates import cli, composition
from gates.cli.options import Duration
from gates.cli.run import confirm
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from tests.support.fake_context import FakeContext
from tests.support.release_run import Run, Seen, bad_auth, healthy
from tests.support.sample_verdict import decision

RUN = ["--env", "sandbox", "--stage", "immediate", "--release", "r1"]


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of the runs; no page is made of them."""
    monkeypatch.setenv(composition.REPORTS_VARIABLE, str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return tmp_path


def context(monkeypatch: pytest.MonkeyPatch, reports: Path, seen: Seen, **options: Any) -> FakeContext:
    """Put a gate that sees this in the place of the real one."""
    return FakeContext(Run(seen, **options), reports).installed(monkeypatch)


def test_a_good_release_leaves_with_zero(
    monkeypatch: pytest.MonkeyPatch, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The verdict and the folder are on stdout; a missing page is said and changes nothing."""
    context(monkeypatch, reports, healthy)

    assert cli.invoke(["run", *RUN]) is ExitCode.GO
    captured = capsys.readouterr()
    assert f"written to {reports / 'r1'}" in captured.out
    assert "the Allure page is missing: no node" in captured.err
    assert {"verdict.json", "decision.json", "record.json", "junit.xml"} <= {
        path.name for path in (reports / "r1").iterdir()
    }


def test_json_on_stdout_is_the_document_of_the_file(
    monkeypatch: pytest.MonkeyPatch, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine reads the same bytes from either."""
    context(monkeypatch, reports, bad_auth)

    assert cli.invoke(["run", *RUN, "--format", "json"]) is ExitCode.NO_GO
    out = capsys.readouterr().out
    assert out == (reports / "r1" / "verdict.json").read_text(encoding="utf-8")
    assert json.loads(out)["outcome"] == "NO_GO"


@pytest.mark.parametrize(
    ("mode", "code", "serving"),
    [
        ("never", ExitCode.NO_GO, "auth-service-2"),
        ("ask", ExitCode.NO_GO, "auth-service-2"),
        ("auto", ExitCode.ROLLED_BACK, "auth-service-1"),
    ],
)
def test_a_bad_release_is_rolled_back_only_when_asked_to(
    monkeypatch: pytest.MonkeyPatch, reports: Path, mode: str, code: ExitCode, serving: str
) -> None:
    """Never, not without a terminal, or under the standing authority."""
    made = context(monkeypatch, reports, bad_auth)

    assert cli.invoke(["run", *RUN, "--rollback", mode]) is code
    assert made.run.cloud.serving("auth-service") == serving


def test_a_part_or_nothing_is_inconclusive(monkeypatch: pytest.MonkeyPatch, reports: Path) -> None:
    """One criterion is no stage, and silence is no consent."""
    context(monkeypatch, reports, healthy)
    assert cli.invoke(["run", *RUN, "--only", "HLT-LIVE"]) is ExitCode.INCONCLUSIVE
    context(monkeypatch, reports, lambda _criterion, _service: None)
    assert cli.invoke(["run", *RUN[:-1], "r2"]) is ExitCode.INCONCLUSIVE


def test_no_verdict_when_the_time_was_up_is_an_interruption(
    monkeypatch: pytest.MonkeyPatch, reports: Path
) -> None:
    """The deadline has its own exit code."""
    made = context(monkeypatch, reports, lambda _criterion, _service: None)
    source, clock = made.run.gate.source, made.run.cloud.clock
    monkeypatch.setattr(source, "meanwhile", lambda: clock.wait(90))

    assert cli.invoke(["run", *RUN, "--deadline", "90s"]) is ExitCode.INTERRUPTED
    assert made.built[-1] == {"folder": "r1", "seconds": 90.0, "fail_fast": False}


def test_what_was_asked_for_reaches_the_gate(monkeypatch: pytest.MonkeyPatch, reports: Path) -> None:
    """Seed, workers, deadline, fail-fast, and the revision that a person named."""
    made = context(monkeypatch, reports, healthy)
    more = [
        "--seed",
        "7",
        "--workers",
        "3",
        "--fail-fast",
        "--deadline",
        "1h",
        "--revision",
        "frontend=frontend-1",
    ]
    cli.invoke(["run", *RUN, *more])

    assert made.built == [{"seed": 7, "workers": 3}, {"folder": "r1", "seconds": 3600.0, "fail_fast": True}]
    assert "frontend-1" in (reports / "r1" / "setup.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "wanted"), [([], None), (["--workers", "auto"], None), (["--workers", "1"], 1)]
)
@pytest.mark.parametrize("command", ["run", "collect"])
def test_as_many_workers_look_as_were_asked_for(
    monkeypatch: pytest.MonkeyPatch, reports: Path, command: str, given: list[str], wanted: int | None
) -> None:
    """As many as pay when nobody says a number."""
    made = context(monkeypatch, reports, healthy)
    cli.invoke([command, *RUN, *given])

    assert made.built[0] == {"seed": None, "workers": wanted}


@pytest.mark.parametrize("given", ["0", "-1", "33", "many", ""])
def test_what_is_no_number_of_workers_is_refused(
    monkeypatch: pytest.MonkeyPatch, reports: Path, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    """Before anything happens, with what would be one."""
    made = context(monkeypatch, reports, healthy)

    assert cli.invoke(["run", *RUN, f"--workers={given}"]) is ExitCode.USAGE_ERROR
    assert made.built == []
    assert "auto" in capsys.readouterr().err


def test_a_run_one_step_at_a_time(
    monkeypatch: pytest.MonkeyPatch, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Collected, judged, judged again with the same bytes; the words and the document are the same."""
    context(monkeypatch, reports, healthy)
    folder = str(reports / "r1")

    assert cli.invoke(["collect", *RUN]) is ExitCode.GO
    assert "2 pieces of evidence written" in capsys.readouterr().out
    first = cli.invoke(["judge", folder, "--env", "sandbox"])
    verdict = (reports / "r1" / "verdict.json").read_bytes()
    assert cli.invoke(["judge", folder, "--env", "sandbox"]) is first
    assert "the same, byte for byte" in capsys.readouterr().out
    assert cli.invoke(["judge", folder, "--env", "sandbox", "--format", "json"]) is first
    assert capsys.readouterr().out.encode() == verdict


def test_nothing_collected_is_said(
    monkeypatch: pytest.MonkeyPatch, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its flaws, and with an exit code of its own."""
    context(monkeypatch, reports, lambda _criterion, _service: None, flaws=("worker lost",))

    assert cli.invoke(["collect", *RUN]) is ExitCode.NOTHING_EVALUATED
    assert "flaw: worker lost" in capsys.readouterr().err


def test_reports_are_written_again_from_the_verdict(
    monkeypatch: pytest.MonkeyPatch, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever lost the page makes it anew."""
    context(monkeypatch, reports, healthy)
    cli.invoke(["run", *RUN])
    (reports / "r1" / "junit.xml").unlink()

    assert cli.invoke(["report", str(reports / "r1")]) is ExitCode.GO
    assert (reports / "r1" / "junit.xml").exists()
    assert "the Allure page is missing: no node" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("15m", 900.0), ("1h", 3600.0), ("2d", 172_800.0)]
)
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    """Seconds, minutes, hours, days."""
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "15", "0m", "-1s", "1.5h", "1w", "15m "])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """No unit, no time, another unit."""
    with pytest.raises(UsageError):
        Duration().convert(text, None, None)


@pytest.mark.parametrize(
    "pairs", [("a",), ("a=",), ("=r",), ("frontend=1", "frontend=2"), ("frontend=no revision",)]
)
def test_a_pair_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    reports: Path,
    pairs: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Half a pair, a service twice, or a name that no revision has; the run has no folder yet."""
    context(monkeypatch, reports, healthy)
    named = [word for pair in pairs for word in ("--revision", pair)]

    assert cli.invoke(["run", *RUN, *named]) is ExitCode.USAGE_ERROR
    assert "revision" in capsys.readouterr().err
    assert not (reports / "r1").exists()


def test_a_person_at_a_terminal_is_asked_with_the_targets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who decides sees where it goes, and whose authority it takes."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert confirm(decision())
    assert "auth-service → auth-service-00001" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("--release", "März 1"),
        ("--release", "../elsewhere"),
        ("--release", "x", "--only", "NOTHING"),
        ("--release", "x", "--revision", "nobody=rev-1"),
    ],
)
def test_a_run_that_cannot_be_is_refused_before_it_has_a_folder(
    monkeypatch: pytest.MonkeyPatch, reports: Path, words: tuple[str, ...]
) -> None:
    """A name that no folder can have, a criterion that is not demanded, a service that is not there."""
    context(monkeypatch, reports, healthy)
    assert cli.invoke(["run", *RUN, *words]) is ExitCode.USAGE_ERROR
    assert [one.name for one in reports.iterdir() if one.is_dir()] == []
