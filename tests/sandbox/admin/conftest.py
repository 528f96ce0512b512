"""The cloud that a test talks to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.admin.local_cloud import LocalCloud, local_cloud


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    """A fresh local Cloud Run with a fake data plane."""
    with local_cloud() as running:
        yield running
