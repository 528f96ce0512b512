"""The confidence interval of a share of counted runs."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


def wilson(hits: int, runs: int, *, z: float = Z_95) -> tuple[float, float]:
    """Return the score interval of a proportion (Wilson 1927), within 0..1.

    At 0 and at all hits the interval keeps a width, unlike the normal approximation: after 40 runs without an
    alarm the rate is below 8.8 %, not zero.

    Raises:
        ValueError: there is no run, or more hits than runs.
    """
    if not 0 <= hits <= runs or runs == 0:
        raise ValueError(f"{hits} of {runs} is not a proportion")
    share, spread = hits / runs, z * z / runs
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / runs + spread / (4 * runs))
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == runs else min(1.0, middle + half)
    return low, high
