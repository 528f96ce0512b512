"""When each request is due: a pure function of the offer and a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

SEED = 20260101


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request: seconds after the start at which it is due, and which of the paths it asks for."""

    due: float
    path: int


def arrivals(
    *, rate: float, warm_up: float, seconds: float, paths: int, seed: int = SEED
) -> tuple[Arrival, ...]:
    """Return the requests of the warm-up and of the measured time, in the order in which they are due.

    Independent users arrive as a Poisson process: given how many come in a time, each comes at any moment
    of it with the same probability. So the number is exact and the gaps are as uneven as in production. The
    paths are asked for equally often, in any order.
    """
    source = random.Random(seed)  # noqa: S311 - a schedule is repeatable, not secret
    parts = ((0.0, warm_up), (warm_up, seconds))
    return tuple(one for start, length in parts for one in _part(source, rate, start, length, paths))


def _part(source: random.Random, rate: float, start: float, length: float, paths: int) -> Sequence[Arrival]:
    count = round(rate * length)
    asked = [number % paths for number in range(count)]
    source.shuffle(asked)
    moments = sorted(start + source.uniform(0.0, length) for _ in range(count))
    return [Arrival(due, path) for due, path in zip(moments, asked, strict=True)]
