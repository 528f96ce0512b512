"""Faults of the world in the middle of a rollback that a person asked for: what is done, and what is not."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from gates.cli.signals import Stop
from gates.errors import DeniedError, OperationFailedError, UnavailableError
from gates.model.configuration import NewRevision
from gates.model.receipt import ReceiptState
from gates.model.release import RevisionRef
from gates.model.state import ServiceState
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.support.fake_cloud import FakeCloud, revision
from tests.support.nine_services import SERVICES, World


def test_a_region_that_is_gone_changes_and_quarantines_nothing() -> None:
    """Every service is impossible with its reason; no revision is marked as bad for it."""
    world = World()
    for service in world.cloud.services.values():
        service.refusal = UnavailableError("the region does not answer")
    plan = world.engine().plan(SERVICES, reason="slow")

    assert plan.actions == ()
    assert dict(plan.impossible) == dict.fromkeys(SERVICES, "the region does not answer")
    assert (world.cloud.writes, world.ledger.tombstones) == ([], set())


def test_credentials_that_expire_midway_leave_the_rest_for_a_resume() -> None:
    """What was refused is FAILED and left open; with new credentials it is done, nothing twice."""
    world = World()
    for name in "def":
        world.cloud.services[name].refusal = None
    engine = world.engine()
    plan = engine.plan(SERVICES, reason="slow")
    for name in "def":
        world.cloud.services[name].refusal = DeniedError("401: the credentials expired")
    receipts = engine.execute(plan, lambda _: None)
    assert {r.action.service for r in receipts if r.state is ReceiptState.FAILED} == set("def")

    for name in "def":
        world.cloud.services[name].refusal = None
    (unfinished,) = world.engine().unfinished()
    rest = world.engine().resume(unfinished, lambda _: None)
    assert {r.action.service: r.state for r in rest} == dict.fromkeys("def", ReceiptState.DONE)
    assert sorted(world.written) == list(SERVICES)


def test_a_target_that_was_deleted_in_between_keeps_what_serves() -> None:
    """The operation fails, nobody is sent to a revision that is not there, and the others go back."""

    class Deleted(FakeCloud):
        def shift(
            self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None
        ) -> ServiceState:
            if service == "a":
                raise OperationFailedError("code 13: revision a-1 does not exist or is deleted")
            return super().shift(service, split, etag, new)

    world = World()
    world.cloud = Deleted(services=world.cloud.services)
    receipts = {receipt.action.service: receipt for receipt in world.roll_back()}

    assert receipts["a"].state is ReceiptState.FAILED
    assert "does not exist or is deleted" in receipts["a"].detail
    assert world.cloud.serving("a") == "a-2"
    assert {r.state for name, r in receipts.items() if name != "a"} == {ReceiptState.DONE}


def test_a_previous_revision_that_is_bad_too_is_passed_over_for_the_last_good_one() -> None:
    """No ping-pong: what was rolled back before is no target again."""
    world = World()
    service = world.cloud.services["a"]
    service.revisions = (*service.revisions, revision("a-0", 3))
    world.ledger.tombstones.add(("sandbox", "a", "a-1"))
    plan = world.engine().plan(["a"], reason="slow")

    assert [action.to_revision for action in plan.actions] == ["a-0"]


def test_a_split_by_hand_is_taken_back_whole_and_its_tags_stay() -> None:
    """90 to 10 with tags becomes 100 for the target; what stood before is in the journal's order."""
    world = World()
    split = TrafficSplit(
        targets=(
            TrafficTarget(revision="a-2", percent=90),
            TrafficTarget(revision="a-1", percent=10, tag="canary"),
        )
    )
    world.cloud.services["a"].traffic = split
    engine = world.engine()
    (receipt,) = engine.execute(engine.plan(["a"], reason="slow"), lambda _: None)

    assert receipt.before == split
    assert world.cloud.services["a"].traffic.percent_of("a-1") == 100
    assert [t.tag for t in world.cloud.services["a"].traffic.targets if t.tag] == ["canary"]


def test_a_service_that_cannot_be_asked_is_not_proven_and_not_called_done() -> None:
    """DNS, TLS or a dead front door: the traffic list alone is no proof."""

    class Silent(FakeCloud):
        def answering_revision(self, service: str) -> str | None:
            return None if service == "a" else super().answering_revision(service)

    world = World()
    world.cloud = Silent(services=world.cloud.services)
    receipts = {receipt.action.service: receipt for receipt in world.roll_back()}

    assert (receipts["a"].state, receipts["a"].is_verified) == (ReceiptState.FAILED, False)
    assert "no single revision answers" in receipts["a"].detail


def test_a_target_that_went_is_preferred_to_a_newer_one_that_did_not() -> None:
    """Ready is not good: a recorded GO counts."""
    world = World()
    service = world.cloud.services["a"]
    service.revisions = (*service.revisions, revision("a-0", 3))
    world.ledger.goes["sandbox", "a"] = [RevisionRef(name="a-0", digest="sha256:a-0")]
    plan = world.engine().plan(["a"], reason="slow")

    assert [(a.to_revision, a.is_target_verified) for a in plan.actions] == [("a-0", True)]


def test_the_first_signal_asks_to_stop_and_the_second_interrupts(capsys: pytest.CaptureFixture[str]) -> None:
    """What runs is finished; whoever insists gets out, and the handlers are put back."""
    before = signal.getsignal(signal.SIGTERM)
    stop = Stop()
    with stop.heard():
        assert not stop.is_asked_for()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.is_asked_for()
        with pytest.raises(KeyboardInterrupt):
            _insist()
    assert signal.getsignal(signal.SIGTERM) is before
    assert "SIGTERM: what runs is finished, nothing new begins" in capsys.readouterr().err


def _insist() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(5)
