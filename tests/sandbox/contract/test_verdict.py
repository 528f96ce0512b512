"""What a contract run says: tiers, what was accepted for a while, and runs that did not come to their end."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from gates.model.contract import AcceptedFinding
from journeys.checks import DemandNotMetError
from tests.validation.contract_findings import Finding, Tier
from tests.validation.contract_plan import ContractRun
from tests.validation.contract_verdict import Reading, conclude

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LABEL = "GET /things"


def reading(*checks: str, accepted: tuple[AcceptedFinding, ...] = (), requests: int = 3) -> Reading:
    """Return a run in which some checks failed."""
    run = ContractRun(statuses={LABEL: Counter({200: requests})})
    for check in checks:
        run.add(Finding(LABEL, check, "said"))
    return Reading(service="auth-service", run=run, accepted=accepted, now=NOW)


def accept(check: str, *, days: int = 1, service: str = "auth-service") -> AcceptedFinding:
    """Return an accepted finding that ends in `days`."""
    return AcceptedFinding(
        service=service,
        operation=LABEL,
        check=check,
        owner="technical-lead",
        reason="known",
        expires_at=NOW + timedelta(days=days),
    )


@pytest.mark.parametrize(
    ("check", "tier"),
    [
        ("not_a_server_error", Tier.BLOCKER),
        ("ignored_auth", Tier.BLOCKER),
        ("status_code_conformance", Tier.CRITICAL),
        ("allow_header_conformance", Tier.ADVISORY),
        ("a_check_that_nobody_weighed", Tier.BLOCKER),
    ],
)
def test_a_finding_counts_in_its_tier_alone(check: str, tier: Tier) -> None:
    """One that nobody weighed blocks."""
    assert [one for one in Tier if reading(check).findings(one)] == [tier]


def test_an_accepted_finding_is_none_until_its_day() -> None:
    """After its day, for another service, or for another check it is a finding."""
    check = "not_a_server_error"

    assert reading(check, accepted=(accept(check),)).findings(*Tier) == []
    for other in (accept(check, days=0), accept(check, service="frontend"), accept("ignored_auth")):
        assert len(reading(check, accepted=(other,)).findings(*Tier)) == 1


def test_what_accepts_nothing_is_said() -> None:
    """So is what was accepted, with its day; what is about another service is not."""
    accepted = (
        accept("ignored_auth"),
        accept("not_a_server_error"),
        accept("use_after_free", service="frontend"),
    )

    assert reading("not_a_server_error", accepted=accepted).notes() == [
        "accepted until 2026-01-02: not_a_server_error of GET /things",
        "accepts nothing any more: ignored_auth of GET /things",
    ]


def test_a_finding_is_told_with_the_command_that_finds_it_again() -> None:
    """And with the service that is to blame."""
    with pytest.raises(
        DemandNotMetError, match=r"1 findings of blocker weight \(again: pytest -x\)"
    ) as caught:
        conclude(reading("not_a_server_error"), [Tier.BLOCKER], replay="pytest -x")

    assert caught.value.blames == "auth-service"


def test_a_run_without_findings_passes_when_it_came_to_its_end() -> None:
    """Findings of another tier do not count here."""
    conclude(reading("allow_header_conformance"), [Tier.BLOCKER, Tier.CRITICAL], replay="")


def test_a_run_that_ended_early_proves_nothing() -> None:
    """It is not run, so inconclusive; but what it found counts."""
    early = reading()
    early.run.cut_short[LABEL] = "3 requests in 1 s"
    with pytest.raises(pytest.skip.Exception, match="ended early"):
        conclude(early, [Tier.BLOCKER], replay="")

    early.run.add(Finding(LABEL, "ignored_auth", "said"))
    with pytest.raises(DemandNotMetError):
        conclude(early, [Tier.BLOCKER], replay="")


def test_a_run_without_a_request_fails() -> None:
    """A document without operations is no document."""
    with pytest.raises(DemandNotMetError, match="no operation"):
        conclude(reading(requests=0), [Tier.BLOCKER], replay="")
