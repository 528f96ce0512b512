"""GLV-11: the status page answers and is ready to announce the go-live."""

from __future__ import annotations

import pytest

from gates.model.documentation import Documentation
from gates.model.target import Target
from tests.readiness.pages import demand_answers

STATUS_PAGE = "status-page"


@pytest.mark.criterion("GLV-11")
def test_status_page_answers(target: Target, documentation: Documentation) -> None:
    """Customers look there first."""
    demand_answers(target, [link for link in documentation.links if link.name == STATUS_PAGE])
