"""Commands that change something: they ask where it matters, say the call, and leave a receipt."""

from __future__ import annotations

import getpass
import io
import json
import os
import signal
from contextlib import AbstractContextManager
from typing import NoReturn

import pytest

from gates import cli
from gates.actions.ports import Lease
from gates.composition import actor
from gates.model.exit_code import ExitCode
from tests.support.fake_room import FakeOperations, environment


def run(command: str) -> ExitCode:
    """Run one command line in the sandbox."""
    return cli.invoke([*command.split(), "--env", "sandbox"])


def test_check_says_who_is_not_well(operations: FakeOperations, capsys: pytest.CaptureFixture[str]) -> None:
    """An open circuit and a silent service are both bad; without them the command leaves with 0."""
    operations.services.silent.add("b")
    assert run("check") is ExitCode.NO_GO
    shown = capsys.readouterr().out
    assert "BAD  a" in shown
    assert "b does not answer" in shown
    assert "0 of 2 services are well" in shown
    operations.services.silent.clear()
    assert run("check b") is ExitCode.GO
    assert run("check nothing") is ExitCode.USAGE_ERROR


def test_check_without_credentials_is_one_message(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody looked, so no service is called bad."""
    operations.services.missing = "no credentials"
    assert run("check") is ExitCode.USAGE_ERROR
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("no credentials")) == ("", 1)


def test_circuits_that_could_not_be_asked_for_are_unknown(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says why, once, and leaves with 10; a service that is bad all the same makes it 1."""
    operations.services.locked_out = "every one-time code was used before"
    assert run("check") is ExitCode.INCONCLUSIVE
    shown = capsys.readouterr().out
    assert "BAD" not in shown
    assert shown.count("every one-time code was used before") == 1
    assert run("circuits report") is ExitCode.INCONCLUSIVE
    assert capsys.readouterr().out == ""
    operations.services.silent.add("b")
    assert run("check") is ExitCode.NO_GO


def test_check_as_a_document_says_the_same(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing else is on stdout."""
    operations.services.silent.add("b")
    assert run("check --format json") is ExitCode.NO_GO
    found = json.loads(capsys.readouterr().out)
    assert (found["report"], found["environment"], found["exit_code"]) == ("check", "sandbox", 1)
    assert [one["is_well"] for one in found["services"]] == [False, False]
    assert found["services"][0]["circuits"][1]["state"] == "open"
    assert run("circuits report --format json") is ExitCode.NO_GO
    assert json.loads(capsys.readouterr().out)["services"][1]["trouble"] == "b does not answer"


def test_what_keeps_commands_from_sharing_a_session_is_said(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr: what was found stays what it is."""
    operations.why_unshared = "cache: Read-only file system"
    assert run("check b") is ExitCode.GO
    assert "Read-only file system" in capsys.readouterr().err


def test_circuits_are_reported_and_reset(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report is red while one is open, green after its reset; a second reset finds nothing to do."""
    assert run("circuits report") is ExitCode.NO_GO
    assert "BAD  a → c: open" in capsys.readouterr().out
    assert run("circuits reset a") is ExitCode.GO
    assert run("circuits status a") is ExitCode.GO
    assert run("circuits reset a") is ExitCode.GO
    assert "every circuit of a is closed" in capsys.readouterr().out
    operations.services.silent.add("a")
    assert run("circuits status a") is ExitCode.NO_GO


def test_the_fallback_is_switched_and_shown(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """`on` carries its proof; a gateway that serves revoked tokens leaves the command with 12."""
    assert run("circuits fallback on") is ExitCode.GO
    assert "a revoked one refused" in capsys.readouterr().out
    assert run("circuits fallback status") is ExitCode.GO
    assert "fallback on" in capsys.readouterr().out
    assert run("circuits fallback off") is ExitCode.GO
    operations.services.serves_revoked = True
    assert run("circuits fallback on") is ExitCode.ACTION_FAILED


def test_scale_needs_one_wish(operations: FakeOperations) -> None:
    """A number or --restore, not both and not none."""
    assert run("scale a") is ExitCode.USAGE_ERROR
    assert run("scale a --min-instances 2 --restore") is ExitCode.USAGE_ERROR
    assert run("scale a --min-instances 2") is ExitCode.GO
    assert run("scale a --restore") is ExitCode.GO
    assert operations.configuration.services["a"].scaling.minimum == 1


def test_maintenance_goes_to_the_public_services(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """Others only when they are named; status shows which."""
    assert run("maintenance on") is ExitCode.GO
    assert operations.cloud.describe("a").traffic.is_in_maintenance
    assert not operations.cloud.describe("b").traffic.is_in_maintenance
    capsys.readouterr()
    assert run("maintenance status") is ExitCode.GO
    assert capsys.readouterr().out.split()[:2] == ["MAINTENANCE", "a"]
    assert run("maintenance off") is ExitCode.GO
    assert not operations.cloud.describe("a").traffic.is_in_maintenance


@pytest.mark.parametrize("command", ["circuits reset a", "scale a --min-instances 2", "maintenance on"])
def test_a_protected_environment_is_changed_only_when_asked(
    operations: FakeOperations,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without a terminal --yes is needed; a dry run asks nobody and shows the call."""
    operations.environment = environment(is_protected=True)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(command) is ExitCode.USAGE_ERROR
    assert operations.ledger.written == []
    assert run(f"{command} --dry-run") is ExitCode.GO
    assert "DRY_RUN" in capsys.readouterr().out
    assert operations.ledger.written == []
    assert run(f"{command} --yes") is ExitCode.GO
    assert operations.ledger.written


@pytest.mark.parametrize(
    "command",
    ["scale a --min-instances 2", "maintenance on", "maintenance off", "redeploy a", "coldstart a"],
)
def test_two_gates_never_act_at_once(
    operations: FakeOperations, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second one says who holds the lease; a dry run needs none."""
    operations.journal.holder = "somebody else"
    assert run(command) is ExitCode.ACTION_FAILED
    assert "somebody else acts in sandbox" in capsys.readouterr().err
    assert (operations.configuration.writes, operations.cloud.writes) == ([], [])
    assert run(f"{command} --dry-run") is ExitCode.GO


def test_a_signal_lets_a_command_finish_what_it_began(
    operations: FakeOperations, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is done and recorded; after the command signals mean again what they meant before."""
    hold, before = operations.journal.hold, signal.getsignal(signal.SIGTERM)

    def interrupted(environment: str, run_id: str) -> AbstractContextManager[Lease]:
        os.kill(os.getpid(), signal.SIGTERM)
        return hold(environment, run_id)

    monkeypatch.setattr(operations.journal, "hold", interrupted)
    assert run("scale a --min-instances 2") is ExitCode.GO
    assert operations.configuration.services["a"].scaling.minimum == 2
    assert "SIGTERM: what runs is finished" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_failed_action_needs_a_person(operations: FakeOperations, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command leaves with 12, and the receipt names who asked."""
    monkeypatch.setenv("GATE_ACTOR", "somebody")
    operations.configuration.refuses = True
    assert run("scale a --min-instances 2") is ExitCode.ACTION_FAILED
    assert operations.ledger.written[-1].by == "somebody"


@pytest.mark.parametrize("refusal", [KeyError("getpwuid(): uid not found"), OSError("no user name")])
def test_an_account_without_a_name_acts_under_its_number(
    monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    """A container's user stands in no list of accounts; who asks is known all the same."""

    def refuse() -> NoReturn:
        raise refusal

    monkeypatch.delenv("GATE_ACTOR", raising=False)
    monkeypatch.setattr(getpass, "getuser", refuse)
    assert actor() == f"uid {os.getuid()}"
    monkeypatch.setenv("GATE_ACTOR", "job 17 of the pipeline")
    assert actor() == "job 17 of the pipeline"
