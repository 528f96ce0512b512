"""`gate incident`: opened, told once, shown with its clock, closed, with drafts for those outside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.cli import invoke
from gates.model.exit_code import ExitCode
from tests.support.tiny_mailbox import Hook, mailbox, webhook

FOLDER = Path(__file__).parents[3] / "platforms" / "isectech"
CALM = ("--no-users", "--no-critical", "--no-data", "--no-security")


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """Give the webhook behind staging's chat; reports go to a folder of our own."""
    monkeypatch.setenv("GATE_PLATFORM", str(FOLDER))
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    monkeypatch.setenv("GATE_ACTOR", "ann")
    with webhook() as made, mailbox() as box:
        secret = {"host": "127.0.0.1", "port": box.port, "from": "gate@example.test"}
        monkeypatch.setenv("GATE_STAGING_SLACK", json.dumps({"url": made.url}))
        monkeypatch.setenv("GATE_STAGING_SMTP", json.dumps(secret))
        yield made


def opened(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """Open an incident in staging and return its id."""
    assert invoke(["incident", "open", "It burns", "--env", "staging", *more]) is ExitCode.GO
    found = re.search(r"inc-\S+", capsys.readouterr().out)
    assert found
    return found[0]


def test_an_incident_is_told_once_and_stays_open(hook: Hook, capsys: pytest.CaptureFixture[str]) -> None:
    """The second look tells nobody again, and leaves with 1 while it is open."""
    name = opened(capsys, *CALM, "--alert", "data-corruption", "--service", "auth-service")
    assert invoke(["incident", "status", "--env", "staging"]) is ExitCode.NO_GO
    shown = capsys.readouterr().out
    assert f"{name}  P0  open" in shown
    assert "nobody new to tell" in shown
    (body,) = hook.bodies
    assert "initial assessment: on-call-engineer" in body["text"]


def test_a_channel_that_fails_stops_nothing_and_is_tried_again(
    hook: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    """The incident is open all the same."""
    hook.status = 503
    opened(capsys, "--users", *CALM[1:])
    hook.status = 200
    assert invoke(["incident", "status", "--env", "staging"]) is ExitCode.NO_GO
    assert "SENT  incidents" in capsys.readouterr().out


def test_closing_tells_and_rewrites_the_drafts(
    hook: Hook, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it was stands in the message and in every draft."""
    name = opened(capsys, *CALM)
    assert (
        invoke(["incident", "close", name, "--note", "A disk was full.", "--env", "staging"]) is ExitCode.GO
    )
    assert "closed by ann. A disk was full." in hook.bodies[-1]["text"]
    drafts = sorted((tmp_path / "incidents" / name).iterdir())
    assert [path.name for path in drafts] == ["customers.md", "status-page.md", "vendors.md"]
    assert all("A disk was full." in path.read_text(encoding="utf-8") for path in drafts)
    capsys.readouterr()
    assert invoke(["incident", "status", "--env", "staging"]) is ExitCode.GO


@pytest.mark.parametrize(
    "arguments",
    [
        ["open", "t", "--env", "staging"],
        ["open", "t", "--env", "staging", *CALM, "--alert", "smoke"],
        ["open", "t", "--env", "staging", *CALM, "--service", "nobody"],
        ["close", "inc-0", "--note", "n", "--env", "staging"],
    ],
)
def test_what_is_missing_or_unknown_is_a_usage_error(hook: Hook, arguments: list[str]) -> None:
    """Every question is answered; nothing is opened otherwise."""
    assert invoke(["incident", *arguments]) is ExitCode.USAGE_ERROR
    assert hook.bodies == []
