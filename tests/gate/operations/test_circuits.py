"""Circuits are reset one by one, and the fallback stays on only when it proved itself."""

from __future__ import annotations

import pytest

from gates.errors import UnavailableError
from gates.model.operation import OperationState
from gates.operations.circuits import CircuitOperations
from tests.support.builders import CIRCUITS
from tests.support.fake_operations import FakeOperationsLedger, FakeServices, circuit, performer

WITNESSES = ("viewer", "responder")


@pytest.fixture
def services() -> FakeServices:
    """Service a with one circuit of each state."""
    states = {"b": "closed", "c": "open", "d": "half-open"}
    return FakeServices(breakers={"a": [circuit(name, state) for name, state in states.items()]})


def test_only_what_is_not_closed_is_reset(services: FakeServices) -> None:
    """One receipt for each, with the state before; afterwards all are closed."""
    receipts = CircuitOperations(services, performer(FakeOperationsLedger()), CIRCUITS).reset(
        "a", is_dry=False
    )
    assert [(one.before, one.state) for one in receipts] == [
        ("c open", OperationState.DONE),
        ("d half-open", OperationState.DONE),
    ]
    assert all(one.is_closed for one in services.circuits("a"))


def test_a_dry_reset_changes_nothing(services: FakeServices) -> None:
    """The call is named, the circuit stays open."""
    receipts = CircuitOperations(services, performer(FakeOperationsLedger()), CIRCUITS).reset(
        "a", is_dry=True
    )
    assert receipts[0].detail == "POST a /breakers/c:reset"
    assert [one.state for one in services.circuits("a")] == ["closed", "open", "half-open"]


def test_a_circuit_that_stays_open_is_a_failure(services: FakeServices) -> None:
    """An accepted request is no closed circuit."""
    services.is_stuck = True
    receipts = CircuitOperations(services, performer(FakeOperationsLedger()), CIRCUITS).reset(
        "a", is_dry=False
    )
    assert {one.state for one in receipts} == {OperationState.FAILED}


def test_the_fallback_proves_itself(services: FakeServices) -> None:
    """A cached token is served from the cache, a revoked one refused; off and auto need no proof."""
    ledger = FakeOperationsLedger()
    operations = CircuitOperations(services, performer(ledger), CIRCUITS)
    receipt = operations.switch_fallback("on", witnesses=WITNESSES, is_dry=False)
    assert receipt.state is OperationState.DONE
    assert "a revoked one refused" in receipt.detail
    assert services.mode == "on"
    assert operations.switch_fallback("auto", witnesses=WITNESSES, is_dry=False).before == "on"
    assert services.mode == "auto"


@pytest.mark.parametrize(
    ("flaw", "why"), [("serves_revoked", "the revoked token"), ("asks_anyway", "not from its cache")]
)
def test_a_fallback_that_is_wrong_is_taken_back(services: FakeServices, flaw: str, why: str) -> None:
    """It is off again, and the receipt says what was seen."""
    setattr(services, flaw, True)
    operations = CircuitOperations(services, performer(FakeOperationsLedger()), CIRCUITS)
    receipt = operations.switch_fallback("on", witnesses=WITNESSES, is_dry=False)
    assert receipt.state is OperationState.FAILED
    assert why in receipt.detail
    assert services.mode == "auto"


def test_a_dry_switch_signs_nobody_in(services: FakeServices) -> None:
    """Nothing is asked of anybody but the present mode."""
    operations = CircuitOperations(services, performer(FakeOperationsLedger()), CIRCUITS)
    assert operations.switch_fallback("on", witnesses=WITNESSES, is_dry=True).state is OperationState.DRY_RUN
    assert (services.tokens, services.mode) == (0, "auto")


def test_circuits_of_a_silent_service_are_an_error(services: FakeServices) -> None:
    """Nothing to reset is not the same as nobody to ask."""
    services.silent.add("a")
    with pytest.raises(UnavailableError):
        CircuitOperations(services, performer(FakeOperationsLedger()), CIRCUITS).reset("a", is_dry=False)
