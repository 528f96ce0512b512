"""How every command leaves when something is wrong."""

from __future__ import annotations

import os

import click
import pytest

from gates import cli
from gates.errors import (
    ActionError,
    ConfigurationError,
    DocumentError,
    EvidenceError,
    GateError,
    LedgerError,
    UnavailableError,
    UsageError,
)
from gates.model.exit_code import ExitCode


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make every command end with an error."""

    def end(**_options: object) -> None:
        raise error

    monkeypatch.setattr(cli.gate, "main", end)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no"), ExitCode.USAGE_ERROR),
        (DocumentError("no", path="x.yaml"), ExitCode.USAGE_ERROR),
        (ConfigurationError("no"), ExitCode.USAGE_ERROR),
        (EvidenceError("no"), ExitCode.NOTHING_EVALUATED),
        (ActionError("no"), ExitCode.ACTION_FAILED),
        (UnavailableError("no"), ExitCode.INCONCLUSIVE),
        (LedgerError("no"), ExitCode.USAGE_ERROR),
    ],
)
def test_each_error_has_its_exit_code_and_its_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: GateError, code: ExitCode
) -> None:
    """None of them is a GO."""
    error.next_step = "do this"
    raising(monkeypatch, error)

    assert cli.invoke(["run"]) is code
    assert capsys.readouterr().err == f"gate: {error.cause}\n  → do this\n"


@pytest.mark.parametrize("error", [click.Abort(), KeyboardInterrupt()])
def test_an_interruption_is_no_verdict(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Exit 2."""
    raising(monkeypatch, error)

    assert cli.invoke(["run"]) is ExitCode.INTERRUPTED


def test_a_defect_is_no_verdict(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3, with the trace for those who ask for it."""
    raising(monkeypatch, ZeroDivisionError("oh"))

    assert cli.invoke(["run"]) is ExitCode.INTERNAL_ERROR
    assert "internal error: ZeroDivisionError: oh" in capsys.readouterr().err
    monkeypatch.setenv("GATE_TRACE", "1")
    assert cli.invoke(["run"]) is ExitCode.INTERNAL_ERROR
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [[], ["nothing"], ["run"], ["run", "--nonsense"]])
def test_what_is_no_command_is_a_usage_error(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Said on stderr; stdout stays empty for those who parse it."""
    assert cli.invoke(argv) is ExitCode.USAGE_ERROR
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_help_lists_every_command_without_importing_one(capsys: pytest.CaptureFixture[str]) -> None:
    """And leaves with 0."""
    assert cli.invoke(["--help"]) is ExitCode.GO
    out = capsys.readouterr().out
    words = set(out.replace(",", " ").split())
    assert words >= set(cli.gate.list_commands(click.Context(cli.gate)))
    assert len(out.splitlines()) <= 40  # one screen


def test_every_command_can_be_imported_and_explains_itself() -> None:
    """No name in the list is dead."""
    context = click.Context(cli.gate)
    for name in cli.gate.list_commands(context):
        command = cli.gate.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(), name


def test_the_process_leaves_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `invoke` returns is what the shell sees."""
    raising(monkeypatch, ActionError("no"))

    with pytest.raises(SystemExit) as left:
        cli.main(["run"])
    assert left.value.code == ExitCode.ACTION_FAILED


def test_a_mistyped_command_names_the_one_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    """At three in the morning the rollback is found all the same."""
    assert cli.invoke(["rolback", "auth-service", "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    assert "Did you mean one of: 'backup', 'rollback'?" in capsys.readouterr().err


def test_a_ca_bundle_that_is_not_there_is_refused_before_anything_happens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the command: without trust nothing could be proven."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nope/ca.pem")
    assert cli.invoke(["rollback", "status", "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    assert "SSL_CERT_FILE=/nope/ca.pem" in capsys.readouterr().err


def test_a_key_log_that_cannot_be_written_does_not_stop_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named, and left out for every client of the process."""
    monkeypatch.setenv("SSLKEYLOGFILE", "/nope/keys")
    assert cli.invoke(["criteria", "explain", "HLT-READY"]) is ExitCode.GO
    assert "SSLKEYLOGFILE=/nope/keys" in capsys.readouterr().err
    assert "SSLKEYLOGFILE" not in os.environ
