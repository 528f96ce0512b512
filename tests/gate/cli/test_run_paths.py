"""A run folder that is named is looked at first: before an environment is read or a network is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import cli, composition
from gates.model.exit_code import ExitCode

SIGNING = ("--env", "sandbox", "--by", "me", "--role", "product-owner", "--reason", "fine")
COMMANDS = {
    "judge": ("judge", "{}", "--env", "sandbox"),
    "judge again": ("judge", "{}", "--env", "sandbox", "--again"),
    "decide": ("decide", "{}", "--env", "sandbox"),
    "act": ("act", "{}", "--env", "sandbox"),
    "report": ("report", "{}"),
    "sign": ("sign", "{}", *SIGNING),
    "approvals": ("approvals", "--run", "{}", "--env", "sandbox", "--stage", "immediate"),
    "attest": ("attest", "OPS-01", "--run", "{}", *SIGNING),
    "waive": ("waive", "SEC-08", "--run", "{}", *SIGNING),
}


@pytest.fixture(autouse=True)
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Reports with one run, and no sandbox anywhere."""
    folder = tmp_path / "reports"
    (folder / "run-7").mkdir(parents=True)
    (folder / "run-7" / "setup.json").write_text("{}")
    monkeypatch.setenv(composition.REPORTS_VARIABLE, str(folder))
    monkeypatch.setenv("GATE_ENDPOINTS_FILE", str(tmp_path / "no-endpoints.json"))
    return folder


def refused(name: str, path: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Call a command with a path in the place of a run; it is a usage error. Return what it said."""
    assert cli.invoke([word.format(path) for word in COMMANDS[name]]) is ExitCode.USAGE_ERROR
    said = capsys.readouterr().err
    assert "no-endpoints.json" not in said
    return said


@pytest.mark.parametrize("name", COMMANDS)
def test_a_missing_run_is_named_with_where_runs_are(
    name: str, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped name comes with the run that was probably meant."""
    said = refused(name, str(reports / "run-8"), capsys)

    assert f"there is no run folder {reports / 'run-8'}" in said
    assert f"did you mean {reports / 'run-7'}?" in said


def test_a_folder_that_is_no_run_is_refused(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest run is named where nothing looks alike."""
    said = refused("judge", str(reports.parent), capsys)

    assert f"{reports.parent} is not the folder of a run" in said
    assert f"the newest is {reports / 'run-7'}" in said


def test_without_any_run_the_command_that_writes_one_is_named(
    reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on the first day."""
    monkeypatch.setenv(composition.REPORTS_VARIABLE, str(reports / "none"))

    assert "holds no run yet: gate run writes one" in refused("judge", "run-7", capsys)


def test_a_key_that_is_not_there_is_refused_first(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is asked of a network for it."""
    words = [word.format(reports / "run-7") for word in COMMANDS["sign"]]

    assert cli.invoke([*words, "--key", str(reports / "key")]) is ExitCode.USAGE_ERROR
    said = capsys.readouterr().err
    assert str(reports / "key") in said
    assert "no-endpoints.json" not in said


def test_a_snapshot_that_is_not_there_is_refused_first(
    reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether the environment answers or not."""
    (reports / "snapshots" / "sandbox" / "20260101T000000Z").mkdir(parents=True)

    assert cli.invoke(["snapshot", "diff", "nope", "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    assert "there is no snapshot nope" in capsys.readouterr().err


NAMING = {
    "run": ("run", "--stage", "immediate", "--release"),
    "collect": ("collect", "--stage", "immediate", "--release"),
    "golive run": ("golive", "run", "--at", "2030-01-01T06:00Z", "--name"),
    "golive rehearse": ("golive", "rehearse", "--name"),
    "bench": ("bench", "--into"),
}


@pytest.mark.parametrize("command", NAMING)
@pytest.mark.parametrize("name", ["März 1", "../../x", "a/b", "x" * 121])
def test_a_name_that_no_folder_can_have_is_refused_first(
    command: str, name: str, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written, neither a folder nor a row of the ledger, and no environment is read."""
    before = sorted(reports.rglob("*"))

    assert cli.invoke([*NAMING[command], name, "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    said = capsys.readouterr()
    assert (said.out, "letters, digits" in said.err) == ("", True)
    assert "no-endpoints.json" not in said.err
    assert sorted(reports.rglob("*")) == before
