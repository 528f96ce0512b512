"""A timeline is in order, moves the traffic once, and names only what is demanded."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.adapters.documents.timeline_document import load_timeline
from gates.errors import DocumentError
from gates.model.criterion import Catalogue

SHIPPED = Path("platforms/isectech")
GUIDE = ("-7d", "-2h", "-30m", "-15m", "-5m", "0m", "5m", "15m", "30m", "1h", "24h")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The shipped criteria."""
    return load_catalogue(SHIPPED, load_platform(SHIPPED))


def test_the_shipped_timeline_has_every_slot_of_the_guide(catalogue: Catalogue) -> None:
    """And watches between the first hour and the review."""
    slots = load_timeline(SHIPPED, catalogue).slots
    wanted = {timedelta(**{_UNITS[text[-1]]: int(text[:-1])}) for text in GUIDE}
    assert wanted <= {slot.at for slot in slots}
    assert timedelta(hours=20) in {slot.at for slot in slots}
    assert slots[-1].at == timedelta(hours=24)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("before: 2h", "before: 8d", "order of their time"),
        ("after: 0m, traffic: true", "after: 1m, traffic: true", "moves the traffic, at 0"),
        ("traffic: true", "traffic: false", "moves the traffic, at 0"),
        ("rehearsed: [GLV-13]", "rehearsed: [HLT-LIVE]", "does not demand HLT-LIVE"),
        ("approves: final-checks", "approves: review", "not an earlier checkpoint"),
        ("before: 5m", "before: 5m, after: 5m", "either before or after"),
        ("before: 5m", "before: soon", "is not a duration"),
        ("name: briefing", "name: final-checks", "twice"),
        ("title: the team is briefed", "titel: the team is briefed", "unknown key"),
    ],
)
def test_a_wrong_timeline_is_refused(
    tmp_path: Path, catalogue: Catalogue, old: str, new: str, said: str
) -> None:
    """As a whole, with its reason."""
    text = (SHIPPED / "timeline.yaml").read_text()
    assert old in text
    (tmp_path / "timeline.yaml").write_text(text.replace(old, new))
    with pytest.raises(DocumentError, match=said):
        load_timeline(tmp_path, catalogue)
