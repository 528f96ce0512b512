"""The whole story over fakes: what the gate concludes, does and remembers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from gates.errors import UnavailableError, UsageError
from gates.model import events
from gates.model.criterion import FailureAction, Priority, Stage
from gates.model.decision import DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.release import RevisionRef
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.model.verdict import VerdictOutcome
from gates.workflows.request import Request, RollbackMode
from tests.support.builders import criterion
from tests.support.fake_cloud import EPOCH, revision
from tests.support.release_run import (
    SERVICES,
    FakeSource,
    Run,
    bad_auth,
    ending,
    granted,
    healthy,
)


def test_a_healthy_release_goes_and_is_remembered() -> None:
    """GO, exit 0, nothing is written to the cloud, the ledger holds a GO for each candidate."""
    run = Run(healthy)
    record = run.go()

    assert (record.verdict.outcome, ending(record)) == (VerdictOutcome.GO, ExitCode.GO)
    assert run.cloud.writes == []
    assert run.ledger.last_go("sandbox", "frontend") == (
        RevisionRef(name="frontend-2", digest="sha256:frontend-2"),
    )


def test_a_bad_service_is_rolled_back_alone_and_proved() -> None:
    """NO_GO, exit 11; only the guilty service moves, and its revision is never a candidate again."""
    run = Run(bad_auth)
    record = run.go()

    assert (record.verdict.outcome, record.decision.kind) == (VerdictOutcome.NO_GO, DecisionKind.ROLL_BACK)
    assert ending(record) is ExitCode.ROLLED_BACK
    assert [service for service, _ in run.cloud.writes] == ["auth-service"]
    assert run.cloud.serving("auth-service") == "auth-service-1"
    assert run.ledger.is_quarantined("sandbox", "auth-service", "auth-service-2")


def test_after_a_rollback_the_serving_revision_is_looked_at_and_said() -> None:
    """The next run does not test the quarantined revision again, and a note says why."""
    run = Run(bad_auth)
    run.go()
    found = run.gate.find(Request(stage=Stage.IMMEDIATE, run_id="run-2"), run.gate.views())
    entry = found.release.of("auth-service")

    assert entry is not None
    assert entry.candidate.name == "auth-service-1"
    assert any("auth-service-2, was rolled back as bad" in note for note in found.notes)
    assert any("auth-service is pinned" in note for note in found.notes)


@pytest.mark.parametrize("flaws", [(), ("worker gw0 was lost",)])
def test_missing_or_flawed_evidence_is_inconclusive_and_writes_nothing(flaws: tuple[str, ...]) -> None:
    """Neither silence nor a damaged channel is GO, and neither rolls back."""
    run = Run(healthy if flaws else lambda _c, _s: None, flaws=flaws)
    record = run.go()

    assert (record.decision.kind, ending(record)) == (DecisionKind.HOLD, ExitCode.INCONCLUSIVE)
    assert run.cloud.writes == []


def test_a_part_of_the_stage_is_never_go() -> None:
    """Asking for one criterion of two gives INCONCLUSIVE even when it passes."""
    run = Run(healthy, demands=(criterion(id="A"), criterion(id="B")))

    assert run.go(only=("A",)).verdict.outcome is VerdictOutcome.INCONCLUSIVE


def test_an_unknown_criterion_is_a_usage_error() -> None:
    """A typing error cannot select nothing."""
    with pytest.raises(UsageError, match=r"unknown criterion .*'XYZ'"):
        Run(healthy).go(only=("XYZ",))


def test_without_a_standing_authority_nothing_is_rolled_back() -> None:
    """The rollback is planned, not done: exit 1."""
    run = Run(bad_auth, is_standing=False)
    record = run.go()

    assert record.decision.plan is not None
    assert (record.receipts, run.cloud.writes, ending(record)) == ((), [], ExitCode.NO_GO)


@pytest.mark.parametrize(
    "changes",
    [{"priority": Priority.P1}, {"expires_at": EPOCH}, {"service": "frontend"}],
)
def test_a_standing_authority_covers_its_priority_service_and_time_alone(changes: dict[str, object]) -> None:
    """Anything beside that waits for a person; for the named service it is enough."""
    run = Run(bad_auth)
    run.standing = [granted(**changes)]
    assert (ending(run.go()), run.cloud.writes) == (ExitCode.NO_GO, [])
    run.standing.append(granted(service="auth-service"))
    record = run.go()
    assert ending(record) is ExitCode.ROLLED_BACK
    assert record.decision.standing == (run.standing[-1],)


def test_a_guard_stops_a_rollback_by_itself_too() -> None:
    """The older revision cannot read what the newer one wrote: exit 12, a person is asked, nothing moves."""
    run = Run(bad_auth)
    service = run.cloud.services["auth-service"]
    newer, older = service.revisions
    service.revisions = (
        replace(newer, annotations=(("gate/schema", "7"),)),
        replace(older, annotations=(("gate/reads-schema", "5-6"),)),
    )
    record = run.go()

    assert record.decision.plan is not None
    assert "wrote data of version 7" in record.decision.plan.impossible[0][1]
    assert (ending(record), run.cloud.writes) == (ExitCode.ACTION_FAILED, [])


def test_an_authority_that_is_taken_back_before_the_act_is_none() -> None:
    """The decision was made under it; when it is carried out, nothing covers it any more."""
    run = Run(bad_auth)

    def take_back(event: events.Event) -> None:
        if isinstance(event, events.DecisionMade):
            run.standing.clear()

    run.gate = replace(run.gate, announce=take_back)
    record = run.go()
    assert record.decision.is_automatic
    assert (record.receipts, run.cloud.writes) == ((), [])


def test_a_person_can_release_a_prepared_rollback() -> None:
    """Asked and confirmed, it happens without standing authority."""
    run = Run(bad_auth, is_standing=False)
    record = run.go(rollback=RollbackMode.ASK, confirm=lambda _decision: True)

    assert ending(record) is ExitCode.ROLLED_BACK


def test_nothing_to_go_back_to_needs_a_human() -> None:
    """The only revision is bad: exit 12, and nothing is written."""
    run = Run(bad_auth)
    only = run.cloud.services["auth-service"]
    only.revisions = only.revisions[:1]
    record = run.go()

    assert (ending(record), run.cloud.writes) == (ExitCode.ACTION_FAILED, [])


def test_a_rollback_that_does_not_take_is_a_failure() -> None:
    """The service never answers with the old revision: exit 12."""
    run = Run(bad_auth)
    run.cloud.services["auth-service"].lag_s = 10_000.0

    assert ending(run.go()) is ExitCode.ACTION_FAILED


def test_a_failure_that_demands_to_hold_moves_no_traffic() -> None:
    """A criterion whose failure action is hold stops the release without a rollback, even at P0."""
    run = Run(bad_auth, demands=(criterion(services=SERVICES, failure_action=FailureAction.HOLD),))
    record = run.go()

    assert (ending(record), run.cloud.writes) == (ExitCode.NO_GO, [])


def test_the_story_is_announced_in_order() -> None:
    """Find, look, verdict, decision, act: listeners hear each once."""
    run = Run(bad_auth)
    run.go()
    kinds = [type(event).__name__ for event in run.heard]

    assert kinds == [
        *("StepStarted", "StepFinished", "ReleaseFound", "RunPrepared", "StepStarted", "StepFinished"),
        *("VerdictReached", "DecisionMade", "StepStarted", "ActionFinished", "StepFinished"),
    ]


def test_a_deployment_while_the_gate_looks_voids_the_evidence() -> None:
    """A new revision, a moved split or a service that cannot be read any more: never GO, and said."""
    newer = revision("frontend-3", 0)
    moved = TrafficSplit(targets=(TrafficTarget(revision="frontend-1", percent=100),))

    def deploy(run: Run) -> None:
        service = run.cloud.services["frontend"]
        service.revisions = (newer, *service.revisions)

    def move(run: Run) -> None:
        run.cloud.services["frontend"].traffic = moved

    def hide(run: Run) -> None:
        run.cloud.services["frontend"].refusal = UnavailableError("no answer")

    for change, said in (
        (deploy, "frontend-3 of frontend was deployed while the gate looked"),
        (move, "the traffic of frontend was moved while the gate looked"),
        (hide, "whether frontend changed meanwhile is not known: no answer"),
    ):
        run = Run(lambda *_: 0.0)
        source = run.gate.source
        assert isinstance(source, FakeSource)
        source.meanwhile = partial(change, run)
        record = run.go()
        assert record.verdict.outcome is VerdictOutcome.INCONCLUSIVE
        assert record.verdict.flaws == (said,)
