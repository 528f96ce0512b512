"""What every report shares: one document for programs, lines that fit for people, a sentence for nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from gates import cli
from gates.model.exit_code import ExitCode
from tests.support.fake_room import FakeOperations

REPORTS = (
    *("check", "circuits report", "circuits status a", "sla", "metrics", "precheck", "images"),
    *("backup list", "autoscaling report", "decisions"),
)
"""What reports, over operations of fakes."""
OTHERS = (
    *("doctor", "approvals", "incident status", "snapshot diff", "diagnose", "synthetic"),
    *("rollback status", "rollback services", "criteria list", "criteria coverage"),
)
PAGE = Path("docs/reference/json.md")


def run(command: str, *words: str) -> ExitCode:
    """Run one command in the sandbox."""
    return cli.invoke([*command.split(), *words, "--env", "sandbox"])


@pytest.mark.parametrize("command", REPORTS)
def test_a_document_holds_the_exit_code_and_is_alone_on_stdout(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """It says which report it is and of which environment; its keys stand on the reference page."""
    code = run(command, "--format", "json")
    found = json.loads(capsys.readouterr().out)
    assert operations is not None
    assert (found["exit_code"], found["environment"]) == (int(code), "sandbox")
    assert command.startswith(found["report"])
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    row = next(line for line in rows if f"`{found['report']}`" in line.split("|")[1])
    documented = set(re.findall(r"`([a-z_0-9]+)", row)) | {"report", "exit_code", "environment"}
    assert set(found) <= documented


@pytest.mark.parametrize("command", REPORTS)
def test_no_line_is_wider_than_80_columns(
    operations: FakeOperations,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    """Commands to copy and the words of an exact call excepted: they stay in one piece."""
    monkeypatch.setenv("COLUMNS", "80")
    operations.services.silent.add("b")
    run(command)
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert [line for line in lines if len(line) > 80 and "gate " not in line] == []


@pytest.mark.parametrize("command", ["decisions", "backup list"])
def test_nothing_is_said_in_a_sentence(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """An empty answer would leave open whether anybody looked."""
    operations.sql.stored = ()
    run(command)
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("command", [*REPORTS, *OTHERS])
def test_every_report_takes_a_format(command: str) -> None:
    """In the same words everywhere."""
    found: click.Command | None = cli.gate
    for word in command.split():
        if isinstance(found, click.Group):
            found = found.get_command(click.Context(found), word)
    assert found is not None
    choices = [option.type for option in found.params if "--format" in option.opts]
    (one,) = [one for one in choices if isinstance(one, click.Choice)]
    assert {"tty", "plain", "json"} <= set(one.choices)


def test_a_document_holds_no_secret(operations: FakeOperations, capsys: pytest.CaptureFixture[str]) -> None:
    """What a service says of itself is redacted like a report."""
    operations.services.silent.add("Bearer abcdefghijklmnop")
    operations.services.locked_out = "refused: Authorization: Bearer abcdefghijklmnop"
    run("check", "--format", "json")
    assert "abcdefghijklmnop" not in capsys.readouterr().out
