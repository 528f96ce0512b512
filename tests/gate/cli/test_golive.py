"""`gate golive` and its slots: the plan, who may rehearse, what a look means, whose signature is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gates.cli import invoke
from gates.composition import golive, runs
from gates.model.criterion import Stage
from gates.model.exit_code import ExitCode
from gates.model.judgement import Outcome
from gates.model.timeline import Checkpoint, CheckpointState, Finding, Timeline
from gates.model.verdict import Scope, VerdictOutcome
from gates.workflows.golive_checkpoints import CheckpointLook, is_held
from gates.workflows.rollback_readiness import RollbackReadiness
from tests.support.fake_cloud import revision
from tests.support.fake_context import FakeContext
from tests.support.fake_journal import FakeJournal
from tests.support.release_run import Run, Seen, bad_auth, healthy
from tests.support.sample_verdict import good_verdict

SLOTS = (
    Checkpoint(name="checks", title="look", at=timedelta(hours=-2), stage=Stage.IMMEDIATE),
    Checkpoint(name="traffic", title="go", at=timedelta(), enables_traffic=True),
    Checkpoint(
        name="review", title="look back", at=timedelta(days=2), stage=Stage.IMMEDIATE, rehearsed=("HLT-LIVE",)
    ),
)
REHEARSE = ["golive", "rehearse", "--env", "sandbox", "--name", "g"]


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeContext:
    """Put a context with this timeline in the place of the real one; every rollback is ready."""
    made = FakeContext(Run(healthy), tmp_path, SLOTS).installed(monkeypatch)
    monkeypatch.setattr(golive, "FastClock", lambda: made.run.cloud.clock)
    monkeypatch.setattr(RollbackReadiness, "unproven", lambda *_: ())
    return made


def look(context: FakeContext) -> CheckpointLook:
    """Return what looks at a slot of the go-live g."""
    begin = runs.beginning(context, 60.0)  # type: ignore[arg-type]
    return CheckpointLook(golive="g", begin=begin, notify=lambda _: None, clock=context.run.cloud.clock)


@pytest.mark.usefixtures("context")
def test_the_plan_says_when_what_happens(capsys: pytest.CaptureFixture[str]) -> None:
    """Each slot with its moment and its distance from the traffic; nothing is done."""
    assert invoke(["golive", "plan", "--env", "sandbox", "--at", "2026-12-01T06:00Z"]) is ExitCode.GO
    assert [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()] == [
        "2026-12-01 04:00 UTC T-2 h checks look",
        "2026-12-01 06:00 UTC T-0 traffic go",
        "2026-12-03 06:00 UTC T+2 d review look back",
    ]


@pytest.mark.usefixtures("context")
def test_what_is_no_moment_is_a_usage_error() -> None:
    """Nobody goes live at a misread time."""
    assert invoke(["golive", "plan", "--env", "sandbox", "--at", "noon"]) is ExitCode.USAGE_ERROR


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("hook", "said"),
    [
        ("checks", "--before checks"),
        ("=true", "--before =true"),
        ("lunch=true", "unknown checkpoint 'lunch'"),
        ("checks=false", "the command before the checkpoint ended with 1: false"),
    ],
)
def test_a_command_before_a_slot_is_understood_and_done_or_nothing_goes_on(
    capsys: pytest.CaptureFixture[str], hook: str, said: str
) -> None:
    """Half a pair, an unknown slot, a command that fails."""
    assert invoke([*REHEARSE, "--before", hook]) is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err


def test_nothing_is_rehearsed_where_users_are(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """A protected environment has no rehearsals."""
    context.environment = replace(context.environment, is_protected=True)

    assert invoke(REHEARSE) is ExitCode.USAGE_ERROR
    assert "nothing is rehearsed there" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../../x", "März 1", "a/b", "", "x" * 120])
@pytest.mark.parametrize("how", [["rehearse"], ["run", "--at", "2030-01-01T06:00Z"]], ids=lambda how: how[0])
def test_a_name_that_no_run_can_have_is_refused_before_anything_is_begun(
    context: FakeContext, capsys: pytest.CaptureFixture[str], how: list[str], name: str
) -> None:
    """No plan is shown, nothing is written, and the characters that a name may have are named."""
    assert invoke(["golive", *how, "--env", "sandbox", "--name", name]) is ExitCode.USAGE_ERROR
    said = capsys.readouterr()
    assert said.out == ""
    assert "letters, digits" in said.err
    assert context.golive_ledger.opened is None
    assert context.golive_ledger.rows == []


def test_one_go_live_at_a_time(context: FakeContext, capsys: pytest.CaptureFixture[str]) -> None:
    """The second is refused with the name of the first; nothing is opened or looked at."""
    context.ports = replace(context.ports, journal=FakeJournal(holder="the other day"))
    assert invoke(REHEARSE) is ExitCode.ACTION_FAILED
    assert "the other day acts in sandbox (go-live)" in capsys.readouterr().err
    assert context.golive_ledger.opened is None


def test_the_traffic_is_moved_under_the_environments_own_lease(context: FakeContext) -> None:
    """The one that every rollback holds, beside that of the go-live."""
    journal = FakeJournal()
    context.ports = replace(context.ports, journal=journal)
    context.timeline = Timeline(slots=SLOTS[1:2])
    assert invoke(REHEARSE) is ExitCode.GO
    assert journal.held == ["sandbox (go-live)", "sandbox"]


def test_a_candidate_that_passed_before_it_had_traffic_still_goes_live(context: FakeContext) -> None:
    """What it passed behind its tag moves nothing by itself: it is what the go-live is about."""
    context.timeline = Timeline(slots=SLOTS[1:2])
    context.run.go()
    service = context.run.cloud.services["auth-service"]
    service.traffic = service.traffic.all_to("auth-service-1")
    assert invoke(REHEARSE) is ExitCode.GO
    assert context.golive_ledger.opened is not None
    assert context.golive_ledger.opened.candidates == (("auth-service", "auth-service-2"),)
    assert context.run.cloud.serving("auth-service") == "auth-service-2"


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("at", ["tomorrow", "9999-12-31T23:00Z", "0001-01-01T00:00Z"])
def test_a_moment_that_is_none_is_refused(at: str) -> None:
    """Also one before or after which there is no week."""
    assert invoke(["golive", "plan", "--env", "sandbox", "--at", at]) is ExitCode.USAGE_ERROR


def test_what_is_rolled_back_at_the_last_moment_gets_no_traffic(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The candidate is quarantined after the go-live was begun."""
    mark = ("sandbox", "auth-service", "auth-service-2")
    auth = context.run.cloud.services["auth-service"]
    auth.traffic = auth.traffic.all_to("auth-service-1")

    def quarantined_meanwhile(*_: object) -> tuple[str, ...]:
        context.ledger.tombstones.add(mark)
        return ()

    monkeypatch.setattr(RollbackReadiness, "unproven", quarantined_meanwhile)
    context.timeline = Timeline(slots=SLOTS[1:2])
    assert invoke(REHEARSE) is not ExitCode.GO
    assert context.run.cloud.serving("auth-service") == "auth-service-1"


def test_a_rehearsal_is_no_go_live_and_happens_once(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its name closes nothing else: neither the day itself nor another rehearsal."""
    context.timeline = Timeline(slots=SLOTS[1:2])
    at = ["--at", "2026-12-01T06:00Z"]
    assert invoke(REHEARSE) is ExitCode.GO
    assert invoke(REHEARSE) is ExitCode.USAGE_ERROR
    assert "the rehearsal g is over" in capsys.readouterr().err
    assert invoke(["golive", "run", "--env", "sandbox", "--name", "g", *at]) is ExitCode.USAGE_ERROR
    assert "g is the name of a rehearsal" in capsys.readouterr().err


def test_a_name_is_one_go_live(context: FakeContext, capsys: pytest.CaptureFixture[str]) -> None:
    """Another day under the same name is refused."""
    context.timeline = Timeline(slots=SLOTS[1:2])
    run = ["golive", "run", "--env", "sandbox", "--name", "g", "--at"]
    assert invoke([*run, "2025-01-01T00:00Z"]) is ExitCode.GO
    assert invoke([*run, "2025-01-02T00:00Z"]) is ExitCode.USAGE_ERROR
    assert "g was begun for 2025-01-01T00:00Z" in capsys.readouterr().err


@pytest.mark.parametrize("why", ["nothing", "not ready"])
def test_a_go_live_of_nothing_is_refused(
    context: FakeContext, capsys: pytest.CaptureFixture[str], why: str
) -> None:
    """It would close green without having moved anything."""
    context.run.go()
    if why == "not ready":
        service = context.run.cloud.services["auth-service"]
        service.revisions = (revision("auth-service-3", 0, is_ready=False), *service.revisions)
    assert invoke(REHEARSE) is ExitCode.USAGE_ERROR
    said = "every service serves its newest" if why == "nothing" else "not ready: auth-service-3"
    assert said in capsys.readouterr().err
    assert context.golive_ledger.opened is None


def test_a_slot_is_not_rolled_back_while_one_service_stays(context: FakeContext) -> None:
    """One went back, the other has nowhere to go: a person is called."""
    context.run = Run(lambda _criterion, _service: 1.0)
    only = context.run.cloud.services["frontend"]
    only.revisions = only.revisions[:1]
    result = look(context)(replace(SLOTS[0], at=timedelta(hours=1)), {})
    assert context.run.cloud.serving("auth-service") == "auth-service-1"
    assert not result.is_rolled_back


def test_a_failing_suite_stops_a_rehearsal_before_the_traffic(
    context: FakeContext, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It leaves as a NO_GO, and the commands before its slots ran in their order."""
    context.run = Run(bad_auth)
    context.ports = context.run.gate.ports
    hooks = ("--before", "checks=echo 1 >> {0}", "--before", "checks=echo 2 >> {0}")

    assert invoke([*REHEARSE, *(part.format(tmp_path / "h") for part in hooks)]) is ExitCode.NO_GO
    assert (tmp_path / "h").read_text().split() == ["1", "2"]
    assert "STOPPED" in capsys.readouterr().out
    assert [row.state for row in context.golive_ledger.rows] == [
        CheckpointState.BEGUN,
        CheckpointState.STOPPED,
    ]


@pytest.mark.parametrize(
    ("seen", "at", "finding", "serving"),
    [
        (healthy, timedelta(hours=-1), Finding.HELD, "auth-service-2"),
        (bad_auth, timedelta(hours=-1), Finding.FAILED, "auth-service-2"),
        (bad_auth, timedelta(hours=1), Finding.FAILED, "auth-service-1"),
        (lambda _criterion, _service: None, timedelta(hours=1), Finding.OPEN, "auth-service-2"),
    ],
)
def test_a_slot_is_a_run_that_rolls_back_only_after_the_traffic(
    context: FakeContext, seen: Seen, at: timedelta, finding: Finding, serving: str
) -> None:
    """Held, failed, failed and rolled back, or still open; its run is named for those who sign."""
    context.run = Run(seen)
    result = look(context)(replace(SLOTS[0], at=at), {})

    assert result.finding is finding
    assert result.is_rolled_back == (serving == "auth-service-1")
    assert context.run.cloud.serving("auth-service") == serving
    assert (context.reports / result.run_id / "verdict.json").exists()


def test_a_suite_holds_only_whole_and_without_a_flaw() -> None:
    """A part of a stage is never GO; of a slot's suite it is enough, when all of it passed."""
    whole = good_verdict()
    part = replace(whole, scope=Scope(stage=Stage.IMMEDIATE, is_partial=True))
    failed = replace(part.judgements[0], outcome=Outcome.INCONCLUSIVE)

    assert is_held(whole)
    assert part.outcome is not VerdictOutcome.GO
    assert is_held(part)
    assert not is_held(replace(part, flaws=("worker lost",)))
    assert not is_held(replace(part, judgements=(failed, *part.judgements[1:])))


@pytest.mark.usefixtures("context")
def test_a_moment_without_a_zone_is_utc(capsys: pytest.CaptureFixture[str]) -> None:
    """As everything that the gate prints."""
    invoke(["golive", "plan", "--env", "sandbox", "--at", "2026-12-01T06:00"])

    assert "2026-12-01 06:00 UTC        T-0" in capsys.readouterr().out
