"""Who is told of a run: the role whose turn it is, once, and whoever must know how a rollback ended."""

from __future__ import annotations

import io
import json
import os
import shlex
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gates import cli, composition
from gates.cli.signals import Stop
from gates.model.documentation import Channel
from gates.model.exit_code import ExitCode
from gates.model.platform import EscalationStep, Policy
from gates.workflows.pending_decisions import PendingDecisions
from tests.support.fake_context import FakeContext
from tests.support.release_run import Run, bad_auth
from tests.support.tiny_mailbox import Hook, webhook

RUN = ["run", "--env", "sandbox", "--stage", "immediate", "--release", "r1", "--rollback", "auto"]
ESCALATION = (
    EscalationStep(after=timedelta(), action="look", role="on-call"),
    EscalationStep(after=timedelta(minutes=30), action="brief", role="manager"),
)


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """Give the webhook of a context in which auth-service is bad; runs go to a folder of our own."""
    monkeypatch.setenv(composition.REPORTS_VARIABLE, str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with webhook() as made:
        monkeypatch.setenv("TOLD", json.dumps({"url": made.url}))
        yield made


def context(monkeypatch: pytest.MonkeyPatch, reports: Path, *, is_standing: bool = True) -> None:
    """Take the place of the real context: auth-service is bad, one channel, an escalation."""
    made = FakeContext(Run(bad_auth, is_standing=is_standing), reports).installed(monkeypatch)
    channels = (Channel(name="chat", address="webhook:x"),)
    made.platform = replace(made.platform, channels=channels, policy=Policy(escalation=ESCALATION))
    made.environment = replace(made.environment, notifications=(("chat", "env:TOLD"),))


def texts(hook: Hook) -> list[str]:
    """Return what was told."""
    return [str(body["text"]) for body in hook.bodies]


def test_a_rollback_is_told_with_its_proof(
    hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the act, once."""
    context(monkeypatch, tmp_path)
    assert cli.invoke(RUN) is ExitCode.ROLLED_BACK
    (said,) = texts(hook)
    assert "auth-service to auth-service-1" in said
    assert "FAILED" not in said


def test_who_must_act_is_told_and_then_whose_turn_it_has_become(
    hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decision that waits is told when it is made; late, the next role is, once; nothing after the act."""
    context(monkeypatch, tmp_path, is_standing=False)
    assert cli.invoke(RUN) is ExitCode.NO_GO
    assert texts(hook)[0].startswith("sandbox: ROLL_BACK auth-service (P0), waits for the on-call until ")
    for _ in "ab":
        assert cli.invoke(["decisions", "--env", "sandbox", "--escalate"]) is ExitCode.ACTION_FAILED
    (late,) = texts(hook)[1:]
    assert late.startswith("sandbox: LATE: ROLL_BACK auth-service (P0).")
    assert "It is the turn of the manager. Run r1." in late
    program, *act = shlex.split(late.splitlines()[-1])  # as somebody pastes it
    assert (program, act) == ("gate", shlex.split(texts(hook)[0].splitlines()[-1])[1:])
    assert cli.invoke([*act, "--yes"]) is ExitCode.ROLLED_BACK
    assert cli.invoke(["decisions", "--env", "sandbox", "--escalate"]) is ExitCode.GO
    assert [text.split(":")[1] for text in texts(hook)[2:]] == [" rolled back and verified"]


def test_a_channel_that_fails_changes_nothing(
    hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The rollback is done, its exit code stands, and stderr says who was not told."""
    hook.status = 500
    context(monkeypatch, tmp_path)
    assert cli.invoke(RUN) is ExitCode.ROLLED_BACK
    assert "gate: chat was not notified of carried out: HTTPStatusError" in caplog.text


def test_a_watch_escalates_by_itself_and_ends_when_nothing_waits(
    hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each look tells what is new; between the second and the third somebody acts."""
    context(monkeypatch, tmp_path, is_standing=False)
    cli.invoke(RUN)
    act = ["act", str(tmp_path / "r1"), "--env", "sandbox", "--role", "on-call", "--yes"]
    looks: Iterator[Callable[[], object]] = iter([lambda: None, lambda: cli.invoke(act)])
    capsys.readouterr()

    def wait(_stop: Stop, _seconds: float) -> bool:
        next(looks)()
        return False

    monkeypatch.setattr(Stop, "wait", wait)
    words = ["decisions", "--env", "sandbox", "--watch", "--until-empty"]
    assert cli.invoke(words) is ExitCode.GO
    assert capsys.readouterr().out.count("r1  ROLL_BACK auth-service (P0): LATE by") == 1
    assert [text.split(":")[1] for text in texts(hook)[1:]] == [" LATE", " rolled back and verified"]


@pytest.mark.usefixtures("hook")
def test_a_signal_ends_a_watch_with_what_it_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM: the look that runs is finished, and a late decision still is exit 12."""
    context(monkeypatch, tmp_path, is_standing=False)
    cli.invoke(RUN)
    result = PendingDecisions.look

    def interrupted(*arguments: object, **options: object) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return result(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(PendingDecisions, "look", interrupted)
    assert cli.invoke(["decisions", "--env", "sandbox", "--watch"]) is ExitCode.ACTION_FAILED
