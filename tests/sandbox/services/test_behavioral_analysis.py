"""behavioral-analysis: the score is bounded, rises with every event, and is relative to the baseline."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.services.behavioral_analysis import domain
from sandbox.services.behavioral_analysis.domain import Activity, Baseline

severities = st.sampled_from(sorted(domain.SEVERITY_WEIGHTS))
kinds = st.sampled_from(["login_success", "port_scan", *sorted(domain.SUSPICIOUS_KINDS)])
activities = st.lists(st.builds(Activity, id=st.just("evt_1"), kind=kinds, severity=severities), max_size=30)
days = st.lists(st.floats(0, 50, allow_nan=False), min_size=1, max_size=domain.BASELINE_DAYS)


@given(activities, days)
def test_the_risk_stays_between_zero_and_hundred(seen: list[Activity], past: list[float]) -> None:
    """No past and no storm of events leads out of the scale."""
    assert 0.0 < domain.score(seen, domain.baseline_of(past)).risk < 100.0


@given(activities, days, kinds, severities)
def test_every_event_raises_the_risk(
    seen: list[Activity], past: list[float], kind: str, severity: str
) -> None:
    """The score is strictly monotone in the events."""
    baseline = domain.baseline_of(past)
    before = domain.risk_of(domain.score(seen, baseline).observed, baseline)[0]
    more = [*seen, Activity(id="evt_2", kind=kind, severity=severity)]
    assert domain.risk_of(domain.score(more, baseline).observed, baseline)[0] > before


@given(activities, st.floats(0, 20), st.floats(0, 20), st.floats(0.1, 20))
def test_a_busier_past_lowers_the_risk(
    seen: list[Activity], mean: float, deviation: float, more: float
) -> None:
    """The same activity is less remarkable for an entity that is always active."""
    quiet = Baseline(mean=mean, deviation=deviation, days=60)
    busy = Baseline(mean=mean + more, deviation=deviation, days=60)
    observed = domain.score(seen, quiet).observed
    assert domain.risk_of(observed, busy)[0] < domain.risk_of(observed, quiet)[0]


def test_the_midpoint_is_fifty() -> None:
    """Activity of three deviations above the mean scores fifty, which is an anomaly."""
    risk, z = domain.risk_of(16.0, Baseline(mean=10.0, deviation=2.0, days=60))
    assert (risk, z) == (50.0, 3.0)
    assert domain.level_of(risk) == "high"


@given(st.lists(days, min_size=1, max_size=4))
def test_peers_pool_their_days(pasts: list[list[float]]) -> None:
    """An entity without a past is measured by all days of its peers together."""
    assert domain.peer_baseline(pasts).days == sum(len(past) for past in pasts)


def test_no_past_is_silence() -> None:
    """Without a past of its own or of peers, any activity counts in full."""
    assert domain.baseline_of([]) == Baseline(mean=0.0, deviation=0.0, days=0)
