"""Does the platform carry load through its front door? Measured here, judged by the gate."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gates.model.target import Target
from journeys.session import Tokens
from load.summary import LoadSummary, outlier, service_behind
from tests.loading import doubt, send

pytestmark = [pytest.mark.service("api-gateway"), pytest.mark.impact("noisy")]
Measure = Callable[..., None]
GATEWAY = "api-gateway"


@pytest.fixture(scope="session")
def load(
    target: Target, tokens: Callable[[str], Tokens], tmp_path_factory: pytest.TempPathFactory
) -> LoadSummary:
    """Send the smoke profile once, at the gateway's public name."""
    folder = Path(os.environ.get("GATE_RUN_FOLDER") or tmp_path_factory.mktemp("load"))
    return send("smoke", target, token=tokens("load").access, folder=folder)


@pytest.mark.criterion("LOD-ACHIEVED", "VAL-LOAD")
def test_achieved_rate(load: LoadSummary, measure: Measure) -> None:
    """The platform took the rate that was offered."""
    measure(
        load.achieved.seen,
        unit="ratio",
        samples=load.requests,
        at_best=load.achieved.at_best,
        doubt=doubt(load),
        note=load.platform,
    )


@pytest.mark.criterion("LOD-ERRORS", "VAL-ERR")
def test_error_ratio(load: LoadSummary, measure: Measure) -> None:
    """Share of requests without a 2xx answer."""
    measure(
        load.error_ratio.seen,
        unit="ratio",
        samples=load.requests,
        blames=service_behind(outlier({one.path: one.failed for one in load.by_path}), entrance=GATEWAY),
        at_best=load.error_ratio.at_best,
        doubt=doubt(load),
    )


@pytest.mark.criterion("LOD-P95", "VAL-PERF")
def test_p95(load: LoadSummary, measure: Measure) -> None:
    """95th percentile of the exact latencies, each from the moment at which its request was due."""
    tails, middles = ({o.path: o.p95 for o in load.by_path}, {o.path: o.median for o in load.by_path})
    measure(
        load.p95.seen,
        unit="ms",
        samples=load.offered,
        blames=service_behind(outlier(tails) or outlier(middles), entrance=GATEWAY),
        at_best=load.p95.at_best,
        doubt=doubt(load),
        note=load.opening,
    )
