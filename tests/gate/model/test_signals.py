"""A signal rests on samples."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gates.model.evidence import Measurement, Window
from gates.model.signals import Signal

MOMENT = datetime(2027, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize("samples", [0, -1])
def test_a_signal_without_samples_cannot_exist(samples: int) -> None:
    """Where there is no data there is no signal, by construction."""
    with pytest.raises(ValueError, match="at least one sample"):
        Signal(
            service="s",
            revision="s-00001",
            measurement=Measurement(value=0.0, unit="ratio"),
            samples=samples,
            window=Window(start=MOMENT, end=MOMENT),
        )
