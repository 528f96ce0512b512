"""An operation is written down before it is done, and its end after it."""

from __future__ import annotations

from gates.errors import LeaseLostError, OperationFailedError
from gates.model.operation import OperationState
from gates.operations.performing import Change
from tests.support.fake_operations import FakeOperationsLedger, performer

ON = Change(action="on", subject="a", before="was", after="is", calls=("PUT /a",))
OFF = Change(action="off", subject="a", before="is", after="was", calls=("PUT /a",))


def states(ledger: FakeOperationsLedger) -> list[OperationState]:
    """Return the states in the order of writing."""
    return [receipt.state for receipt in ledger.written]


def test_the_start_is_recorded_before_the_act() -> None:
    """At the moment of the act the ledger knows what was there; afterwards it knows the end."""
    ledger = FakeOperationsLedger()
    seen: list[str] = []

    def act() -> str:
        seen.append(ledger.written[-1].before)
        return "done well"

    receipt = performer(ledger).perform(ON, act)
    assert seen == ["was"]
    assert (receipt.state, receipt.detail, receipt.by) == (OperationState.DONE, "done well", "somebody")
    assert states(ledger) == [OperationState.STARTED, OperationState.DONE]


def test_a_failure_is_a_receipt() -> None:
    """It says why, and what is to be done."""
    ledger = FakeOperationsLedger()

    def act() -> str:
        raise OperationFailedError("the cloud did not do it", next_step="read it again")

    receipt = performer(ledger).perform(ON, act)
    assert receipt.state is OperationState.FAILED
    assert "read it again" in receipt.detail


def test_a_gate_that_lost_its_lease_does_nothing() -> None:
    """It was paused and another gate took over: the receipt says so; with a lease again it acts."""
    ledger = FakeOperationsLedger()
    one, done = performer(ledger), list[str]()

    def lost() -> None:
        raise LeaseLostError("another gate took over")

    def act() -> str:
        done.append("act")
        return "done"

    with one.under(lost):
        receipt = one.perform(ON, act)
    assert (receipt.state, "took over" in receipt.detail, done) == (OperationState.FAILED, True, [])
    assert one.perform(ON, act).state is OperationState.DONE


def test_what_is_as_wanted_is_not_touched() -> None:
    """Twice is once: the act is not called."""
    ledger = FakeOperationsLedger()
    same = Change(action="on", subject="a", before="is", after="is", calls=("PUT /a",))
    assert performer(ledger).perform(same, lambda: 1 / 0).state is OperationState.ALREADY_DONE  # type: ignore[arg-type, return-value]


def test_a_rehearsal_names_the_calls_and_writes_nothing() -> None:
    """The exact call is its detail."""
    ledger = FakeOperationsLedger()
    receipt = performer(ledger).rehearse(ON)
    assert (receipt.state, receipt.detail, ledger.written) == (OperationState.DRY_RUN, "PUT /a", [])


def test_the_first_value_is_remembered_until_it_was_put_back() -> None:
    """A second `on` does not hide what the first one found, a crash in between neither; `off` forgets it."""
    ledger = FakeOperationsLedger()
    one = performer(ledger)
    assert one.remembered("a", on="on", off="off") is None
    one.perform(ON, lambda: "")
    ledger.written.pop()  # as if the gate had died before the end was recorded
    one.perform(Change(action="on", subject="a", before="is", after="more", calls=()), lambda: "")
    assert one.remembered("a", on="on", off="off") == "was"
    assert one.remembered("b", on="on", off="off") is None
    one.perform(OFF, lambda: "")
    assert one.remembered("a", on="on", off="off") is None
