"""Who is suspected first when a release fails: what is new, then what went lately, then nobody (ADR 9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gates.model.exit_code import ExitCode
from gates.model.record import DecisionRecord
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.model.verdict import VerdictOutcome
from tests.support.fake_cloud import EPOCH, revision
from tests.support.release_run import FakeSource, Run, Seen, bad_auth, ending, granted, healthy


def later(run: Run, seen: Seen, after: timedelta, **changes: object) -> DecisionRecord:
    """Go once, let time pass, then run with other eyes, as the windows after a release do."""
    assert ending(run.go()) is ExitCode.GO
    run.cloud.clock.wait(after.total_seconds())
    run.standing = [granted(expires_at=EPOCH + timedelta(days=99))]
    source = FakeSource(seen)
    source.at = run.cloud.clock.now()
    run.gate = replace(run.gate, source=source)
    return run.go(run_id="run-2", **changes)


def test_a_release_that_went_and_fails_on_its_first_day_is_rolled_back() -> None:
    """The GO of an earlier window shields nobody, and who did not fail stays."""
    run = Run(healthy)
    record = later(run, bad_auth, timedelta(hours=20))

    assert ending(record) is ExitCode.ROLLED_BACK
    assert [service for service, _ in run.cloud.writes] == ["auth-service"]
    assert run.cloud.serving("auth-service") == "auth-service-1"


@pytest.mark.parametrize("old", ["the GO", "the deployment"])
def test_what_has_served_for_long_is_not_rolled_back_by_itself(old: str) -> None:
    """It did not become bad by itself: a person looks, and the traffic stays."""
    run = Run(healthy)
    if old == "the deployment":
        for service in run.cloud.services.values():
            service.revisions = tuple(
                replace(one, created_at=one.created_at - timedelta(days=30)) for one in service.revisions
            )
    record = later(run, bad_auth, timedelta(hours=25) if old == "the GO" else timedelta(hours=1))

    assert (record.verdict.outcome, ending(record)) == (VerdictOutcome.NO_GO, ExitCode.NO_GO)
    assert run.cloud.writes == []


def test_a_revision_that_was_named_is_under_test_however_long_ago_it_went() -> None:
    """A go-live knows what the release is about."""
    run = Run(healthy)
    record = later(run, bad_auth, timedelta(days=3), wanted={"auth-service": "auth-service-2"})

    assert ending(record) is ExitCode.ROLLED_BACK


def test_what_is_new_is_suspected_before_what_went_lately() -> None:
    """auth-service was well until frontend came."""
    run = Run(healthy)
    assert ending(run.go()) is ExitCode.GO
    service = run.cloud.services["frontend"]
    service.revisions = (revision("frontend-3", 0), *service.revisions)
    service.traffic = TrafficSplit(targets=(TrafficTarget(revision="frontend-3", percent=100),))
    run.gate = replace(run.gate, source=FakeSource(bad_auth))
    record = run.go(run_id="run-2")

    assert record.decision.services == ("frontend",)
    assert run.cloud.serving("frontend") == "frontend-2"
    assert run.cloud.serving("auth-service") == "auth-service-2"


def test_a_bystander_that_serves_nobody_is_no_way_out() -> None:
    """Frontend went lately and fails; the new auth-service has no traffic, so leaving it mends nothing."""
    run = Run(healthy)
    assert ending(run.go()) is ExitCode.GO
    waiting = run.cloud.services["auth-service"]
    waiting.revisions = (revision("auth-service-3", 0), *waiting.revisions)
    waiting.traffic = waiting.traffic.all_to("auth-service-2")
    run.gate = replace(run.gate, source=FakeSource(lambda _c, name: float(name == "frontend")))
    record = run.go(run_id="run-2")

    assert (ending(record), record.decision.services) == (ExitCode.ROLLED_BACK, ("frontend",))
    assert run.cloud.serving("frontend") == "frontend-1"
