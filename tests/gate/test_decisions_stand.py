"""What a person decided about the traffic is not undone, blamed or branded by the next run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gates.actions.execute import ExecutionPolicy
from gates.model.criterion import Stage
from gates.model.decision import DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.release import ServiceRelease
from gates.model.state import MADE, Purpose
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.workflows.request import Request
from gates.workflows.rollback import RollbackEngine
from tests.support.builders import environment
from tests.support.fake_cloud import EPOCH, revision
from tests.support.release_run import PLATFORM, Run, Seen, bad_auth, ending, healthy

NEW, OLD = "auth-service-2", "auth-service-1"


def pinned(*shares: tuple[str, int], tag: str = "") -> TrafficSplit:
    """Return a traffic list that names its revisions; the first gets the tag."""
    targets = [TrafficTarget(revision=name, percent=percent) for name, percent in shares]
    return TrafficSplit(targets=(replace(targets[0], tag=tag), *targets[1:]))


def parked_by(run: Run, person: str) -> None:
    """Let a person send auth-service back to its older revision, for a reason that is no defect."""
    policy = ExecutionPolicy(by=person)
    ports = run.gate.ports
    engine = RollbackEngine(environment(), PLATFORM, ports, run_id="rollback-1", policy=policy)
    plan = engine.plan(("auth-service",), reason="marketing asks", to=OLD)
    (receipt,) = engine.execute(plan, lambda _receipt: None)
    assert receipt.is_verified


def found(run: Run, **changes: object) -> tuple[ServiceRelease, tuple[str, ...]]:
    """Return auth-service's part of the release that a run finds, and all notes."""
    request = replace(Request(stage=Stage.IMMEDIATE, run_id="run-2"), **changes)  # type: ignore[arg-type]
    seen = run.gate.find(request, run.gate.views())
    entry = seen.release.of("auth-service")
    assert entry is not None
    return entry, seen.notes


def test_what_a_person_chose_is_looked_at_and_may_go() -> None:
    """The note names who, when and what is parked; nothing is written to the cloud or marked as bad."""
    run = Run(healthy)
    parked_by(run, "alice")
    writes = list(run.cloud.writes)
    entry, notes = found(run)
    (note,) = [one for one in notes if "looking at" in one]

    assert entry.candidate.name == OLD
    for fact in (f"looking at {OLD}", "alice", f"{EPOCH:%Y-%m-%d}", f"{NEW}, is parked"):
        assert fact in note
    assert ending(run.go()) is ExitCode.GO
    assert (run.cloud.writes, run.ledger.tombstones) == (writes, set())


def test_what_a_person_parked_is_never_gone_back_to_by_itself() -> None:
    """When what the person chose fails, the parked release with its GO is not put in its place."""
    run = Run(healthy)
    run.go()
    parked_by(run, "alice")
    writes = list(run.cloud.writes)
    broken = Run(bad_auth)
    record = replace(run.gate, source=broken.gate.source).run(Request(stage=Stage.IMMEDIATE, run_id="r"))

    assert record.verdict.outcome == "NO_GO"
    assert record.decision.plan is None or NEW not in [a.to_revision for a in record.decision.plan.actions]
    assert run.cloud.writes == writes


def test_a_pin_that_nobody_recorded_is_told_as_such() -> None:
    """Set with another tool: what it names is looked at in service, and what waits before a go-live."""
    run = Run(healthy)
    run.cloud.services["auth-service"].traffic = pinned((OLD, 100))
    entry, notes = found(run)
    waiting, _ = found(run, stage=Stage.READINESS)

    assert (entry.candidate.name, waiting.candidate.name) == (OLD, NEW)
    assert any("by hand or by another tool" in note and f"{NEW}, gets no traffic" in note for note in notes)


def test_before_a_go_live_a_later_deployment_waits_and_a_parked_one_does_not() -> None:
    """A rollback is about what was there; what is deployed after it is what comes next."""
    run = Run(healthy)
    parked_by(run, "alice")
    assert found(run, stage=Stage.READINESS)[0].candidate.name == OLD
    service = run.cloud.services["auth-service"]
    later = replace(revision("auth-service-3", 0), created_at=EPOCH + timedelta(days=1))
    service.revisions = (later, *service.revisions)

    assert found(run, stage=Stage.READINESS)[0].candidate.name == later.name
    assert found(run)[0].candidate.name == OLD


def test_a_deployment_that_took_no_traffic_although_nobody_pinned_is_looked_at() -> None:
    """The list follows the latest revision: that another one serves is a finding, not a decision."""
    run = Run(healthy)
    run.cloud.services["auth-service"].stuck_on = OLD
    assert found(run)[0].candidate.name == NEW


def test_a_named_revision_without_traffic_is_judged_and_held_where_it_is() -> None:
    """Its failure is a NO_GO; nothing is rolled back from it, and it is not marked as bad."""
    run = Run(bad_auth)
    run.cloud.services["auth-service"].traffic = pinned((OLD, 100))
    record = run.go(wanted={"auth-service": NEW})

    assert (record.decision.kind, record.receipts) == (DecisionKind.HOLD, ())
    assert any("gets no traffic" in reason for reason in record.decision.because)
    assert ending(record) is ExitCode.NO_GO
    assert (run.cloud.writes, run.ledger.tombstones) == ([], set())


@pytest.mark.parametrize("seen", [healthy, bad_auth])
def test_a_split_without_a_tag_is_never_go_and_blames_no_revision(seen: Seen) -> None:
    """What answers may be either, so a person decides; a healthy one is told why it is not GO."""
    run = Run(seen)
    run.cloud.services["auth-service"].traffic = pinned((NEW, 50), (OLD, 50))
    record = run.go()

    assert record.decision.kind is DecisionKind.HOLD
    assert any("is split" in reason for reason in record.decision.because)
    assert (run.cloud.writes, run.ledger.tombstones) == ([], set())


@pytest.mark.parametrize("purpose", [Purpose.PAGE, Purpose.RESUMED, Purpose.DRILL])
def test_before_a_go_live_nothing_that_the_gate_made_waits_for_traffic(purpose: Purpose) -> None:
    """Pages and the copies of drills are newer than what serves, and no release."""
    run = Run(healthy)
    service = run.cloud.services["auth-service"]
    made = replace(service.revisions[0], annotations=((MADE, f"{purpose} {NEW}"),))
    service.revisions = (made, *service.revisions[1:])
    service.traffic = pinned((OLD, 100))

    assert found(run, stage=Stage.READINESS)[0].candidate.name == OLD


def test_in_a_split_the_newest_is_the_candidate_and_the_one_beside_it_its_baseline() -> None:
    """Also when a revision between them went; what gets no traffic is neither."""
    run = Run(healthy)
    service = run.cloud.services["auth-service"]
    service.revisions = (revision("auth-service-4", -2), revision("auth-service-3", -1), *service.revisions)
    service.traffic = pinned(("auth-service-3", 10), (OLD, 90))
    entry, _ = found(run)

    assert entry.candidate.name == "auth-service-3"
    assert entry.baseline is not None
    assert entry.baseline.name == OLD


def test_the_maintenance_page_is_no_candidate() -> None:
    """What waits behind it is looked at, and is not rolled back from while it gets no traffic."""
    run = Run(bad_auth)
    page = revision("auth-service-page", -1)
    service = run.cloud.services["auth-service"]
    service.revisions = (page, *service.revisions)
    service.traffic = pinned((page.name, 100), tag="maintenance").with_behind(NEW)

    assert found(run)[0].candidate.name == NEW
    assert run.go().decision.kind is DecisionKind.HOLD
    assert (run.cloud.writes, run.ledger.tombstones) == ([], set())
