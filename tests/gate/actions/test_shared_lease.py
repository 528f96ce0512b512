"""A procedure holds the lease as a whole and lends it to its parts."""

from __future__ import annotations

import pytest

from gates.actions.shared_lease import SharedLease
from gates.errors import LeaseHeldError, LeaseLostError
from tests.support.fake_journal import FakeJournal, FakeLease


class LostLease(FakeLease):
    """A tenure that another gate took over."""

    def confirm(self) -> None:
        """Say so."""
        raise LeaseLostError("another gate took over")


def test_a_part_gets_the_tenure_of_the_whole() -> None:
    """No second lease is asked for, although the first is held."""
    journal = FakeJournal(holder="the procedure itself")
    lease = FakeLease(journal, "rollback-1")
    lent = SharedLease(journal, lease, "sandbox")
    with lent.hold("sandbox", "part") as got:
        assert got is lease
    assert lent.unfinished("sandbox") == ()
    with pytest.raises(LeaseHeldError, match="not in production"), lent.hold("production", "part"):
        raise AssertionError("never reached")


def test_a_lost_lease_is_noticed_before_a_part_begins() -> None:
    """Nothing more is written."""
    journal = FakeJournal()
    lent = SharedLease(journal, LostLease(journal, "rollback-1"), "sandbox")
    with pytest.raises(LeaseLostError), lent.hold("sandbox", "part"):
        raise AssertionError("never reached")
