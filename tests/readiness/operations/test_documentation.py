"""OPS-02: the documents are reachable, and their review date has not passed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gates.model.criterion import PLATFORM
from gates.model.documentation import Documentation
from gates.model.target import Target
from journeys.checks import demand
from tests.readiness.pages import demand_answers


@pytest.mark.criterion("OPS-02")
def test_links_answer(target: Target, documentation: Documentation) -> None:
    """Every page that the platform file names answers."""
    demand_answers(target, documentation.links)


@pytest.mark.criterion("OPS-02")
def test_review_is_not_due(documentation: Documentation) -> None:
    """Somebody keeps the documents, and the next review lies ahead."""
    document_ownership = documentation.document_ownership
    demand(document_ownership is not None, "nobody keeps the documents", blames=PLATFORM)
    assert document_ownership is not None
    today = datetime.now(UTC).date()
    due = document_ownership.next_review
    demand(due >= today, f"the review was due on {due}: {document_ownership.owner} decides", blames=PLATFORM)
