"""One rollback of one service, when the cloud and other people get in its way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gates.actions.attempt import Attempt
from gates.actions.traffic_move import Patience
from gates.errors import NotAskedError, OperationFailedError
from gates.model.configuration import NewRevision
from gates.model.receipt import Receipt, ReceiptState
from gates.model.state import ServiceState
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.support.builders import back
from tests.support.fake_cloud import FakeCloud, fake_ports, two_revisions

BACK = back("a", reason="too slow")


def all_to(revision: str) -> TrafficSplit:
    """Return a list with one target."""
    return TrafficSplit(targets=(TrafficTarget(revision=revision, percent=100),))


def attempt(cloud: FakeCloud, **patience: float) -> Receipt:
    """Return the receipt of the rollback."""
    return Attempt(BACK, fake_ports(cloud), Patience(**patience), lambda *_: None).execute()  # type: ignore[arg-type]


@pytest.fixture
def cloud() -> FakeCloud:
    """A cloud with one service of two revisions."""
    return FakeCloud(services={"a": two_revisions("a")})


@pytest.mark.parametrize("knob", ["conflicts", "lost_requests", "lost_answers"])
def test_trouble_leads_back_to_reading_and_one_write(cloud: FakeCloud, knob: str) -> None:
    """A conflict, a lost request and a lost answer each end in exactly one accepted write."""
    setattr(cloud.services["a"], knob, 1)
    receipt = attempt(cloud)
    assert receipt.state is ReceiptState.DONE
    assert len(cloud.writes) == 1
    assert cloud.serving("a") == "a-1"


@pytest.mark.parametrize("knob", ["conflicts", "lost_requests"])
def test_retries_are_bounded(cloud: FakeCloud, knob: str) -> None:
    """After the allowed attempts the action fails, with the last trouble as its reason."""
    setattr(cloud.services["a"], knob, 99)
    receipt = attempt(cloud, attempts=3)
    assert receipt.state is ReceiptState.FAILED
    assert "gave up after 3 attempts" in receipt.detail
    assert cloud.writes == []


def test_a_move_of_somebody_else_is_not_overwritten(cloud: FakeCloud) -> None:
    """When the bad revision lost its traffic to a third one in between, the action stops and says so."""
    cloud.services["a"].conflicts = 1
    cloud.services["a"].foreign_move = all_to("a-0")
    receipt = attempt(cloud)
    assert receipt.state is ReceiptState.FAILED
    assert "another actor moved the traffic to a-0" in receipt.detail
    assert cloud.writes == []


def test_somebody_else_who_did_the_same_is_fine(cloud: FakeCloud) -> None:
    """When the target has all traffic after a conflict, it is done and proven."""
    cloud.services["a"].conflicts = 1
    cloud.services["a"].foreign_move = all_to("a-1")
    receipt = attempt(cloud)
    assert receipt.state in (ReceiptState.DONE, ReceiptState.ALREADY_DONE)
    assert receipt.is_verified
    assert cloud.writes == []


def test_a_lag_is_waited_for(cloud: FakeCloud) -> None:
    """The old revision may answer for a while; the seconds on the receipt include it."""
    cloud.services["a"].lag_s = 60.0
    receipt = attempt(cloud)
    assert receipt.state is ReceiptState.DONE
    assert receipt.seconds >= 60.0


def test_a_service_that_keeps_answering_with_the_old_revision_fails(cloud: FakeCloud) -> None:
    """An applied list is no proof: the deadline passes, the action fails and names who answered."""
    cloud.services["a"].lag_s = 1000.0
    receipt = attempt(cloud, settle_s=30.0)
    assert receipt.state is ReceiptState.FAILED
    assert not receipt.is_verified
    assert "a-2 answers after 30 s, wanted a-1" in receipt.detail


def test_mixed_answers_are_no_proof(cloud: FakeCloud) -> None:
    """While several revisions answer, nothing is proven."""
    cloud.services["a"].is_mixed = True
    receipt = attempt(cloud, settle_s=5.0)
    assert receipt.state is ReceiptState.FAILED
    assert "no single revision answers" in receipt.detail


def test_a_list_that_was_taken_and_never_applied_is_written_again(cloud: FakeCloud) -> None:
    """After a failed operation the list looks right while the old revision serves: that is not there."""
    cloud.services["a"].traffic = all_to("a-1")
    cloud.services["a"].stuck_on = "a-2"
    receipt = attempt(cloud)
    assert receipt.state is ReceiptState.DONE
    assert len(cloud.writes) == 1


def test_a_failed_operation_is_reported_as_it_came(cloud: FakeCloud) -> None:
    """The cloud's own words are on the receipt."""
    cloud.services["a"].refusal = OperationFailedError("code 13: revision does not exist")
    receipt = attempt(cloud)
    assert receipt.state is ReceiptState.FAILED
    assert "code 13" in receipt.detail


class Flapper(FakeCloud):
    """A cloud whose answers change from one to the next for ever."""

    command = 0

    def answering_revision(self, service: str) -> str | None:
        """Answer with the old and the new revision in turn."""
        self.command += 1
        return "a-1" if self.command % 2 else "a-2"


def test_answers_count_only_in_a_row() -> None:
    """Right answers with wrong ones between them never add up to a proof."""
    receipt = attempt(Flapper(services={"a": two_revisions("a")}), settle_s=10.0)
    assert receipt.state is ReceiptState.FAILED


class Meddler(FakeCloud):
    """A cloud where somebody moves the traffic away right after the last probe."""

    answers = 0

    def answering_revision(self, service: str) -> str | None:
        """Answer, and replace the list after the third answer."""
        answered = super().answering_revision(service)
        self.answers += answered == "a-1"
        if self.answers == Patience().answers:
            self.services[service].traffic = all_to("a-2")
        return answered


def test_a_list_replaced_while_it_settled_is_noticed() -> None:
    """The last read is part of the proof."""
    receipt = attempt(Meddler(services={"a": two_revisions("a")}))
    assert receipt.state is ReceiptState.FAILED
    assert "another actor changed the traffic" in receipt.detail


class Private(FakeCloud):
    """A cloud whose services refuse this caller."""

    def answering_revision(self, service: str) -> str | None:
        """Refuse."""
        raise NotAskedError(f"Cloud Run refuses a caller without a token at {service}", next_step="gcloud x")


def test_a_service_that_may_not_be_asked_is_proven_by_the_cloud_which_is_said() -> None:
    """It moved, so it did not fail; the receipt says how that is known, and what would let it be asked."""
    receipt = attempt(Private(services={"a": two_revisions("a")}))
    assert receipt.state is ReceiptState.DONE
    assert receipt.is_verified
    assert "moved according to the cloud, not asked" in receipt.detail
    assert "gcloud x" in receipt.detail
    assert "and answers" not in receipt.detail


def test_without_an_answer_a_revision_that_is_not_ready_is_no_proof() -> None:
    """A list that names it is not enough."""
    service = two_revisions("a")
    service.revisions = tuple(replace(one, is_ready=one.name != "a-1") for one in service.revisions)
    receipt = attempt(Private(services={"a": service}), settle_s=5.0)
    assert receipt.state is ReceiptState.FAILED
    assert "a-1 is not ready" in receipt.detail


class Stuck(Private):
    """A cloud that takes lists and does not apply them."""

    def write_traffic(
        self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None
    ) -> Callable[[], ServiceState]:
        """Take it."""
        ended = super().write_traffic(service, split, etag, new)
        self.services[service].stuck_on = "a-2"
        return ended


def test_without_an_answer_a_list_that_is_not_applied_is_no_proof() -> None:
    """What the cloud reports as serving counts."""
    receipt = attempt(Stuck(services={"a": two_revisions("a")}), settle_s=5.0)
    assert receipt.state is ReceiptState.FAILED
    assert not receipt.is_verified
    assert "not applied" in receipt.detail


def test_a_rehearsal_that_cannot_be_done_says_why(cloud: FakeCloud) -> None:
    """A service that cannot be read, or that somebody else moved, is no dry run that went well."""
    rehearsal = Attempt(BACK, fake_ports(cloud), Patience(), lambda *_: None)
    cloud.services["a"].traffic = all_to("a-0")
    assert "another actor moved the traffic to a-0" in rehearsal.rehearse().detail
    cloud.services["a"].refusal = OperationFailedError("code 13")
    assert rehearsal.rehearse().state is ReceiptState.FAILED
