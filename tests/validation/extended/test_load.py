"""Does the platform carry load of the agreed size for the agreed time? Measured here, judged by the gate."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gates.model.target import Target
from journeys.session import Tokens
from load.profiles import PROFILES
from load.run import GeneratorError, LoadSummary
from tests.loading import send

pytestmark = [pytest.mark.service("api-gateway"), pytest.mark.impact("noisy")]
Measure = Callable[..., None]
AGREED = "expected"
"""The profile of the agreed size; GATE_LOAD_PROFILE names another one."""


@pytest.fixture(scope="session")
def load(
    target: Target, tokens: Callable[[str], Tokens], tmp_path_factory: pytest.TempPathFactory
) -> LoadSummary:
    """Send the profile once, at the gateway's public name."""
    name = os.environ.get("GATE_LOAD_PROFILE", AGREED)
    if name not in PROFILES:
        raise GeneratorError(f"there is no profile {name}, known are {', '.join(PROFILES)}")
    folder = Path(os.environ.get("GATE_RUN_FOLDER") or tmp_path_factory.mktemp("load"))
    return send(PROFILES[name], target, token=tokens("load").access, folder=folder)


@pytest.mark.criterion("LOD-AGREED-RATE")
def test_agreed_rate(load: LoadSummary, measure: Measure) -> None:
    """The generator reached the agreed rate.

    Its samples are the requests that were to be sent: what could not be taken is no lack of evidence.
    """
    measure(load.achieved, unit="ratio", samples=round(load.demanded))


@pytest.mark.criterion("LOD-AGREED-ERRORS")
def test_agreed_errors(load: LoadSummary, measure: Measure) -> None:
    """Share of requests without a 2xx answer."""
    measure(load.error_ratio, unit="ratio", samples=load.requests)


@pytest.mark.criterion("LOD-AGREED-P95")
def test_agreed_p95(load: LoadSummary, measure: Measure) -> None:
    """95th percentile of the exact latencies."""
    measure(load.percentile(0.95), unit="ms", samples=load.requests)
