"""A rollback behind the maintenance page moves no percentage, and is proven at the tag's own address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.actions.attempt import Attempt
from gates.actions.traffic_move import Patience
from gates.model.receipt import Receipt, ReceiptState
from gates.model.traffic import BEHIND_TAG, MAINTENANCE_TAG, TrafficSplit, TrafficTarget
from tests.support.builders import back
from tests.support.fake_cloud import FakeCloud, FakeLedger, fake_ports, two_revisions

ACTION = back("a", is_held=True)
PAGE = TrafficTarget(revision="page", percent=100, tag=MAINTENANCE_TAG)


def behind(revision: str) -> TrafficSplit:
    """Return the page with a revision behind it and a tag of somebody else."""
    return TrafficSplit(
        targets=(
            PAGE,
            TrafficTarget(revision="a-1", tag="stable"),
            TrafficTarget(revision=revision, tag=BEHIND_TAG),
        )
    )


class Deaf(FakeCloud):
    """A cloud whose tags do not answer."""

    def answering_behind(self, service: str, tag: str) -> str | None:
        """Answer nothing."""
        return None


def held(cloud: FakeCloud, *, is_dry: bool = False) -> Receipt:
    """Carry the action out."""
    attempt = Attempt(
        ACTION,
        fake_ports(cloud, FakeLedger(clock=cloud.clock)),
        Patience(settle_s=1.0),
        lambda *_what: None,
    )
    return attempt.rehearse() if is_dry else attempt.execute()


def cloud_with(traffic: TrafficSplit, kind: type[FakeCloud] = FakeCloud) -> FakeCloud:
    """Return a cloud with one service."""
    return kind(services={"a": replace(two_revisions("a"), traffic=traffic)})


def test_the_page_keeps_the_traffic_and_the_target_waits_behind_it() -> None:
    """One write; every percentage and every other tag stays."""
    cloud = cloud_with(behind("a-2"))
    receipt = held(cloud)
    assert (receipt.state, receipt.is_verified) == (ReceiptState.DONE, True)
    assert "behind the maintenance page" in receipt.detail
    assert cloud.services["a"].traffic == behind("a-1")
    assert len(cloud.writes) == 1


def test_again_it_writes_nothing() -> None:
    """What is behind the page already is only proven."""
    cloud = cloud_with(behind("a-1"))
    receipt = held(cloud)
    assert (receipt.state, receipt.is_verified, cloud.writes) == (ReceiptState.ALREADY_DONE, True, [])


def test_a_target_that_does_not_answer_there_is_not_proven() -> None:
    """The traffic list alone is no proof."""
    receipt = held(cloud_with(behind("a-2"), Deaf))
    assert (receipt.state, receipt.is_verified) == (ReceiptState.FAILED, False)


@pytest.mark.parametrize(
    ("traffic", "why"),
    [
        (TrafficSplit(targets=(TrafficTarget(revision="a-2", percent=100),)), "not in maintenance any more"),
        (behind("a-9"), "another actor put a-9 behind the page"),
    ],
)
def test_what_somebody_else_did_is_not_overwritten(traffic: TrafficSplit, why: str) -> None:
    """A page that is gone, and another revision behind it."""
    cloud = cloud_with(traffic)
    receipt = held(cloud)
    assert receipt.state is ReceiptState.FAILED
    assert why in receipt.detail
    assert cloud.writes == []


def test_a_rehearsal_shows_the_list_as_it_will_be() -> None:
    """Before the page is there, and behind it; a service that is gone is a failure."""
    shown = held(cloud_with(TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),))), is_dry=True)
    assert "(the maintenance revision)=100 maintenance, a-1=0 behind" in shown.detail
    assert "page=100 maintenance" in held(cloud_with(behind("a-2")), is_dry=True).detail
    assert held(FakeCloud(services={}), is_dry=True).state is ReceiptState.FAILED
