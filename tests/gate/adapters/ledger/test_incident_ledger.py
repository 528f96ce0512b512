"""Incidents survive a restart, and a notice goes out once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from gates.adapters.ledger.incident_ledger import IncidentLedger
from gates.model.incident import Notice, NoticeResult, NoticeState
from tests.support.incidents import BEGAN, incident

NOTICE = Notice(incident="inc", step="incident declared", channel="chat", text="t")


def went(state: NoticeState) -> NoticeResult:
    """Return how NOTICE went."""
    return NoticeResult(notice=NOTICE, state=state, detail="", at=BEGAN)


def test_an_incident_is_found_again_until_it_is_closed(tmp_path: Path) -> None:
    """By a process that knows nothing but the file."""
    file = tmp_path / "ledger.sqlite3"
    IncidentLedger(file, "sandbox").save(incident())
    again = IncidentLedger(file, "sandbox")
    assert again.incidents() == (incident(),)
    assert IncidentLedger(file, "production").incidents() == ()
    closed = again.close(incident(), by="bob", resolution="gone", now=BEGAN + timedelta(hours=1))
    assert again.incidents() == ()
    assert again.incidents(only_open=False) == (closed,)
    assert again.close(closed, by="eve", resolution="mine", now=BEGAN) is closed


def test_a_notice_is_claimed_once(tmp_path: Path) -> None:
    """Two who look at the same time send it once; a sent one is never sent again."""
    ledger = IncidentLedger(tmp_path / "ledger.sqlite3", "sandbox")
    assert ledger.claim([NOTICE, NOTICE], BEGAN) == (NOTICE,)
    assert ledger.claim([NOTICE], BEGAN) == ()
    ledger.record([went(NoticeState.SENT)])
    assert ledger.claim([NOTICE], BEGAN + timedelta(days=1)) == ()


def test_a_failed_notice_is_tried_again(tmp_path: Path) -> None:
    """By the next look."""
    ledger = IncidentLedger(tmp_path / "ledger.sqlite3", "sandbox")
    ledger.claim([NOTICE], BEGAN)
    ledger.record([went(NoticeState.FAILED)])
    assert ledger.claim([NOTICE], BEGAN) == (NOTICE,)


def test_a_notice_whose_sender_died_is_tried_again(tmp_path: Path) -> None:
    """A minute later: it may arrive twice, and it does not get lost."""
    ledger = IncidentLedger(tmp_path / "ledger.sqlite3", "sandbox")
    ledger.claim([NOTICE], BEGAN)
    assert ledger.claim([NOTICE], BEGAN + timedelta(seconds=61)) == (NOTICE,)
