"""No search for garbage while our own tests are collected: what is imported stays, for good."""

from __future__ import annotations

import gc

gc.disable()


def pytest_collection_finish() -> None:
    """Search only among what comes later: conftest files take this hook over by its name."""
    gc.freeze()
    gc.enable()
