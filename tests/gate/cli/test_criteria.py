"""`gate criteria` on the command line: what it prints and how it leaves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gates import cli
from gates.model.exit_code import ExitCode

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the gate at a copy of the shipped platform, standing in the project's root."""
    copy = Path(shutil.copytree(ROOT / "platforms" / "isectech", tmp_path / "isectech"))
    monkeypatch.setenv("GATE_PLATFORM", str(copy))
    monkeypatch.chdir(ROOT)
    return copy


def edit(path: Path, old: str, new: str) -> None:
    """Replace every occurrence of `old`, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_list_prints_one_line_per_criterion_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Tab-separated, without a heading, filtered by stage."""
    assert cli.invoke(["criteria", "list", "--stage", "pre-golive"]) is ExitCode.GO

    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [f"GLV-{number:02}" for number in range(1, 14)]
    assert {len(line.split("\t")) for line in lines} == {5}


@pytest.mark.usefixtures("folder")
def test_list_has_a_heading_on_a_terminal_and_is_a_document_as_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same criteria in both forms."""
    assert cli.invoke(["criteria", "list", "--format", "tty"]) is ExitCode.GO
    table = capsys.readouterr().out.splitlines()
    assert cli.invoke(["criteria", "list", "--format", "json"]) is ExitCode.GO
    document = json.loads(capsys.readouterr().out)

    assert table[0].startswith("id ")
    assert [line.split()[0] for line in table[1:]] == [entry["id"] for entry in document["criteria"]]
    assert document["criteria"][0]["maxAgeSeconds"] == 86_400


@pytest.mark.usefixtures("folder")
def test_list_prints_the_page_of_the_docs(capsys: pytest.CaptureFixture[str]) -> None:
    """docs/criteria.md is made by this command."""
    assert cli.invoke(["criteria", "list", "--format", "markdown"]) is ExitCode.GO
    assert capsys.readouterr().out == (ROOT / "docs" / "criteria.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_explain_finds_an_id_in_any_case(capsys: pytest.CaptureFixture[str]) -> None:
    """People type small letters."""
    assert cli.invoke(["criteria", "explain", "lod-errors"]) is ExitCode.GO
    assert capsys.readouterr().out.startswith("LOD-ERRORS · blocker")
    assert cli.invoke(["criteria", "explain", "LOD-ERRORS", "--format", "json"]) is ExitCode.GO
    assert json.loads(capsys.readouterr().out)["demand"]["bands"] == {"alert": 0.005, "critical": 0.01}


@pytest.mark.usefixtures("folder")
def test_explain_says_what_was_probably_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown id is a usage error."""
    assert cli.invoke(["criteria", "explain", "LOD-EROR"]) is ExitCode.USAGE_ERROR
    assert "did you mean 'LOD-ERRORS'?" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_lint_names_the_environments_that_lack_what_people_owe(capsys: pytest.CaptureFixture[str]) -> None:
    """Placeholders and a passed review fail their criteria where they hold; the documents are sound."""
    assert cli.invoke(["criteria", "lint", "--format", "plain"]) is ExitCode.GO

    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("open, fails OPS-03 in production, staging: ") for line in lines) == 3
    assert sum(line.startswith("open, fails OPS-02 in production, staging: ") for line in lines) == 1
    assert not any("sandbox" in line for line in lines)
    assert lines[-1].startswith("0 problems, 0 gaps, 4 facts")


def test_lint_looks_at_the_contacts_of_an_environment(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own, where it has some."""
    edit(folder / "environments" / "sandbox.yaml", "security-on-call@isectech.test", "nobody")

    assert cli.invoke(["criteria", "lint", "--format", "json"]) is ExitCode.GO
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [one["subject"] for one in findings if one["environments"] == ["sandbox"]] == ["Security On-Call"]


MISSPELT = ("criteria/health.yaml", "test_health.py::test_ready]", "test_health.py::test_raedy]", "HLT-READY")
UNKNOWN_BAD = ("bench.yaml", "criteria: [INF-04]", "criteria: [INF-06]", "INF-04")


@pytest.mark.parametrize(
    ("change", "commands"), [(MISSPELT, ("lint", "coverage")), (UNKNOWN_BAD, ("lint", "known-bad"))]
)
def test_what_no_test_answers_or_nothing_turns_red_is_named_last_and_is_no_success(
    folder: Path,
    change: tuple[str, str, str, str],
    commands: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A misspelt producer, and a criterion of which nobody knows whether it can fail."""
    file, old, new, criterion_id = change
    edit(folder / file, old, new)

    for command in commands:
        assert cli.invoke(["criteria", command, "--format", "plain"]) is ExitCode.USAGE_ERROR
        shown = capsys.readouterr()
        assert criterion_id in (shown.err or shown.out).splitlines()[-1]


def test_lint_succeeds_when_nothing_is_open(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Real numbers and a review in the future are all that is missing."""
    edit(folder / "platform.yaml", "+1-XXX-XXX-XXXX", "+1-877-355-5787")
    edit(folder / "platform.yaml", "2024-02-29", "2999-12-31")

    assert cli.invoke(["criteria", "lint"]) is ExitCode.GO
    assert capsys.readouterr().out.splitlines() == ["0 problems, 0 gaps, 0 facts that people owe"]


def test_lint_names_every_problem_of_every_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Criteria and environments are both looked at, and each problem has its place."""
    edit(folder / "criteria" / "load.yaml", "unit: ratio", "unit: 1")
    edit(folder / "environments" / "staging.yaml", "noisy", "noisey")

    assert cli.invoke(["criteria", "lint", "--format", "json"]) is ExitCode.USAGE_ERROR

    problems = json.loads(capsys.readouterr().out)["problems"]
    assert len(problems) == 2
    assert all(":" in problem.removeprefix(str(folder)) for problem in problems)


def test_lint_stops_at_a_platform_that_cannot_be_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without services and roles nothing else can be checked."""
    edit(folder / "platform.yaml", "tier: standard", "tier: none")

    assert cli.invoke(["criteria", "lint"]) is ExitCode.USAGE_ERROR
    assert capsys.readouterr().out.splitlines()[-1].startswith("5 problems, 0 gaps")


def test_lint_treats_a_gap_as_a_wrong_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stage that can never be GO is no matter of people."""
    (folder / "criteria" / "rollback.yaml").unlink()
    for name in ("deployment", "health", "authentication", "journeys", "contract"):
        edit(folder / "criteria" / f"{name}.yaml", ", post-rollback]", "]")

    assert cli.invoke(["criteria", "lint"]) is ExitCode.USAGE_ERROR
    assert "gap: stage post-rollback: " in capsys.readouterr().out
    assert cli.invoke(["criteria", "lint", "--format", "json"]) is ExitCode.USAGE_ERROR
    assert json.loads(capsys.readouterr().out)["findings"][0]["gap"] is True


def test_coverage_follows_the_files_that_exist(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A producer counts from the moment at which its test is written."""
    tests = tmp_path / "tests" / "validation" / "immediate"
    tests.mkdir(parents=True)
    (tests / "test_health.py").write_text("def test_live(): ...\n", encoding="utf-8")
    monkeypatch.setenv("GATE_ROOT", str(tmp_path))

    assert cli.invoke(["criteria", "coverage", "--format", "json"]) is ExitCode.USAGE_ERROR
    found = {entry["id"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert found["HLT-LIVE"]["state"] == "covered"
    assert found["HLT-READY"]["state"] == "producer missing -> NOT_RUN"
    assert found["OPS-01"]["state"] == "awaits attestation by operations-manager"

    assert cli.invoke(["criteria", "coverage", "--format", "tty"]) is ExitCode.USAGE_ERROR
    assert "without all their producers" in capsys.readouterr().out.splitlines()[-1]


def test_a_wrong_document_stops_every_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is listed from a catalogue that is not whole."""
    edit(folder / "criteria" / "load.yaml", "0.9", ".nan")

    assert cli.invoke(["criteria", "list"]) is ExitCode.USAGE_ERROR
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "load.yaml:" in captured.err


def test_known_bad_prints_the_page_of_the_docs_and_fails_on_a_gap(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every criterion that is looked at has a known-bad release or state; a missing one is told."""
    assert cli.invoke(["criteria", "known-bad", "--format", "markdown"]) is ExitCode.GO
    assert capsys.readouterr().out == (ROOT / "docs" / "known-bad.md").read_text(encoding="utf-8")
    assert cli.invoke(["criteria", "known-bad", "--format", "json"]) is ExitCode.GO
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["INF-04"]["arms"] == ["D-uptime-check-missing"]

    edit(folder / "bench.yaml", "criteria: [INF-04]", "criteria: [INF-06]")
    assert cli.invoke(["criteria", "known-bad"]) is ExitCode.USAGE_ERROR
    assert "INF-04\t**nothing yet**" in capsys.readouterr().out.splitlines()


def test_a_command_does_the_same_in_every_working_directory(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Documents and producers are found from the project's root: below it, and from anywhere else."""
    for name in ("GATE_PLATFORM", "GATE_ROOT"):
        monkeypatch.delenv(name, raising=False)
    answers = []
    for place in (ROOT, ROOT / "gates" / "cli", Path("/")):
        monkeypatch.chdir(place)
        assert cli.invoke(["criteria", "coverage", "--format", "json"]) is ExitCode.GO
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1] == answers[2]
    assert {entry["state"] for entry in answers[0]} >= {"covered"}
