"""Ends the generator when the process that started it is gone, however that ended."""

from __future__ import annotations

import os
from collections.abc import Callable

PARENT = "LOAD_PARENT"
"""Names the process that must live as long as the generator."""
LOOK_S = 0.5


def outlives(parent: int) -> bool:
    """Whether this process has lost its parent."""
    return os.getppid() != parent


def follow(parent: int, *, pause: Callable[[float], None], end: Callable[[], object]) -> None:
    """Wait until the parent is gone, then end."""
    while not outlives(parent):
        pause(LOOK_S)
    end()
