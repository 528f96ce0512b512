"""Does the platform carry load through its front door? Measured here, judged by the gate."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gates.model.target import Target
from journeys.session import Tokens
from load.summary import LoadSummary
from tests.loading import GATEWAY, Measure, measure_errors, measure_p95, measure_rate, send

pytestmark = [pytest.mark.service(GATEWAY), pytest.mark.impact("noisy")]


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
    measure_rate(load, measure)


@pytest.mark.criterion("LOD-ERRORS", "VAL-ERR")
def test_error_ratio(load: LoadSummary, measure: Measure) -> None:
    """Share of requests without a 2xx answer."""
    measure_errors(load, measure)


@pytest.mark.criterion("LOD-P95", "VAL-PERF")
def test_p95(load: LoadSummary, measure: Measure) -> None:
    """95th percentile of the exact latencies, each from the moment at which its request was due."""
    measure_p95(load, measure)
