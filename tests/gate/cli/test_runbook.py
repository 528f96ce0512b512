"""`gate runbook`: steps are taken, people are asked, and nobody is pretended to have answered."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gates.cli import invoke
from gates.cli.runbook import takes
from gates.model.exit_code import ExitCode

HEAD = "apiVersion: release-gate/v1\nkind: Runbook\n"
FOLDER = Path(__file__).parents[3] / "platforms" / "isectech"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the platform's folder with one runbook of our own, and a folder for reports."""
    platform = tmp_path / "platform"
    (platform / "runbooks").mkdir(parents=True)
    for name in ("platform.yaml", "policy.yaml", "criteria", "environments"):
        (platform / name).symlink_to(FOLDER / name)
    monkeypatch.setenv("GATE_PLATFORM", str(platform))
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path / "reports"))
    monkeypatch.setenv("GATE_ACTOR", "ann")
    return platform / "runbooks" / "book.yaml"


def write(path: Path, *steps: str) -> None:
    """Write a runbook of these steps."""
    listed = "".join(f"    - {step}\n" for step in steps)
    spec = f"spec:\n  title: t\n  when: w\n  steps:\n{listed}"
    path.write_text(f"{HEAD}metadata: {{name: book}}\n{spec}", encoding="utf-8")


def report(path: Path) -> str:
    """Return the one report that was written."""
    (found,) = (path.parents[2] / "reports" / "runbooks").iterdir()
    return found.read_text(encoding="utf-8")


def test_a_command_of_the_gate_is_called_in_this_process(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it says is on the screen and in the report."""
    write(book, "{id: a, title: Explain, run: [criteria, explain, INF-01]}")
    assert invoke(["runbook", "book", "--env", "sandbox"]) is ExitCode.GO
    assert "INF-01" in capsys.readouterr().out
    assert "| Explain | DONE |" in report(book)
    assert "    INF-01" in report(book)


def test_a_failure_is_a_failure_and_its_repair_is_due(book: Path) -> None:
    """The guarded repair waits for somebody: there is no terminal."""
    write(
        book,
        "{id: a, title: Look, run: [criteria, explain, NO-SUCH]}",
        "{id: b, title: Repair, run: [criteria, explain, INF-01], disruptive: true, onlyIf: {step: a}}",
        "{id: c, title: Never, run: [criteria, explain, INF-01], onlyIf: {step: b, is: failed}}",
    )
    assert invoke(["runbook", "book", "--env", "sandbox"]) is ExitCode.NO_GO
    assert "| Look | FAILED |" in report(book)
    assert "| Repair | PENDING |" in report(book)


def test_yes_allows_a_disruptive_step(book: Path) -> None:
    """It was said on the command line."""
    write(book, "{id: a, title: Repair, run: [criteria, explain, INF-01], disruptive: true}")
    assert invoke(["runbook", "book", "--env", "sandbox", "--yes"]) is ExitCode.GO


def test_off_a_terminal_a_question_is_pending(book: Path) -> None:
    """Nobody answers for nobody, --yes or not."""
    write(
        book,
        "{id: a, title: Explain, run: [criteria, explain, INF-01]}",
        "{id: b, title: Ask, ask: 'Well?', role: team-lead}",
    )
    assert invoke(["runbook", "book", "--env", "sandbox", "--yes"]) is ExitCode.INCONCLUSIVE
    assert "for team-lead: Well?" in report(book)


def test_a_runbook_about_a_service_wants_one(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And one that exists."""
    write(book, "{id: a, title: Look, run: [check, '{service}']}")
    assert invoke(["runbook", "book", "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    assert invoke(["runbook", "book", "--env", "sandbox", "--service", "no"]) is ExitCode.USAGE_ERROR
    assert "say --service NAME" in capsys.readouterr().err


def test_list_and_explain_do_nothing(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They need no environment."""
    write(book, "{id: a, title: Look, run: [check, '{service}']}")
    assert invoke(["runbook", "list"]) is ExitCode.GO
    assert invoke(["runbook", "explain", "book"]) is ExitCode.GO
    assert "gate check {service}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        (("rollback", "services", "auth-service"), True),
        (("scale", "auth-service", "--min-instances", "5"), True),
        (("circuits", "reset", "auth-service"), True),
        (("check", "auth-service"), False),
        (("criteria", "explain", "INF-01"), False),
    ],
)
def test_a_step_that_was_allowed_is_not_asked_about_again(words: tuple[str, ...], *, asks: bool) -> None:
    """Its command is told --yes, if it is one that asks."""
    assert (takes(words, "--yes"), takes(words, "--env")) == (asks, words[0] != "criteria")


def test_what_has_nothing_to_look_at_yet_waits_for_a_person(book: Path) -> None:
    """No snapshot was ever made: that is no failure of the platform, and not done either."""
    write(book, "{id: a, title: Compare, run: [snapshot, diff]}")
    folder = book.parents[1] / "environments"
    folder.unlink()
    shutil.copytree(FOLDER / "environments", folder)
    place = folder / "sandbox.yaml"
    place.write_text(place.read_text().replace("  endpoints: {file: .sandbox/endpoints.json}\n", ""))
    assert invoke(["runbook", "book", "--env", "sandbox"]) is ExitCode.INCONCLUSIVE
    assert "| Compare | PENDING |" in report(book)


def test_a_disruptive_step_never_runs_ahead_of_an_open_question(book: Path) -> None:
    """Even when it was allowed: what nobody answered is not answered with yes."""
    write(
        book,
        "{id: a, title: Rule out an attack, ask: 'No sign of it?', role: team-lead}",
        "{id: b, title: Repair, run: [criteria, lint], disruptive: true, onlyIf: {step: a, is: done}}",
    )
    assert invoke(["runbook", "book", "--env", "sandbox", "--yes"]) is ExitCode.INCONCLUSIVE
    assert "| Repair | PENDING |" in report(book)
    assert "waits for: Rule out an attack" in report(book)
