"""Runbooks are strict documents, and the ones of the platform are whole."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from gates.adapters.documents.documents import load_platform
from gates.adapters.documents.runbook_document import load_runbook, runbook_names
from gates.cli import gate
from gates.errors import DocumentError, UsageError
from gates.model.runbook import RunbookStep, StepState

FOLDER = Path(__file__).parents[4] / "platforms" / "isectech"
PLATFORM = load_platform(FOLDER)
AWAITED: frozenset[str] = frozenset()
"""Commands that runbooks name and the gate does not have yet; must be empty in the end."""
HEAD = "apiVersion: release-gate/v1\nkind: Runbook\nmetadata: {name: broken}\n"
SPEC = "spec:\n  title: t\n  when: w\n  steps:\n"


def steps() -> list[tuple[str, RunbookStep]]:
    """Return every automatic step of every runbook."""
    books = [load_runbook(FOLDER, name, PLATFORM) for name in runbook_names(FOLDER)]
    return [(book.name, step) for book in books for step in book.steps if not step.is_manual]


def test_the_procedures_of_the_guide_are_there() -> None:
    """Five for trouble, four for the calendar."""
    assert set(runbook_names(FOLDER)) == {
        *("triage", "service-unavailable", "authentication-failures", "high-latency"),
        *("database-connections", "morning", "end-of-day", "weekly", "monthly"),
    }


@pytest.mark.parametrize(("name", "step"), steps(), ids=lambda value: getattr(value, "id", value))
def test_every_command_exists_and_takes_its_words(name: str, step: RunbookStep) -> None:
    """Each step's command line is parsed by the command itself; nothing is run."""
    assert name
    words = [word.replace("{service}", "api-gateway") for word in step.command]
    if words[0] in AWAITED:
        pytest.xfail(f"gate {words[0]} is awaited")
    command: click.Command | None = gate
    context = click.Context(gate, info_name="gate")
    while isinstance(command, click.Group) and words:
        command = command.get_command(context, words.pop(0))
    assert command is not None
    command.make_context("step", [*words, "--env", "staging"])


def test_whatever_disturbs_users_is_guarded() -> None:
    """Commands that act are marked as disruptive."""
    acting = {"reset", "services", "on", "--min-instances", "restore", "restart"}
    assert [step.id for _, step in steps() if acting & set(step.command) and not step.is_guarded] == []


def test_conditions_are_read() -> None:
    """A step may wait for a failure or for a success."""
    book = load_runbook(FOLDER, "service-unavailable", PLATFORM)
    found = {step.id: (step.after, step.after_state) for step in book.steps}
    assert found["reset"] == ("circuits", StepState.FAILED)
    assert found["proof"] == ("rollback", StepState.DONE)
    assert book.needs_service


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("- {id: a, title: t}", ":8:7: the step 'a' has either run or ask"),
        ("- {id: a, title: t, ask: q}", ":8:7: the step 'a' asks, so it names the role"),
        ("- {id: a, title: t, run: [check], onlyIf: {step: b}}", "no earlier step is called 'b'"),
        ("- {id: a, title: t, run: ['{env}']}", "only {service} can be filled in"),
        ("- {id: a, title: t, run: [check], disruptiv: true}", "unknown key 'disruptiv'"),
        ("- {id: a, title: t, ask: q, role: boss}", "unknown role 'boss'"),
        ("- {id: a, title: t, run: [check], onlyIf: {step: a, is: fine}}", "unknown value 'fine'"),
        (
            "- {id: a, title: t, run: [check]}\n    - {id: a, title: t, run: [check]}",
            "'a' is listed twice in steps",
        ),
    ],
)
def test_a_wrong_document_is_refused_with_its_place(tmp_path: Path, written: str, said: str) -> None:
    """Path, line, column and cause."""
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "broken.yaml").write_text(f"{HEAD}{SPEC}    {written}\n", encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_runbook(tmp_path, "broken", PLATFORM)
    assert said in caught.value.diagnostics()


def test_a_runbook_has_the_name_of_its_file(tmp_path: Path) -> None:
    """Whoever copies one is told to rename it."""
    (tmp_path / "runbooks").mkdir()
    text = f"{HEAD}{SPEC}    - {{id: a, title: t, run: [check]}}\n"
    (tmp_path / "runbooks" / "other.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"is in other\.yaml"):
        load_runbook(tmp_path, "other", PLATFORM)


def test_an_unknown_runbook_is_refused_with_what_was_meant() -> None:
    """A typing error costs no search."""
    with pytest.raises(UsageError, match="triage"):
        load_runbook(FOLDER, "triag", PLATFORM)
