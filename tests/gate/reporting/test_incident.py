"""What an incident says, and its drafts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gates.decision.incident import clock
from gates.reporting.incident import drafts, notice_text, status_lines
from tests.support.incidents import BEGAN, POLICY, incident

TEMPLATES = Path(__file__).parents[3] / "platforms" / "isectech" / "templates"


def test_a_notice_says_what_who_and_since_when() -> None:
    """In one sentence that fits a phone."""
    found = replace(incident(), services=("auth-service",))
    due = clock(found, POLICY.escalation, BEGAN)[0]
    assert notice_text(found, due) == (
        "P1 t (sandbox: auth-service). initial assessment: on-call-engineer. Since 00:00 UTC, incident inc."
    )


def test_the_status_shows_the_clock() -> None:
    """Who is due since when, and who will be."""
    now = BEGAN + timedelta(minutes=7)
    lines = status_lines(incident(), clock(incident(), POLICY.escalation, now), now)
    assert lines[0] == "inc  P1  open, 7 min  t"
    assert lines[2] == "    due since 00:05:00  incident-commander: incident declared"
    assert lines[3].startswith("    due at    00:15:00  team-lead")


@pytest.mark.parametrize("name", ["status-page.md", "customers.md", "vendors.md"])
def test_the_templates_of_the_platform_can_be_filled_in(name: str) -> None:
    """No placeholder is left, and the resolution stands in it once it is known."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    closed = replace(incident(BEGAN), closed_by="ann", resolution="A disk was full.")
    filled = drafts(closed, {name: text})[name]
    assert "$" not in filled
    assert "A disk was full." in filled


def test_a_placeholder_that_does_not_exist_is_refused() -> None:
    """A customer never reads `$nmae`."""
    with pytest.raises(KeyError):
        drafts(incident(), {"a.md": "$nmae"})
