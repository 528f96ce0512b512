"""Does the platform carry load of the agreed size for the agreed time? Measured here, judged by the gate."""

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
AGREED = "expected"
"""The profile of the agreed size; GATE_LOAD_PROFILE names another one."""


@pytest.fixture(scope="session")
def load(
    target: Target, tokens: Callable[[str], Tokens], tmp_path_factory: pytest.TempPathFactory
) -> LoadSummary:
    """Send the profile once, at the gateway's public name."""
    name = os.environ.get("GATE_LOAD_PROFILE", AGREED)
    folder = Path(os.environ.get("GATE_RUN_FOLDER") or tmp_path_factory.mktemp("load"))
    return send(name, target, token=tokens("load").access, folder=folder)


@pytest.mark.criterion("LOD-AGREED-RATE")
def test_agreed_rate(load: LoadSummary, measure: Measure) -> None:
    """The platform took the rate that was offered."""
    measure_rate(load, measure)


@pytest.mark.criterion("LOD-AGREED-ERRORS")
def test_agreed_errors(load: LoadSummary, measure: Measure) -> None:
    """Share of requests without a 2xx answer."""
    measure_errors(load, measure)


@pytest.mark.criterion("LOD-AGREED-P95")
def test_agreed_p95(load: LoadSummary, measure: Measure) -> None:
    """95th percentile of the exact latencies, each from the moment at which its request was due."""
    measure_p95(load, measure)
