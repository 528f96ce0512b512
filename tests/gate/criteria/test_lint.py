"""What valid documents still leave open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from gates.criteria.lint import Finding, lint
from gates.model.criterion import Catalogue, Severity, Stage, Use
from gates.model.documentation import Contact, DocumentOwnership
from gates.model.platform import Platform, ServiceSpec, Tier
from tests.support.builders import criterion

TODAY = date(2026, 3, 1)
SITE = Platform(
    name="p",
    services=(ServiceSpec(name="auth-service", title="Auth", tier="critical"),),
    tiers=(
        Tier(name="critical", rto=timedelta(minutes=15), rpo=timedelta(minutes=5), strategy="two regions"),
    ),
    matrix=(),
    roles=(),
    digest="",
    contacts=(Contact(name="On-Call", group="on-call", phone="+1-877-355-5787"),),
    document_ownership=DocumentOwnership(
        owner="lead", version="2", classification="internal", next_review=TODAY
    ),
)
FULL = Catalogue(
    criteria=(
        criterion(stages=tuple(Stage)),
        criterion(id="OPS-02", used_for=(Use.REVIEW,)),
        criterion(id="OPS-03", used_for=(Use.CONTACTS,)),
    ),
    digest="",
)


def found(platform: Platform = SITE, catalogue: Catalogue = FULL) -> list[tuple[str, str | None]]:
    """Return subject and failed criterion of every finding."""
    return [(finding.subject, finding.fails) for finding in lint(platform, catalogue, today=TODAY)]


def test_a_complete_platform_leaves_nothing_open() -> None:
    """A review that is due today has not passed."""
    assert found() == []


@pytest.mark.parametrize(
    "contact",
    [
        {"phone": "+1-XXX-XXX-XXXX"},
        {"phone": "tbd"},
        {"phone": "000-000-0000"},
        {"phone": "12345"},
        {"phone": "+1-877-355-5787 or ask"},
        {"email": "nobody"},
        {},
    ],
)
def test_a_contact_that_cannot_be_reached_fails_the_contacts_item(contact: dict[str, Any]) -> None:
    """A placeholder cannot be called."""
    site = replace(SITE, contacts=(Contact(name="On-Call", group="on-call", **contact),))

    assert found(site) == [("On-Call", "OPS-03")]


@pytest.mark.parametrize(
    "phone", ["+1-877-355-5787", "1-877-355-5787", "+49 (30) 901820", "0041 44 668 18 00"]
)
def test_a_real_number_is_no_placeholder(phone: str) -> None:
    """Numbers of several countries pass."""
    assert found(replace(SITE, contacts=(Contact(name="On-Call", group="on-call", phone=phone),))) == []


def test_nobody_to_call_is_a_finding() -> None:
    """An empty list is not a clean one."""
    assert found(replace(SITE, contacts=())) == [("contacts", "OPS-03")]


def test_a_review_that_has_passed_fails_the_documents_item() -> None:
    """One day late is late, and documents without a keeper are never reviewed."""
    assert SITE.document_ownership is not None
    late = replace(SITE.document_ownership, next_review=date(2026, 2, 28))

    assert found(replace(SITE, document_ownership=late)) == [("documents", "OPS-02")]
    assert found(replace(SITE, document_ownership=None)) == [("documents", "OPS-02")]


def test_a_service_without_a_tier_is_a_gap() -> None:
    """A tier that no table has is none."""
    assert found(replace(SITE, tiers=())) == [("auth-service", None)]


def test_a_service_without_blocking_criteria_is_a_gap() -> None:
    """A service that nothing looks at would go with every release."""
    other = ServiceSpec(name="frontend", title="Frontend", tier="critical")
    soft = criterion(id="B", services=("frontend",), severity=Severity.NORMAL)
    catalogue = Catalogue(criteria=(*FULL.criteria, soft), digest="")

    assert found(replace(SITE, services=(*SITE.services, other)), catalogue) == [("frontend", None)]


def test_a_stage_without_blocking_criteria_is_a_gap() -> None:
    """Such a stage can never be GO."""
    stages = tuple(stage for stage in Stage if stage is not Stage.EXTENDED)

    assert found(SITE, Catalogue(criteria=(criterion(stages=stages),), digest="")) == [
        ("stage extended", None)
    ]


def test_what_no_criterion_demands_is_not_open() -> None:
    """A platform whose catalogue asks for neither contacts nor reviews owes none."""
    catalogue = Catalogue(criteria=FULL.criteria[:1], digest="")
    assert found(replace(SITE, contacts=(), document_ownership=None), catalogue) == []


def test_gaps_come_before_what_people_owe() -> None:
    """What is wrong in the documents is mended first."""
    findings = lint(replace(SITE, tiers=(), contacts=()), FULL, today=TODAY)

    assert [finding.is_gap for finding in findings] == [True, False]
    assert isinstance(findings[0], Finding)
