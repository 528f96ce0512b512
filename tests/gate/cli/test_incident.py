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


def opened(
    capsys: pytest.CaptureFixture[str], *more: str, code: ExitCode = ExitCode.GO, env: str = "staging"
) -> str:
    """Open an incident and return its id."""
    assert invoke(["incident", "open", "It burns", "--env", env, *more]) is code
    found = re.search(r"inc-\S+", capsys.readouterr().out)
    assert found
    return found[0]


def test_an_incident_is_told_once_and_stays_open(hook: Hook, capsys: pytest.CaptureFixture[str]) -> None:
    """The second look tells nobody again; it is a report, so it leaves with 0 while one is open."""
    name = opened(capsys, *CALM, "--alert", "data-corruption", "--service", "auth-service")
    assert invoke(["incident", "status", "--env", "staging"]) is ExitCode.GO
    shown = capsys.readouterr().out
    assert f"{name}  P0  open" in shown
    assert "no new person to notify" in shown
    (body,) = hook.bodies
    assert "initial assessment: on-call-engineer" in body["text"]


def test_a_channel_that_fails_stops_nothing_and_is_tried_again(
    hook: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    """The incident is open all the same, and the exit code says that somebody was not told."""
    hook.status = 503
    opened(capsys, "--users", *CALM[1:], code=ExitCode.ACTION_FAILED)
    hook.status = 200
    assert invoke(["incident", "status", "--env", "staging"]) is ExitCode.GO
    assert "SENT  incidents" in capsys.readouterr().out


def test_without_the_secrets_of_the_channels_the_numbers_to_call_are_shown(
    hook: Hook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The missing variable is named as `doctor` names it; exit 12, and the incident is recorded."""
    monkeypatch.delenv("GATE_STAGING_SLACK")
    assert invoke(["incident", "open", "It burns", "--env", "staging", *CALM]) is ExitCode.ACTION_FAILED
    out = capsys.readouterr().out
    assert "the secret env:GATE_STAGING_SLACK is not there" in out
    assert "set the environment variable GATE_STAGING_SLACK" in out
    calls = [line for line in out.splitlines() if line.strip().startswith("call: ")]
    assert any("Engineering On-Call +1-" in line for line in calls)
    assert invoke(["incident", "status", "--env", "staging"]) is ExitCode.ACTION_FAILED
    assert "It burns" in capsys.readouterr().out


def test_an_incident_where_the_platform_is_gone_is_recorded_with_its_drafts_and_once(
    hook: Hook, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be read is named, the exit code is 12, and trying again opens no second one."""
    monkeypatch.setenv("GATE_ENDPOINTS_FILE", str(tmp_path / "nowhere.json"))
    name = opened(capsys, *CALM, code=ExitCode.ACTION_FAILED, env="sandbox")
    assert len(list((tmp_path / "incidents" / name).iterdir())) == 3
    again = ["incident", "open", "it  BURNS", "--env", "sandbox", *CALM]
    assert invoke(again) is ExitCode.ACTION_FAILED
    out = capsys.readouterr().out
    assert f"already open: {name}" in out
    assert "nowhere.json" in out
    assert "call: " in out
    assert [path.name for path in (tmp_path / "incidents").iterdir()] == [name]


def test_an_incident_that_cannot_be_recorded_is_told_all_the_same(
    hook: Hook, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """People are notified first of all; the exit code says that nothing of it is kept."""
    monkeypatch.setenv("GATE_REPORTS", "/proc/nope")
    words = ["incident", "open", "It burns", "--env", "staging", "--users", *CALM[1:]]

    assert invoke(words) is ExitCode.ACTION_FAILED
    assert [body["text"] for body in hook.bodies if "It burns" in body["text"]]
    assert "NOT RECORDED" in capsys.readouterr().err


def test_the_same_title_with_a_more_urgent_answer_is_another_incident(
    hook: Hook, capsys: pytest.CaptureFixture[str]
) -> None:
    """What got worse is told anew; the same said twice is not."""
    first = opened(capsys, *CALM)
    assert opened(capsys, *CALM) == first
    assert opened(capsys, "--users", "--critical", *CALM[2:]) != first


def test_a_closed_incident_shows_nothing_due(hook: Hook, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a step of the clock nor anybody to call."""
    name = opened(capsys, *CALM)
    invoke(["incident", "close", name, "--note", "Over.", "--env", "staging"])
    capsys.readouterr()
    assert invoke(["incident", "status", "--all", "--env", "staging"]) is ExitCode.GO
    out = capsys.readouterr().out
    assert name in out
    assert "due" not in out
    assert "call" not in out


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
