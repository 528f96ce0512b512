"""Notices arrive at real servers; a failure is recorded, short, and holds no secret."""

from __future__ import annotations

import json
import time

import pytest

from gates.adapters.machine.clock import SystemClock
from gates.adapters.notifications.channel_sender import ChannelSender
from gates.model.documentation import Channel
from gates.model.incident import Notice, NoticeState
from tests.support.tiny_mailbox import mailbox, webhook

CHANNELS = (
    Channel(name="chat", address="slack:#incidents"),
    Channel(name="hook", address="webhook:pager"),
    Channel(name="mail", address="mailto:incidents@example.test"),
    Channel(name="pigeon", address="pigeon:roof"),
)


def notice(channel: str) -> Notice:
    """Return a notice for a channel."""
    return Notice(incident="inc", step="incident declared", channel=channel, text="P0 it burns")


def notifier(
    monkeypatch: pytest.MonkeyPatch, secret: dict[str, object], timeout_s: float = 5.0
) -> ChannelSender:
    """Return a notifier whose channels all have that secret."""
    monkeypatch.setenv("TOLD", json.dumps(secret))
    references = dict.fromkeys((channel.name for channel in CHANNELS), "env:TOLD")
    return ChannelSender(CHANNELS, references, SystemClock(), timeout_s=timeout_s)


def test_slack_and_a_webhook_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack in its own form, a webhook with the incident and the step."""
    with webhook() as hook:
        results = notifier(monkeypatch, {"url": hook.url}).send([notice("chat"), notice("hook")])
    assert [one.state for one in results] == [NoticeState.SENT, NoticeState.SENT]
    assert {"channel": "#incidents", "text": "P0 it burns"} in hook.bodies
    assert {"incident": "inc", "step": "incident declared", "text": "P0 it burns"} in hook.bodies


def test_a_mail_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    """With sender, receiver, subject and text."""
    with mailbox() as box:
        secret = {"host": "127.0.0.1", "port": box.port, "from": "gate@example.test"}
        (result,) = notifier(monkeypatch, secret).send([notice("mail")])
    assert result.state is NoticeState.SENT
    (mail,) = box.mails
    assert "To: incidents@example.test" in mail
    assert "Subject: inc: incident declared" in mail
    assert "P0 it burns" in mail


def test_a_refusal_is_recorded_without_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL of a webhook is its password."""
    with webhook() as hook:
        hook.status = 500
        (result,) = notifier(monkeypatch, {"url": hook.url}).send([notice("chat")])
    assert result.state is NoticeState.FAILED
    assert result.detail == "HTTPStatusError"


def test_silence_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a channel that does not answer."""
    with webhook() as hook:
        hook.is_silent.set()
        began = time.monotonic()
        (result,) = notifier(monkeypatch, {"url": hook.url}, timeout_s=0.2).send([notice("chat")])
        assert time.monotonic() - began < 3
    assert result.state is NoticeState.FAILED


@pytest.mark.parametrize("channel", ["chat", "mail", "pigeon"])
def test_whatever_is_missing_is_a_failure_and_never_raised(
    channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No URL, no host, no such way."""
    (result,) = notifier(monkeypatch, {}).send([notice(channel)])
    assert result.state is NoticeState.FAILED


def test_a_channel_without_a_secret_is_a_failure() -> None:
    """It is told like any other."""
    (result,) = ChannelSender(CHANNELS, {}, SystemClock()).send([notice("chat")])
    assert (result.state, result.detail) == (NoticeState.FAILED, "KeyError")
