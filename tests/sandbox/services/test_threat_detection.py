"""threat-detection: threats derive from correlations, keep their asset, and derive once."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sandbox.services.threat_detection import domain
from sandbox.services.threat_detection.domain import Correlation

correlations = st.builds(
    Correlation,
    id=st.just("cor_1"),
    asset_id=st.sampled_from(["ast_a", "ast_b"]),
    pattern=st.sampled_from(sorted(domain.TECHNIQUES)),
    severity=st.sampled_from(domain.SEVERITIES),
    event_ids=st.integers(1, 30).map(lambda count: tuple(f"evt_{number}" for number in range(count))),
    indicators=st.lists(st.sampled_from(["10.0.0.9", "evil.test"]), unique=True).map(tuple),
    first_seen=st.just(0.0),
    last_seen=st.just(1.0),
)


@given(correlations)
def test_a_threat_keeps_the_asset_and_the_events_of_its_correlation(correlation: Correlation) -> None:
    """What is severe is a threat, and the threat says which asset and which events."""
    threat = domain.assess("acme", correlation, known_bad=[])
    if correlation.severity in {"high", "critical"}:
        assert threat is not None
    if threat is not None:
        assert threat.correlation == correlation
        assert 0.0 < threat.confidence <= 1.0


@given(correlations)
def test_a_known_indicator_never_lowers_anything(correlation: Correlation) -> None:
    """Knowing that a value is bad makes a threat of it, at least as severe and as sure as before."""
    before = domain.assess("acme", correlation, known_bad=[])
    after = domain.assess("acme", correlation, known_bad=correlation.indicators)
    if not correlation.indicators:
        assert before == after
        return
    assert after is not None
    assert after.severity in {"high", "critical"}
    if before is not None:
        assert after.confidence >= before.confidence


@given(correlations)
def test_more_events_never_lower_the_confidence(correlation: Correlation) -> None:
    """Confidence is monotone in the number of events."""
    more = replace(correlation, event_ids=(*correlation.event_ids, "evt_more"))
    assert domain.confidence_of(more, ()) >= domain.confidence_of(correlation, ())


def test_a_routine_correlation_is_no_threat() -> None:
    """One ordinary event does not wake anybody."""
    routine = Correlation(
        id="cor_1",
        asset_id="ast_a",
        pattern="routine",
        severity="info",
        event_ids=("evt_1",),
        indicators=(),
        first_seen=0.0,
        last_seen=0.0,
    )
    assert domain.assess("acme", routine, known_bad=[]) is None


def test_the_id_of_a_threat_depends_on_tenant_and_correlation_alone() -> None:
    """Deriving twice gives one threat; two tenants never share one."""
    assert domain.threat_id("acme", "cor_1") == domain.threat_id("acme", "cor_1")
    assert domain.threat_id("acme", "cor_1") != domain.threat_id("globex", "cor_1")
