"""What stays must be well and the database must answer, or a rollback could not be proven afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.decision.preflight import standing_objections
from gates.decision.safety_checks import Guard
from gates.model.database import Database
from gates.model.health import Circuit, ServiceHealth
from tests.support.fake_operations import database

RUNNING = database().found


def health(service: str, *, opened: str = "", trouble: str = "") -> ServiceHealth:
    """Return a service; one of its circuits may be open."""
    state = "open" if opened else "closed"
    return ServiceHealth(
        service=service,
        is_alive=not trouble,
        is_ready=not trouble,
        revision=f"{service}-1",
        version="1.0.0",
        circuits=(Circuit(service=service, name=opened or "x", state=state, failures=0, opened=0),),
        trouble=trouble,
    )


@pytest.mark.parametrize(
    ("healths", "leaving", "guards"),
    [
        ([health("a"), health("b")], {"a"}, []),
        ([health("a", trouble="gone"), health("b")], {"a"}, []),
        ([health("a"), health("b", trouble="gone")], {"a"}, [Guard.HEALTH]),
        ([health("a"), replace(health("b"), is_ready=False)], {"a"}, [Guard.HEALTH]),
        ([health("a"), health("b", opened="a")], {"a"}, []),
        ([health("a"), health("b", opened="c")], {"a"}, [Guard.HEALTH]),
        ([health("a", opened="c"), health("b")], {"a"}, []),
    ],
)
def test_who_stays_must_be_well(healths: list[ServiceHealth], leaving: set[str], guards: list[Guard]) -> None:
    """What goes back, and what only fails because of it, may be unwell: that may be why it goes."""
    assert [found.guard for found in standing_objections(healths, RUNNING, leaving)] == guards


@pytest.mark.parametrize("state", ["it does not answer", replace(RUNNING, state="MAINTENANCE")])
def test_the_database_must_answer_and_run(state: Database | str) -> None:
    """Tests after the rollback would fail for a reason that no rollback takes away."""
    (found,) = standing_objections([health("a")], state, {"a"})
    assert (found.guard, found.service) == (Guard.DATABASE, "platform")
