"""Ids that sort by the time of their making, so that a list in the order of ids is a list in time."""

from __future__ import annotations

import secrets
import time


def mint(prefix: str, at: float | None = None) -> str:
    """Return a new id such as `evt_0199a3c4d5e61f2a3b4c5d6e`: milliseconds in hex, then 48 random bits.

    Give the time `at` that the record shows (Unix seconds): ids then sort as the shown times do.
    """
    milliseconds = time.time_ns() // 1_000_000 if at is None else round(at * 1000)
    return f"{prefix}_{milliseconds:012x}{secrets.token_hex(6)}"
