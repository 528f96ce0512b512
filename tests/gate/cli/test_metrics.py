"""`gate metrics`: what is too high, what to do about it, and what nobody knows."""

from __future__ import annotations

import pytest

from gates import cli
from gates.model.exit_code import ExitCode
from gates.model.hardware import Component, Reading
from tests.support.fake_room import FakeOperations

FINE = {Component.CPU: 0.8, Component.MEMORY: 0.85, Component.DISK: 0.8, Component.NETWORK: 100.0}


def readings(**changed: float) -> tuple[Reading, ...]:
    """Return one reading of each component, exactly at its limit but for the changed ones."""
    values = {**FINE, **{Component(name): value for name, value in changed.items()}}
    return tuple(Reading(component=of, subject="a", value=value) for of, value in values.items())


def run() -> ExitCode:
    """Run the command in the sandbox."""
    return cli.invoke(["metrics", "--env", "sandbox"])


def test_at_the_limit_all_is_well(operations: FakeOperations, capsys: pytest.CaptureFixture[str]) -> None:
    """The guide says "above"."""
    operations.readings = readings()
    assert run() is ExitCode.GO
    assert "cpu      a: 80 % (at most 80 %)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "action"),
    [
        ({"cpu": 0.81}, "gate scale a"),
        ({"memory": 0.86}, "gate scale a"),
        ({"disk": 0.81}, "alert"),
        ({"network": 101.0}, "investigate"),
    ],
)
def test_above_the_limit_the_action_is_named(
    operations: FakeOperations, changed: dict[str, float], action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each component has its own."""
    operations.readings = readings(**changed)
    assert run() is ExitCode.NO_GO
    assert action in capsys.readouterr().out


def test_no_data_is_not_well(operations: FakeOperations, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody knows how it is, so it is inconclusive."""
    operations.readings = readings()[:3]
    assert run() is ExitCode.INCONCLUSIVE
    assert "network  no data" in capsys.readouterr().out
