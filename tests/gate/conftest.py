"""Our own tests draw their examples as `tests/support/drawing.py` says."""

from __future__ import annotations

from tests.support import drawing

drawing.register()
