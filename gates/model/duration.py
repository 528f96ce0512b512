"""Durations as people write them in documents and options: 90s, 15m, 1h, 7d; below three centuries."""

from __future__ import annotations

import re
from datetime import timedelta

_WRITTEN = re.compile(r"(0|[1-9][0-9]{0,4})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration_of(text: str) -> timedelta | None:
    """Return the duration that a text means, None when it means none."""
    found = _WRITTEN.fullmatch(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
