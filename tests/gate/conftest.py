"""Our own tests draw their examples as `tests/support/drawing.py` says."""

from __future__ import annotations

from tests.support import drawing
from tests.support.collecting import pytest_collection_finish

__all__ = ["pytest_collection_finish"]

drawing.register()
