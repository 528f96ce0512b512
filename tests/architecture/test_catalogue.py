"""The shipped catalogue against the guide that it comes from: nothing of the guide's lists may be dropped."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from gates.adapters.documents.documents import check_environments, load_catalogue, load_platform
from gates.criteria.listing import markdown
from gates.model.criterion import (
    PLATFORM,
    Bands,
    Catalogue,
    Criterion,
    FailureAction,
    Priority,
    Severity,
    Stage,
)
from gates.model.platform import Impact, Platform

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "platforms" / "isectech"

GUIDE = {
    "infrastructure-readiness": (
        *("all-services-deployed", "health-checks", "circuit-breakers", "uptime-monitoring", "rate-limiting"),
        *("tls-certificates", "custom-domains", "load-balancers", "auto-scaling"),
    ),
    "security-readiness": (
        *("vulnerability-scan", "authentication-flows", "authorization", "endpoint-compliance", "secrets"),
        *("network-policies", "https", "security-headers"),
    ),
    "monitoring-and-observability": (
        *("cloud-monitoring", "dashboards", "alerting", "logs", "performance", "slo", "synthetic-tests"),
        "error-tracking",
    ),
    "testing-and-validation": (
        *("end-to-end", "load", "security", "user-acceptance", "benchmarks", "disaster-recovery", "rollback"),
    ),
    "operational-readiness": (
        *("training", "documentation", "contacts", "incident-response", "change-management", "backup"),
    ),
    "technical-validation": (
        *("readiness-complete", "staging-matches", "end-to-end", "load", "security", "disaster-recovery"),
        "rollback",
    ),
    "operational-preparation": (
        *("training", "contacts", "communication-plan", "status-page", "customer-notifications", "timeline"),
    ),
    "24-hour-review": (
        *(
            "stable",
            "no-incidents",
            "customer-feedback",
            "performance",
            "security-monitoring",
            "retrospective",
        ),
    ),
    "validation-criteria": ("health-checks", "authentication", "performance", "error-rates", "load-handling"),
    "service-level-indicators": ("availability", "response-time", "error-rate", "throughput"),
    "recovery-objectives": ("critical", "important", "standard"),
}
"""Every item of the guide's lists and tables, in the guide's order: anchor of the list, then its items."""

WINDOWS = {
    ("immediate-validation", "system-health"),
    ("immediate-validation", "auth-flows"),
    ("immediate-validation", "analyst-journey"),
    ("extended-validation", "endpoints"),
    ("extended-validation", "load-test"),
    ("post-rollback-validation", "end-to-end"),
}
"""What the guide runs after a deployment, answered by finer criteria."""

PLANNED = (
    *("frontend", "nlp-assistant", "decision-engine", "behavioral-analysis", "threat-detection"),
    *("event-processor", "asset-discovery", "auth-service", "api-gateway"),
)
"""The guide's order of a planned rollback."""


@cache
def platform() -> Platform:
    """Return the shipped platform."""
    return load_platform(FOLDER)


@cache
def catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    return load_catalogue(FOLDER, platform())


def named(criterion_id: str) -> Criterion:
    """Return a criterion that must exist."""
    found = catalogue().find(criterion_id)
    assert found is not None
    return found


@pytest.mark.parametrize("anchor", GUIDE)
def test_every_item_of_the_guide_is_demanded(anchor: str) -> None:
    """A list of the guide is complete in the catalogue, which may demand more."""
    demanded = {c.source.item for c in catalogue().criteria if c.source.anchor == anchor}

    assert [item for item in GUIDE[anchor] if item not in demanded] == []


def test_every_window_of_the_guide_is_answered() -> None:
    """What the guide runs after a deployment has criteria of its own."""
    sources = {(c.source.anchor, c.source.item) for c in catalogue().criteria}

    assert sources >= WINDOWS


def test_every_readiness_and_go_live_item_blocks() -> None:
    """The guide demands all items; none is outweighed by others."""
    listed = {anchor for anchor in GUIDE if anchor not in ("24-hour-review", "service-level-indicators")}

    assert [c.id for c in catalogue().criteria if c.source.anchor in listed and not c.severity.blocks] == []


def test_the_planned_order_of_the_guide_is_valid() -> None:
    """Whoever depends on a service is rolled back before it, in the guide's list too."""
    assert sorted(PLANNED) == sorted(platform().service_names)
    early = [
        (service.name, needed)
        for service in platform().services
        for needed in service.depends_on
        if PLANNED.index(service.name) > PLANNED.index(needed)
    ]

    assert early == []
    auth = platform().service("auth-service")
    assert auth is not None
    assert "api-gateway" in auth.depends_on


def test_the_bands_are_those_of_the_guide() -> None:
    """Target, alert and critical limit of the four indicators."""
    bands = {
        name: (named(f"SLI-{name}").threshold, named(f"SLI-{name}").bands)
        for name in ("AVAIL", "LATENCY", "ERRORS", "THROUGHPUT")
    }

    assert bands == {
        "AVAIL": (0.999, Bands(alert=0.995, critical=0.99)),
        "LATENCY": (2000, Bands(alert=3000, critical=5000)),
        "ERRORS": (0.001, Bands(alert=0.005, critical=0.01)),
        "THROUGHPUT": (0.2, Bands(alert=0.3, critical=0.5)),
    }


def test_the_load_criteria_use_the_bands_of_the_indicators() -> None:
    """One limit per figure: what load shows is judged like what users see."""
    for load, area, indicator in (("ERRORS", "ERR", "ERRORS"), ("P95", "PERF", "LATENCY")):
        limits = {
            (named(i).threshold, named(i).bands) for i in (f"LOD-{load}", f"VAL-{area}", f"SLI-{indicator}")
        }
        assert len(limits) == 1


def test_the_failure_actions_of_the_areas_are_those_of_the_guide() -> None:
    """Investigate, roll back, scale, investigate, scale."""
    areas = ("HEALTH", "AUTH", "PERF", "ERR", "LOAD")

    assert [named(f"VAL-{area}").failure_action for area in areas] == [
        FailureAction.INVESTIGATE,
        FailureAction.ROLLBACK,
        FailureAction.SCALE,
        FailureAction.INVESTIGATE,
        FailureAction.SCALE,
    ]


def test_the_matrix_the_clock_and_the_alerts_are_those_of_the_guide() -> None:
    """Response times and authorities, escalation at 0, 5, 15 and 30 minutes, 4 + 4 + 3 alerts."""
    policy = platform().policy
    minutes = [
        None if r.response_time is None else r.response_time // timedelta(minutes=1)
        for r in platform().matrix
    ]

    assert minutes == [5, 15, 60, None]
    assert [step.after // timedelta(minutes=1) for step in policy.escalation] == [0, 5, 15, 30]
    assert Counter(alert.priority for alert in policy.alerts) == {
        Priority.P0: 4,
        Priority.P1: 4,
        Priority.P2: 3,
    }
    assert policy.approvals == ("technical-lead", "security-team-lead", "operations-manager", "product-owner")


def test_each_tier_is_drilled_with_all_its_services() -> None:
    """A service that moves to another tier takes its recovery criterion along."""
    drilled = {name: set(named(f"DR-{name.upper()}").services) for name in GUIDE["recovery-objectives"]}
    tiers = {t.name: {s.name for s in platform().services if s.tier == t.name} for t in platform().tiers}

    assert drilled == tiers
    assert {t.name: (t.rto, t.rpo) for t in platform().tiers} == {
        "critical": (timedelta(minutes=15), timedelta(minutes=5)),
        "important": (timedelta(minutes=30), timedelta(minutes=15)),
        "standard": (timedelta(hours=1), timedelta(minutes=30)),
    }


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_can_stop_a_release(stage: Stage) -> None:
    """A stage without a blocking criterion could never be GO."""
    assert [c for c in catalogue().at(stage) if c.severity in (Severity.BLOCKER, Severity.CRITICAL)]


def test_every_service_is_looked_at_right_after_a_deployment() -> None:
    """Serving, alive, ready, truly ready: for each of the nine."""
    for criterion_id in ("DEP-SERVING", "HLT-LIVE", "HLT-READY", "HLT-DEEP", "VAL-HEALTH"):
        assert named(criterion_id).services == platform().service_names


def test_contract_criteria_are_about_the_services_with_a_contract() -> None:
    """A service that gains or loses its OpenAPI document gains or loses the criteria."""
    documented = tuple(service.name for service in platform().services if service.has_openapi)

    for name in ("CONFORMANCE", "CRITICAL", "ADVISORY", "COVERAGE", "SERVED", "FUZZ"):
        assert named(f"CTR-{name}").services == documented


def test_links_are_followed_where_a_contract_has_links() -> None:
    """A service whose document gains its first link gains the criterion."""
    documents = {p.stem: p.read_text(encoding="utf-8") for p in (FOLDER / "openapi").glob("*.json")}

    assert set(named("CTR-LINKS").services) == {
        name for name, text in documents.items() if '"links": {' in text
    }


def test_only_the_sandbox_lets_a_rollback_go_without_a_person() -> None:
    """Production only looks, and what ships grants no standing authority anywhere else."""
    environments = {e.name: e for e in check_environments(FOLDER, platform())}

    shipped = [name for name, e in environments.items() if e.standing and (ROOT / e.standing).exists()]
    assert [name for name in shipped if name != "sandbox"] == []
    assert [name for name, e in environments.items() if e.is_protected] == ["production"]
    assert environments["production"].allowed_impacts == (Impact.READ_ONLY,)
    assert Impact.DISRUPTIVE not in environments["staging"].allowed_impacts


def test_producers_live_where_the_stage_says() -> None:
    """Readiness and go-live under tests/readiness, every later window under tests/validation."""
    for criterion in catalogue().criteria:
        is_before = criterion.stages[0] in (Stage.READINESS, Stage.PRE_GOLIVE)
        home = "tests/readiness/" if is_before else "tests/validation/"
        assert [p for p in criterion.producers if not p.startswith(home)] == []


def test_platform_criteria_name_no_service() -> None:
    """The platform is a subject of its own."""
    mixed = [c.id for c in catalogue().criteria if PLATFORM in c.services and len(c.services) > 1]

    assert mixed == []


def test_what_is_tested_behind_the_maintenance_page_belongs_to_the_stage_after_a_rollback() -> None:
    """Each name is demanded there, and none of it needs the public hosts: no journey, no traffic list."""
    post_test = platform().policy.rollback.post_test
    demanded = {criterion.id: criterion for criterion in catalogue().at(Stage.POST_ROLLBACK)}
    assert post_test
    assert set(post_test) <= set(demanded)
    assert {demanded[name].category for name in post_test} == {"health", "authentication"}


def test_the_criteria_page_is_current() -> None:
    """docs/criteria.md is what `gate criteria list --format markdown` prints."""
    page = (ROOT / "docs" / "criteria.md").read_text(encoding="utf-8")

    assert page == markdown(catalogue(), platform())
