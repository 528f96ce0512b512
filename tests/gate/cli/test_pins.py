"""`gate rollback status` and `unpin`: what waits behind a pin, and what is no release at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates import cli
from gates.model.exit_code import ExitCode
from gates.model.state import MADE, Purpose
from tests.support.fake_context import FakeContext


def pinned_below(context: FakeContext, purpose: Purpose | None) -> None:
    """Pin service a to its older revision; the newest was made by the gate for a purpose, if there is one."""
    entry = context.cloud.services["a"]
    newest, *rest = entry.revisions
    marks = ((MADE, f"{purpose} {newest.name}"),) if purpose else ()
    entry.revisions = (replace(newest, annotations=marks), *rest)
    entry.traffic = entry.traffic.all_to("a-1")


def test_a_copy_that_ended_maintenance_is_named_as_one_and_waits_for_nothing(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """The status says what the newest revision is, and offers no command that would send traffic to it."""
    pinned_below(context, Purpose.RESUMED)
    assert cli.invoke(["rollback", "status"]) is ExitCode.GO
    out = " ".join(capsys.readouterr().out.split())
    assert "a-2" in out
    assert Purpose.RESUMED.wording in out
    assert "rollback unpin" not in out


def test_a_release_behind_a_pin_is_offered(context: FakeContext, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named without a purpose."""
    pinned_below(context, None)
    cli.invoke(["rollback", "status"])
    assert "rollback unpin a " in capsys.readouterr().out


def test_a_refused_unpin_is_no_failure_of_a_move(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line: REFUSED, the service, the reason; exit 12, and nothing was written."""
    pinned_below(context, None)
    assert cli.invoke(["rollback", "unpin", "a", "--yes"]) is ExitCode.ACTION_FAILED
    line = " ".join(capsys.readouterr().out.split())
    _, state, service, *_ = line.split()
    assert (state, service) == ("REFUSED", "a:")
    assert "a-2 has no recorded GO" in line
    assert not service.endswith("→")
    assert "0.00 s" not in line
    assert context.cloud.writes == []


def test_without_a_terminal_the_hint_names_an_option_that_the_command_has(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """`unpin` cannot be rehearsed, a rollback can."""
    pinned_below(context, None)
    assert cli.invoke(["rollback", "unpin", "a"]) is ExitCode.USAGE_ERROR
    hint = capsys.readouterr().err
    assert ("--yes" in hint, "--dry-run" in hint) == (True, False)
    assert cli.invoke(["rollback", "a"]) is ExitCode.USAGE_ERROR
    assert "--dry-run" in capsys.readouterr().err
