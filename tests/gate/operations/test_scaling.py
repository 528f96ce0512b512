"""Scaling remembers what was there before the first change, and goes back to it."""

from __future__ import annotations

import pytest

from gates.errors import NotFoundError, UsageError
from gates.model.configuration import Scaling
from gates.model.operation import OperationState
from gates.operations.scaling import ScalingOperations
from tests.support.fake_operations import FakeConfiguration, FakeOperationsLedger, performer, settings


@pytest.fixture
def configuration() -> FakeConfiguration:
    """Service a with at least one and at most four instances."""
    return FakeConfiguration(services={"a": settings("a")})


@pytest.fixture
def scaling(configuration: FakeConfiguration) -> ScalingOperations:
    """The operations over fakes."""
    return ScalingOperations(configuration, performer(FakeOperationsLedger()))


def test_the_value_before_the_first_change_comes_back(
    scaling: ScalingOperations, configuration: FakeConfiguration
) -> None:
    """However often it was scaled in between; then there is nothing left to restore."""
    scaling.set_minimum("a", 2, is_dry=False)
    scaling.set_minimum("a", 4, is_dry=False)
    assert configuration.services["a"].scaling.minimum == 4
    assert scaling.restore("a", is_dry=False).state is OperationState.DONE
    assert configuration.services["a"].scaling.minimum == 1
    with pytest.raises(UsageError, match="was not scaled"):
        scaling.restore("a", is_dry=False)


def test_twice_is_once(scaling: ScalingOperations, configuration: FakeConfiguration) -> None:
    """The second time nothing is written."""
    scaling.set_minimum("a", 2, is_dry=False)
    assert scaling.set_minimum("a", 2, is_dry=False).state is OperationState.ALREADY_DONE
    assert len(configuration.writes) == 1


def test_a_dry_run_names_the_call(scaling: ScalingOperations, configuration: FakeConfiguration) -> None:
    """Mask and numbers are there, and nothing was sent."""
    detail = scaling.set_minimum("a", 3, is_dry=True).detail
    assert "UpdateService service=a update_mask=scaling min_instance_count=3" in detail
    assert configuration.writes == []


def test_a_failed_write_is_a_receipt(scaling: ScalingOperations, configuration: FakeConfiguration) -> None:
    """The old value is still known, so it can be put back."""
    configuration.refuses = True
    assert scaling.set_minimum("a", 3, is_dry=False).state is OperationState.FAILED


def test_more_than_the_maximum_is_refused(scaling: ScalingOperations) -> None:
    """Before anything is sent; an unknown service too."""
    with pytest.raises(UsageError, match="4 instances at most"):
        scaling.set_minimum("a", 5, is_dry=False)
    with pytest.raises(NotFoundError):
        scaling.set_minimum("b", 1, is_dry=False)


@pytest.mark.parametrize(("minimum", "maximum"), [(-1, 0), (0, -1), (3, 2)])
def test_bounds_that_make_no_sense_are_refused(minimum: int, maximum: int) -> None:
    """They cannot even be written down."""
    with pytest.raises(ValueError, match=r"bounds|above"):
        Scaling(minimum=minimum, maximum=maximum)


def test_as_many_as_it_may_have_is_enough_and_fewer_never_come_of_it(
    scaling: ScalingOperations, configuration: FakeConfiguration
) -> None:
    """Five are wished for and four are allowed; who has three already keeps them."""
    assert scaling.at_least("a", 5, is_dry=False).state is OperationState.DONE
    assert configuration.services["a"].scaling.minimum == 4
    assert scaling.at_least("a", 2, is_dry=False).state is OperationState.ALREADY_DONE
    assert configuration.services["a"].scaling.minimum == 4
