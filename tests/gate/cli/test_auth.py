"""`gate auth`: which flows are tried, for which services, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import cli
from gates.model.exit_code import ExitCode
from tests.support.fake_context import FakeContext, check
from tests.support.fake_room import FakeOperations
from tests.support.release_run import Run, healthy

FILE = "tests/validation/immediate/test_auth_flows.py"
BOTH = ("frontend", "auth-service")
DEMANDS = (
    check("AUT-LOGIN", "authentication", f"{FILE}::test_login"),
    check("AUT-EXPIRED", "authentication", f"{FILE}::test_expired", services=BOTH),
    check("CTR", "contract", "tests/validation/immediate/test_contract.py::test_conformance", services=BOTH),
    check("HLT-X", "health", f"{FILE}::test_health"),
)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    """Two flows, a contract, and something else; everything holds."""
    return FakeContext(Run(healthy, demands=DEMANDS), tmp_path).installed(monkeypatch)


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["valid_login"], ["AUT-LOGIN auth-service"]),
        (["login", "login"], ["AUT-LOGIN auth-service"]),
        (["--all"], ["AUT-LOGIN auth-service", "AUT-EXPIRED frontend", "AUT-EXPIRED auth-service"]),
        (["--service", "frontend"], ["AUT-EXPIRED frontend", "CTR frontend"]),
        (
            ["--comprehensive"],
            [
                *("AUT-LOGIN auth-service", "AUT-EXPIRED frontend", "AUT-EXPIRED auth-service"),
                *("CTR frontend", "CTR auth-service"),
            ],
        ),
    ],
)
def test_what_is_asked_for_is_tried_and_nothing_else(
    context: FakeContext, capsys: pytest.CaptureFixture[str], words: list[str], lines: list[str]
) -> None:
    """One line per flow and service; all held, so 0."""
    assert cli.invoke(["auth", "--env", "sandbox", *words]) is ExitCode.GO
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]

    assert [f"{words[1]} {words[2]}" for words in shown] == lines
    assert {words[0] for words in shown} == {"PASS"}


def test_signing_out_ends_the_shared_session_once(
    operations: FakeOperations, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A session that cannot be ended at its issuer needs a person: it is good until it expires."""
    monkeypatch.setattr("gates.cli.auth.OperationsContext", operations)
    assert cli.invoke(["auth", "sign-out", "--env", "sandbox"]) is ExitCode.GO
    assert "ended" in capsys.readouterr().out
    assert cli.invoke(["auth", "sign-out", "--env", "sandbox"]) is ExitCode.GO
    assert "no session" in capsys.readouterr().out
    operations.services.locked_out = "auth-service answers 503"
    assert cli.invoke(["auth", "sign-out", "--env", "sandbox"]) is ExitCode.ACTION_FAILED


def test_a_service_s_producers_run_for_that_service_alone(context: FakeContext) -> None:
    """The catalogue that the producers see is narrowed, so that the others are not even asked."""
    cli.invoke(["auth", "--env", "sandbox", "--service", "frontend"])
    (seen,) = context.narrowed

    assert {c.id: c.services for c in seen.criteria}["AUT-EXPIRED"] == ("frontend",)
    assert len(seen.criteria) == len(DEMANDS)


@pytest.mark.parametrize(("value", "code"), [(1.0, ExitCode.NO_GO), (None, ExitCode.INCONCLUSIVE)])
def test_a_flow_that_fails_or_was_not_seen_is_never_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float | None, code: ExitCode
) -> None:
    """1 for what was seen to fail, 10 for what nobody saw."""
    FakeContext(Run(lambda *_: value, demands=DEMANDS), tmp_path).installed(monkeypatch)

    assert cli.invoke(["auth", "--env", "sandbox", "--all"]) is code


def test_a_flawed_channel_is_never_zero(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When something may be missing, all that was seen to hold proves nothing."""
    context = FakeContext(Run(healthy, demands=DEMANDS), tmp_path)
    context.run.source.flaws = ("cut off",)
    context.installed(monkeypatch)

    assert cli.invoke(["auth", "--env", "sandbox", "--all"]) is ExitCode.INCONCLUSIVE
    assert "flaw: cut off" in capsys.readouterr().err


def test_the_flows_are_listed_and_an_unknown_one_is_refused(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a name nothing runs; the guide's names are known."""
    assert cli.invoke(["auth", "--env", "sandbox"]) is ExitCode.GO
    assert capsys.readouterr().out.split()[0] == "login"
    assert cli.invoke(["auth", "--env", "sandbox", "nonsense"]) is ExitCode.USAGE_ERROR
    assert "valid_login" in capsys.readouterr().err
    assert context.narrowed == []
