"""Each event is told once, whoever looks how often; telling never stands in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gates.adapters.ledger.incident_ledger import IncidentLedger
from gates.adapters.machine.clock import SystemClock
from gates.adapters.notifications.channel_sender import ChannelSender
from gates.adapters.notifications.notifier import Notifier
from gates.model.documentation import Channel
from gates.model.incident import NoticeState
from gates.reporting.redaction import Redactor
from tests.support.tiny_mailbox import Hook, webhook


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """Give the webhook behind the one channel."""
    with webhook() as made:
        monkeypatch.setenv("TOLD", json.dumps({"url": made.url}))
        yield made


def notifier(ledger: Path, timeout_s: float = 5.0) -> Notifier:
    """Return the notifier of an environment with one channel."""
    channel = Channel(name="chat", address="webhook:x")
    clock = SystemClock()
    return Notifier(
        told=IncidentLedger(ledger, "sandbox"),
        sender=ChannelSender([channel], {"chat": "env:TOLD"}, clock, timeout_s=timeout_s),
        channels=("chat",),
        clock=clock,
        clean=Redactor(("hunter2-hunter2",)),
    )


def test_an_event_is_told_once_by_however_many(hook: Hook, tmp_path: Path) -> None:
    """Eight look at once, each with a ledger connection of its own; another event is told again."""
    ledger = tmp_path / "gate.sqlite3"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: notifier(ledger).tell("run-1", "decided", "x"), range(8)))
    notifier(ledger).tell("run-1", "late: team-lead", "y")
    notifier(ledger).tell("run-2", "decided", "z")
    assert [body["text"] for body in hook.bodies] == ["x", "y", "z"]


def test_what_failed_is_told_by_the_next_look(hook: Hook, tmp_path: Path) -> None:
    """A channel that refuses or says nothing costs its time and no more."""
    ledger = tmp_path / "gate.sqlite3"
    hook.status = 500
    (refused,) = notifier(ledger).tell("run-1", "decided", "x")
    hook.status = 200
    hook.is_silent.set()
    (silent,) = notifier(ledger, timeout_s=0.2).tell("run-1", "decided", "x")
    hook.is_silent.clear()
    (told,) = notifier(ledger).tell("run-1", "decided", "x")
    assert [refused.state, silent.state, told.state] == [
        NoticeState.FAILED,
        NoticeState.FAILED,
        NoticeState.SENT,
    ]
    assert notifier(ledger).tell("run-1", "decided", "x") == ()


def test_without_a_ledger_people_are_told_all_the_same(hook: Hook, tmp_path: Path) -> None:
    """Twice is better than never."""
    (tmp_path / "gate.sqlite3").write_text("no ledger")
    for _ in "ab":
        (told,) = notifier(tmp_path / "gate.sqlite3").tell("run-1", "decided", "x")
        assert told.state is NoticeState.SENT
    assert len(hook.bodies) == 2


def test_no_secret_leaves_the_house(hook: Hook, tmp_path: Path) -> None:
    """What a service said may hold one."""
    notifier(tmp_path / "gate.sqlite3").tell("run-1", "decided", "it said hunter2-hunter2")
    assert "hunter2" not in json.dumps(hook.bodies)
