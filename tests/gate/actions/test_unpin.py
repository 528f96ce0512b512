"""Unpinning: the newest revision gets the traffic only when it may have it, and answers afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.actions.unpin import Unpinner
from gates.errors import DeniedError, LeaseHeldError
from gates.model.operation import OperationState
from gates.model.receipt import Receipt, ReceiptState
from gates.model.release import RevisionRef
from gates.model.state import MADE, Purpose
from gates.model.traffic import BEHIND_TAG, MAINTENANCE_TAG, TrafficSplit, TrafficTarget
from tests.support.fake_cloud import FakeCloud, FakeLedger, fake_ports, two_revisions
from tests.support.fake_journal import FakeJournal

PINNED = TrafficSplit(
    targets=(TrafficTarget(revision="a-1", percent=100), TrafficTarget(revision="a-1", tag="stable"))
)


class World:
    """Service a serves a-1 by name while a-2 is ready; a-2 has a recorded GO unless it is taken away."""

    def __init__(self, journal: FakeJournal | None = None) -> None:
        self.cloud = FakeCloud(services={"a": two_revisions("a")})
        self.cloud.services["a"].traffic = PINNED
        self.ledger = FakeLedger(clock=self.cloud.clock)
        self.ledger.goes["sandbox", "a"] = [RevisionRef(name="a-2", digest="sha256:a-2")]
        self.journal = journal or FakeJournal()

    def unpin(self, reason: str = "") -> Receipt:
        """End the pin of a."""
        ports = fake_ports(self.cloud, self.ledger, self.journal)
        unpinner = Unpinner(ports, environment="sandbox", run_id="u", by="ana", reason=reason)
        (receipt,) = unpinner.unpin(["a"], lambda _receipt: None)
        return receipt


def test_the_newest_revision_follows_and_tags_are_kept() -> None:
    """The list says "latest" again, and the service itself answers with it."""
    world = World()
    receipt = world.unpin()

    assert (receipt.state, receipt.is_verified) == (ReceiptState.DONE, True)
    assert not world.cloud.services["a"].traffic.is_pinned
    assert world.cloud.serving("a") == "a-2"
    assert [t.tag for t in world.cloud.services["a"].traffic.targets if t.tag] == ["stable"]
    (operation,) = world.ledger.recorded
    assert (operation.action, operation.state, operation.by) == ("unpin", OperationState.DONE, "ana")
    assert world.journal.kinds("a") == ["intended"]


def test_a_page_is_not_unpinned() -> None:
    """It is the newest revision: it would become what serves, and nobody would know of the page any more."""
    world = World()
    page = TrafficTarget(revision="a-2", percent=100, tag=MAINTENANCE_TAG)
    up = TrafficSplit(targets=(page, TrafficTarget(revision="a-1", tag=BEHIND_TAG)))
    world.cloud.services["a"].traffic = up
    receipt = world.unpin("all is well")

    assert receipt.state is ReceiptState.REFUSED
    assert "the maintenance page is up" in receipt.detail
    assert world.cloud.services["a"].traffic == up


def test_a_revision_without_a_go_gets_nothing_without_a_word() -> None:
    """The refusal says what to do; a reason lets it pass and is kept."""
    world = World()
    world.ledger.goes.clear()

    refused = world.unpin()
    assert refused.state is ReceiptState.REFUSED
    assert "a-2 has no recorded GO, and would get all traffic" in refused.detail
    assert world.cloud.writes == []
    assert world.unpin(reason="the fix for INC-7").state is ReceiptState.DONE
    assert "the fix for INC-7" in world.ledger.recorded[-1].detail


@pytest.mark.parametrize("purpose", [Purpose.PAGE, Purpose.RESUMED, Purpose.DRILL])
def test_a_revision_that_the_gate_made_is_no_release_to_follow(purpose: Purpose) -> None:
    """Neither a GO nor a word makes one of it; what it is, is said."""
    world = World()
    newest, *rest = world.cloud.services["a"].revisions
    made = replace(newest, annotations=((MADE, f"{purpose} {newest.name}"),))
    world.cloud.services["a"].revisions = (made, *rest)

    refused = world.unpin(reason="all is well")
    assert refused.state is ReceiptState.REFUSED
    assert purpose.wording in refused.detail
    assert world.cloud.writes == []


def test_a_release_that_inherited_the_mark_of_a_page_is_followed() -> None:
    """A deployment copies the template's annotations: a mark counts for the revision that it names."""
    world = World()
    newest, *rest = world.cloud.services["a"].revisions
    copied = replace(newest, annotations=((MADE, f"{Purpose.PAGE} a-maint-1"),))
    world.cloud.services["a"].revisions = (copied, *rest)

    assert world.unpin().state is ReceiptState.DONE


def test_a_revision_that_was_rolled_back_gets_nothing_without_a_word() -> None:
    """A GO before the rollback is no leave to go back to it."""
    world = World()
    world.ledger.tombstones.add(("sandbox", "a", "a-2"))

    refused = world.unpin()
    assert refused.state is ReceiptState.REFUSED
    assert "a-2 was rolled back and not judged again" in refused.detail
    assert world.cloud.writes == []


def test_unpinning_twice_is_unpinning_once() -> None:
    """The second finds it done."""
    world = World()
    world.unpin()

    assert world.unpin().state is ReceiptState.ALREADY_DONE
    assert len(world.cloud.writes) == 1


def test_a_service_that_refuses_gets_its_receipt_and_a_held_lease_stops_all() -> None:
    """Nothing is written in either case."""
    world = World()
    world.cloud.services["a"].refusal = DeniedError("no right", next_step="ask for it")
    assert world.unpin().detail == "no right → ask for it"

    with pytest.raises(LeaseHeldError):
        World(FakeJournal(holder="run-1")).unpin()
