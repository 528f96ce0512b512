"""A drill's figures are finite seconds, and its time is known."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime

import pytest

from tests.support.builders import drill
from tests.support.fake_cloud import EPOCH

DRILL = drill(subject="auth-service", rpo_s=0.0, at=EPOCH)


@pytest.mark.parametrize("figure", [math.nan, math.inf, -0.1])
@pytest.mark.parametrize("name", ["rto_s", "rpo_s"])
def test_a_figure_that_means_nothing_is_refused(name: str, figure: float) -> None:
    """A drill that measured nothing cannot be recorded as one that did."""
    with pytest.raises(ValueError, match="finite seconds"):
        replace(DRILL, **{name: figure})  # type: ignore[arg-type]


def test_a_time_without_a_zone_is_refused() -> None:
    """The age of a drill must be known."""
    with pytest.raises(ValueError, match="carries a zone"):
        replace(DRILL, at=datetime(2026, 1, 1))  # noqa: DTZ001 - what is refused
