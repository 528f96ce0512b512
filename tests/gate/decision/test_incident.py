"""How urgent an incident is, and who is due since when."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from gates.decision.incident import clock, priority_of
from gates.model.criterion import Priority
from gates.model.incident import TriageAnswers
from tests.support.incidents import BEGAN, CALM, POLICY, incident


@pytest.mark.parametrize("said", list(product([False, True], repeat=4)))
def test_the_four_answers_give_the_priority(said: tuple[bool, bool, bool, bool]) -> None:
    """All sixteen of them; one yes more never makes it less urgent."""
    users, critical, data, security = said
    answers = TriageAnswers(
        affects_users=users,
        affects_critical_services=critical,
        endangers_data=data,
        compromises_security=security,
    )
    worst = data or security or (users and critical)
    wanted = Priority.P0 if worst else Priority.P1 if users or critical else Priority.P3
    assert priority_of(answers, (), POLICY.alerts) is wanted


@pytest.mark.parametrize("rule", POLICY.alerts, ids=lambda rule: rule.name)
def test_an_alert_brings_its_own_priority(rule: object) -> None:
    """Four P0, four P1, three P2; with another alert the worse one counts."""
    name, priority = rule.name, rule.priority  # type: ignore[attr-defined]
    assert priority_of(CALM, (name,), POLICY.alerts) is priority
    assert priority_of(CALM, (name, "data-corruption"), POLICY.alerts) is Priority.P0


def test_an_alert_that_nobody_knows_is_refused() -> None:
    """It is never read as none."""
    with pytest.raises(KeyError):
        priority_of(CALM, ("smoke",), POLICY.alerts)


@pytest.mark.parametrize(
    ("minutes", "role"),
    [
        (0, "on-call-engineer"),
        (4.99, "on-call-engineer"),
        (5, "incident-commander"),
        (15, "team-lead"),
        (29.9, "team-lead"),
        (30, "engineering-manager"),
        (600, "engineering-manager"),
    ],
)
def test_the_clock_says_who_is_due(minutes: float, role: str) -> None:
    """At the minute of the matrix, not after it."""
    dues = clock(incident(), POLICY.escalation, BEGAN + timedelta(minutes=minutes))
    assert [due.step.role for due in dues if due.is_reached][-1] == role


def test_a_clock_that_runs_back_makes_nobody_due() -> None:
    """The incident has not begun for it."""
    dues = clock(incident(), POLICY.escalation, BEGAN - timedelta(minutes=1))
    assert not any(due.is_reached for due in dues)


def test_a_closed_incident_reaches_no_further_step() -> None:
    """Its clock stood when it was closed."""
    dues = clock(incident(BEGAN + timedelta(minutes=6)), POLICY.escalation, BEGAN + timedelta(hours=9))
    assert [due.is_reached for due in dues] == [True, True, False, False]
