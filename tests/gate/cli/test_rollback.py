"""`gate rollback` on the command line: what it asks, prints and how it leaves."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from gates import cli
from gates.errors import DeniedError, LedgerError
from gates.model.decision import RollbackPlan
from gates.model.exit_code import ExitCode
from tests.support.builders import back
from tests.support.fake_cloud import FakeLedger
from tests.support.fake_context import FakeContext


class Terminal(io.StringIO):
    """A standard input that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_service_goes_back_and_is_said_to_be_pinned(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plan, receipt, seconds, pin, and how to unpin; what was left is marked."""
    assert cli.invoke(["rollback", "a", "--yes", "--reason", "login is slow"]) is ExitCode.GO
    out = capsys.readouterr().out
    assert "rollback in sandbox: 1 service in 1 wave: login is slow" in out
    assert "a: a-2 → a-1  (GO on record)" in out
    assert "DONE" in out
    assert "1 of 1 rolled back and proven in" in out
    assert "NOW PINNED" in out
    assert "gate rollback unpin a --env sandbox" in out
    assert context.cloud.serving("a") == "a-1"
    assert context.ledger.tombstones == {("sandbox", "a", "a-2")}
    assert context.environments == ["sandbox"]


def test_all_goes_in_waves_and_a_target_without_a_go_is_loud(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Dependants first; nobody overlooks that b-1 was never judged."""
    assert cli.invoke(["rollback", "--all", "--yes"]) is ExitCode.GO
    out = capsys.readouterr().out
    assert "  1  b: b-2 → b-1  (NOT VERIFIED: no GO on record for b-1)" in out
    assert "  2  a: a-2 → a-1  (GO on record)" in out
    assert [name for name, _ in context.cloud.writes] == ["b", "a"]


def test_asking_again_changes_nothing_and_says_how_to_go_further(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second command succeeds, writes nothing, and names --to."""
    cli.invoke(["rollback", "a", "--yes"])
    writes = list(context.cloud.writes)
    assert cli.invoke(["rollback", "a", "--yes"]) is ExitCode.GO
    out = capsys.readouterr().out
    assert "ALREADY_DONE" in out
    assert "further back: gate rollback a --to REVISION" in out
    assert context.cloud.writes == writes


def test_a_dry_run_prints_the_call_and_sends_nothing(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """It needs no --yes, leaves with 0, and neither cloud nor ledger is written."""
    assert cli.invoke(["rollback", "a", "--dry-run"]) is ExitCode.GO
    out = capsys.readouterr().out
    assert "DRY_RUN" in out
    assert 'shift a to [a-1=100, a-1=0 stable] with etag "1"' in out
    assert (context.cloud.writes, context.ledger.rollbacks, context.ledger.tombstones) == (
        [],
        [],
        set(),
    )


def test_a_dry_run_writes_no_word_down(context: FakeContext) -> None:
    """A guard that would be lifted is lifted for the look alone."""
    context.ledger.tombstones.add(("sandbox", "a", "a-1"))
    words = ["rollback", "a", "--to", "a-1", "--override", "quarantine=INC-7"]
    assert cli.invoke([*words, "--dry-run"]) is ExitCode.GO
    assert context.ledger.recorded == []
    assert cli.invoke([*words, "--yes"]) is ExitCode.GO
    assert [one.detail for one in context.ledger.recorded] == ["INC-7"]


def test_off_a_terminal_it_refuses_without_yes(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody can be asked, so nothing is done."""
    assert cli.invoke(["rollback", "a"]) is ExitCode.USAGE_ERROR
    assert "--yes" in capsys.readouterr().err
    assert context.cloud.writes == []


@pytest.mark.parametrize(("said", "code", "serving"), [("y\n", 0, "a-1"), ("n\n", 2, "a-2"), ("", 2, "a-2")])
def test_on_a_terminal_a_person_is_asked(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch, said: str, code: int, serving: str
) -> None:
    """Yes goes; no and a closed terminal leave everything as it is."""
    monkeypatch.setattr("sys.stdin", Terminal(said))
    assert cli.invoke(["rollback", "a"]) == code
    assert context.cloud.serving("a") == serving


def test_a_failure_leaves_with_12(context: FakeContext, capsys: pytest.CaptureFixture[str]) -> None:
    """A service whose answer never changes is a failure, whatever the cloud says."""
    context.cloud.services["a"].lag_s = 10_000.0
    assert cli.invoke(["rollback", "a", "--yes"]) is ExitCode.ACTION_FAILED
    out = capsys.readouterr().out
    assert "FAILED" in out
    assert "NOW PINNED" not in out


@pytest.mark.parametrize("more", [["--yes"], ["--dry-run"]])
def test_nothing_to_go_back_to_leaves_with_12(
    context: FakeContext, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    """A lone revision cannot be left."""
    entry = context.cloud.services["a"]
    entry.revisions = entry.revisions[:1]
    assert cli.invoke(["rollback", "a", *more]) is ExitCode.ACTION_FAILED
    assert "a: IMPOSSIBLE: its only revision is a-2" in capsys.readouterr().out


def test_a_named_target_is_taken(context: FakeContext) -> None:
    """The revision that was named serves, and what was left is not marked."""
    assert cli.invoke(["rollback", "b", "--to", "b-1", "--yes"]) is ExitCode.GO
    assert context.cloud.serving("b") == "b-1"
    assert context.ledger.tombstones == set()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["rollback", "--yes"], "name the services, or say --all"),
        (["rollback", "a", "--all", "--yes"], "name the services, or say --all"),
        (["rollback", "a", "b", "--to", "a-1", "--yes"], "--to names a revision of one service"),
        (["rollback", "z", "--yes"], "unknown service 'z'"),
        (["rollback", "a", "a", "--yes"], "a is named twice"),
    ],
)
def test_bad_arguments_are_explained(
    context: FakeContext, capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    """Nothing is sent for a command that makes no sense."""
    assert cli.invoke(words) is ExitCode.USAGE_ERROR
    assert why in capsys.readouterr().err
    assert context.cloud.writes == []


def test_a_ledger_that_fails_afterwards_hides_nothing(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """The traffic moved and that is what the exit code says; the trouble is told beside it."""

    class ReadOnly(FakeLedger):
        def quarantine(self, environment: str, service: str, revision: str, reason: str) -> None:
            raise LedgerError("the disk is full")

    context.ports = replace(context.ports, ledger=ReadOnly(clock=context.cloud.clock))
    assert cli.invoke(["rollback", "a", "--yes"]) is ExitCode.GO
    assert "NOT RECORDED: the disk is full" in capsys.readouterr().out


def test_status_shows_pins_and_how_to_lift_them(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line per service; the way out only for those that hold a newer revision back."""
    cli.invoke(["rollback", "a", "--yes"])
    capsys.readouterr()
    assert cli.invoke(["rollback", "status"]) is ExitCode.GO
    out = capsys.readouterr().out
    assert "a  serves a-1 100 %, PINNED, the newest a-2 gets no traffic" in out
    assert "b  serves b-2 100 %, follows the latest" in out
    assert out.count("unpin: gate rollback unpin a --env sandbox") == 1


def test_status_of_a_service_that_cannot_be_read_is_no_success(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unknown is said and is not 0."""
    context.cloud.services["b"].refusal = DeniedError("may not read b")
    assert cli.invoke(["rollback", "status"]) is ExitCode.ACTION_FAILED
    assert "b  UNKNOWN: may not read b" in capsys.readouterr().out


def test_an_unfinished_rollback_is_shown_and_finished(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status names it and the way on; resume does the rest and then nothing is left."""
    context.cloud.services["a"].refusal = DeniedError("no right")
    assert cli.invoke(["rollback", "--all", "--yes"]) is ExitCode.ACTION_FAILED
    context.cloud.services["a"].refusal = None
    cli.invoke(["rollback", "a", "b", "--yes"])
    capsys.readouterr()
    context.journal.plans["crashed"] = RollbackPlan(waves=((back("a"),),))

    cli.invoke(["rollback", "status"])
    assert "UNFINISHED crashed of 2025-01-01 00:00:00: a" in capsys.readouterr().out
    assert cli.invoke(["rollback", "resume"]) is ExitCode.USAGE_ERROR
    assert cli.invoke(["rollback", "resume", "--yes"]) is ExitCode.GO
    assert "a: a-2 → a-1" in capsys.readouterr().out
    assert cli.invoke(["rollback", "resume", "--yes"]) is ExitCode.GO
    assert "nothing is unfinished in sandbox" in capsys.readouterr().out


def test_a_rollback_can_be_abandoned(context: FakeContext, capsys: pytest.CaptureFixture[str]) -> None:
    """It is closed, and nothing is sent."""
    context.journal.plans["crashed"] = RollbackPlan()

    assert cli.invoke(["rollback", "resume", "--abandon"]) is ExitCode.GO
    assert "abandoned" in capsys.readouterr().out
    assert context.journal.unfinished("sandbox") == ()


def test_unpin_lets_the_pinned_follow_and_names_who_is_not_pinned(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """A condemned revision needs a reason; an unknown service and no service are refused."""
    cli.invoke(["rollback", "a", "--yes"])
    assert cli.invoke(["rollback", "unpin", "a", "--yes"]) is ExitCode.ACTION_FAILED
    assert "--even-unverified REASON" in capsys.readouterr().out
    assert cli.invoke(["rollback", "unpin", "a", "b", "--yes", "--even-unverified", "fixed"]) is ExitCode.GO
    assert "b is not pinned" in capsys.readouterr().out
    assert context.cloud.serving("a") == "a-2"
    assert cli.invoke(["rollback", "unpin", "c", "--yes"]) is ExitCode.USAGE_ERROR
    assert cli.invoke(["rollback", "unpin", "--yes"]) is ExitCode.USAGE_ERROR
    assert cli.invoke(["rollback", "unpin", "--all", "--yes"]) is ExitCode.GO


@pytest.mark.parametrize("command", ["status", "a --dry-run"])
def test_status_and_dry_run_are_documents_too(
    context: FakeContext, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """With the full names of revisions, and nothing else on stdout."""
    code = cli.invoke(["rollback", *command.split(), "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["exit_code"], found["environment"]) == (int(code), context.environment.name)
    assert "a-2" in json.dumps(found)


def test_only_what_changes_nothing_is_printed_as_a_document(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a rollback that acts, each step is said when it is taken; nothing was begun."""
    assert cli.invoke(["rollback", "a", "--yes", "--format", "json"]) is ExitCode.USAGE_ERROR
    assert "--dry-run" in capsys.readouterr().err
    assert context.ports.ledger.last_rollback("sandbox", "a") is None


def test_the_plan_and_the_exact_calls_fit_80_columns(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the names of the revisions are."""
    monkeypatch.setenv("COLUMNS", "80")
    assert context is not None
    cli.invoke(["rollback", "--all", "--dry-run"])
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    assert "a: a-2 → a-1" in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [("qarantine=INC-7", "did you mean 'quarantine'?"), ("schema= ", "gives no reason")],
)
def test_an_override_that_cannot_be_used_says_why(
    context: FakeContext, capsys: pytest.CaptureFixture[str], given: str, said: str
) -> None:
    """Which check was meant, or that the reason is missing; nothing is sent."""
    code = cli.invoke(["rollback", "a", "--yes", "--override", given])
    assert code is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err
    assert context.cloud.writes == []
