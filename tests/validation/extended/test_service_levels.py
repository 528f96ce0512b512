"""The four service level indicators of each service, from Cloud Monitoring and from requests of one's own.

Monitoring sees what users got; where it has seen too few requests and the environment allows it, requests of
one's own fill up what is missing. No data is no number: the check is then not run, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from gates.model.platform import Impact
from gates.model.target import ServiceTarget, Target
from journeys.reads import PUBLIC
from journeys.session import Tokens
from tests.observing import CloudMetrics, Part, Window
from tests.validation.probes import ProbeResult, percentile, probe

pytestmark = pytest.mark.alone
Measure = Callable[..., None]

_HISTORY_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that can be seen of one candidate in the window."""

    part: Part
    window: Window
    metrics: CloudMetrics
    probes: Callable[[], ProbeResult | None]

    def outcomes(self, wanted: int) -> list[tuple[int, int]]:
        """Return pairs (answered, failed), one for each source that saw requests; skip without any.

        Refused callers (4xx) say nothing of the service.
        """
        counted = self.metrics.requests(self.part, self.window)
        found = [(counted["1xx"] + counted["2xx"] + counted["3xx"], counted["5xx"])]
        if sum(found[0]) < wanted and (own := self.probes()) is not None:
            found.append((own.answered, own.failed))
        seen = [pair for pair in found if sum(pair)]
        if not seen:
            pytest.skip(f"no request reached {self.part.revision} in the window")
        return seen


@pytest.fixture(scope="session")
def window(target: Target, metrics: CloudMetrics) -> Window:
    """Give the extended window, chosen once: it ends before the first request of one's own is sent.

    A window that moved on would hold those requests too, and one request would count as two samples.
    """
    return metrics.window(target.extended_s)


@pytest.fixture(scope="session")
def probes(
    target: Target, http: Callable[[str], httpx.Client], tokens: Callable[[str], Tokens]
) -> Callable[[str], ProbeResult | None]:
    """Give what requests of one's own saw of a service, sent once; None where they are not allowed."""
    sent: dict[str, ProbeResult] = {}

    def find(service: str) -> ProbeResult | None:
        if Impact.NOISY not in target.allowed_impacts:
            return None
        if service not in sent:
            needed = max(target.demand(name).minimum_samples for name in ("SLI-AVAIL", "SLI-ERRORS"))
            headers = {} if service in PUBLIC else tokens("load").headers
            sent[service] = probe(http(service), service, needed, headers=headers)
        return sent[service]

    return find


@pytest.fixture
def sight(
    window: Window,
    service: ServiceTarget,
    target: Target,
    metrics: CloudMetrics,
    probes: Callable[[str], ProbeResult | None],
) -> Sight:
    """Give the extended window; a candidate that did not serve through it cannot be judged yet."""
    part = metrics.part(service.name, service.revision)
    seen, minutes = metrics.minutes(part, window), window.seconds // 60
    if seen < target.demand("SLI-AVAIL").limit("leastShareOfMinutesSeen") * minutes:
        pytest.skip(f"{service.revision} was seen in {seen} of the last {minutes} minutes that are visible")
    return Sight(part=part, window=window, metrics=metrics, probes=lambda: probes(service.name))


@pytest.mark.criterion("SLI-AVAIL")
def test_availability(target: Target, sight: Sight, measure: Measure) -> None:
    """Share of requests that got an answer."""
    for answered, failed in sight.outcomes(target.demand("SLI-AVAIL").minimum_samples):
        measure(answered / (answered + failed), unit="ratio", samples=answered + failed)


@pytest.mark.criterion("SLI-ERRORS")
def test_error_ratio(target: Target, sight: Sight, measure: Measure) -> None:
    """Share of requests that failed."""
    for answered, failed in sight.outcomes(target.demand("SLI-ERRORS").minimum_samples):
        measure(failed / (answered + failed), unit="ratio", samples=answered + failed)


@pytest.mark.criterion("SLI-LATENCY")
def test_latency(
    target: Target, sight: Sight, measure: Measure, record_property: Callable[[str, Any], None]
) -> None:
    """95th percentile of the merged distributions; the 99th stands beside it."""
    found = sight.metrics.latency(sight.part, sight.window, 95)
    if found is not None:
        measure(found[0], unit="ms", samples=found[1])
        record_property("p99_ms", (sight.metrics.latency(sight.part, sight.window, 99) or found)[0])
        if found[1] >= target.demand("SLI-LATENCY").minimum_samples:
            return
    own = sight.probes()
    if own is not None and own.latencies_ms:
        measure(percentile(own, 0.95), unit="ms", samples=own.counted)
        record_property("own_p99_ms", percentile(own, 0.99))
    elif found is None:
        pytest.skip(f"no latency of {sight.part.revision} was measured in the window")


@pytest.mark.criterion("SLI-THROUGHPUT")
def test_throughput(service: ServiceTarget, sight: Sight, measure: Measure) -> None:
    """Deviation of the request rate from that of the last release with a GO, just before this one came."""
    metrics, window = sight.metrics, sight.window
    if service.last_go is None:
        pytest.skip("the first release: no earlier one had a GO to compare with")
    history = Window(window.end - max(_HISTORY_S, window.seconds), window.end)
    began = metrics.first_seen(sight.part, history)
    if began is None:
        pytest.skip(f"no request reached {service.revision} in the last day")
    before = Window(began - window.seconds, began)
    earlier = sum(metrics.requests(metrics.part(service.name, service.last_go), before).values())
    if not earlier:
        pytest.skip(f"nothing is known of the traffic of {service.last_go} before {service.revision} came")
    now = sum(metrics.requests(sight.part, window).values())
    measure(now / earlier - 1, unit="ratio", samples=now)
