"""What a person reads about one criterion."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gates.criteria.explain import explain
from gates.criteria.phrases import demand_text, duration_text, evidence_text, services_text
from gates.model.criterion import PLATFORM, Bands, Comparator, Priority
from gates.model.platform import MatrixRow, Platform, ServiceSpec
from tests.support.builders import PRODUCER, criterion

SITE = Platform(
    name="p",
    services=(
        ServiceSpec(name="auth-service", title="Auth", tier="critical"),
        ServiceSpec(name="frontend", title="Frontend", tier="critical"),
    ),
    tiers=(),
    matrix=(
        MatrixRow(
            priority=Priority.P0,
            response_time=timedelta(minutes=5),
            rollback_type="automated",
            authority="on-call-engineer",
        ),
        MatrixRow(priority=Priority.P3, response_time=None, rollback_type="scheduled", authority="owner"),
    ),
    roles=(),
    digest="sha256:0",
)


def test_everything_that_a_person_asks_is_answered() -> None:
    """Why, what, by which evidence, about what, who, and what happens then."""
    text = explain(criterion(attested_by="product-owner", depends_on=("DEP-SERVING",)), SITE)

    assert text.splitlines() == [
        "HLT-LIVE · blocker · immediate",
        "The service answers.",
        "",
        "why:         A service that does not answer serves nobody.",
        "demands:     no failed check",
        "evidence:    at least 1 check, no older than 1h",
        f"test:        {PRODUCER}",
        "attested by: product-owner",
        "about:       auth-service",
        "owner:       operations-manager",
        "on failure:  rollback, P0 (within 5m, a rollback is automated, on-call-engineer decides)",
        "see first:   DEP-SERVING",
        "source:      immediate-validation, health",
    ]


def test_bands_are_explained_with_what_each_leads_to() -> None:
    """A banded criterion has three priorities, not one."""
    banded = criterion(
        comparator=Comparator.LT, threshold=0.001, unit="ratio", bands=Bands(alert=0.005, critical=0.01)
    )

    text = explain(banded, SITE)

    assert "on failure:  rollback, P2\n" in text
    assert "beyond alert P1\n" in text
    assert "beyond critical P0 (within 5m," in text


def test_no_response_time_means_the_next_maintenance() -> None:
    """P3 waits."""
    assert "P3 (at the next maintenance," in explain(criterion(priority=Priority.P3), SITE)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(seconds=90), "90s"),
        (timedelta(minutes=15), "15m"),
        (timedelta(hours=1), "1h"),
        (timedelta(hours=24), "24h"),
        (timedelta(days=7), "7d"),
        (timedelta(days=90), "90d"),
    ],
)
def test_durations_are_said_as_documents_write_them(duration: timedelta, text: str) -> None:
    """The largest unit that fits, and 24h for a day."""
    assert duration_text(duration) == text


def test_demands_are_said_with_sign_unit_and_bands() -> None:
    """A reader sees the number that counts."""
    throughput = criterion(
        comparator=Comparator.WITHIN, threshold=0.2, unit="ratio", bands=Bands(alert=0.3, critical=0.5)
    )

    assert demand_text(throughput) == "within ±0.2 ratio (alert 0.3, critical 0.5)"
    assert demand_text(criterion(comparator=Comparator.GE, threshold=0.9, unit="ratio")) == "≥ 0.9 ratio"


def test_subjects_and_evidence_are_said_shortly() -> None:
    """All services, the platform, or names; tests, people, or both."""
    assert services_text(criterion(services=("frontend", "auth-service")), SITE) == "all services"
    assert services_text(criterion(services=(PLATFORM,)), SITE) == "platform"
    assert evidence_text(criterion(attested_by="owner")) == "1 test, attested by owner"
    assert evidence_text(criterion(producers=("a", "b"))) == "2 tests"
