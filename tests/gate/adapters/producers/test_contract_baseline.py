"""The accepted findings of the contracts: who answers for what until when."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_platform
from gates.adapters.producers.contract_baseline import FILE, load_baseline
from gates.errors import DocumentError

SHIPPED = Path(__file__).parents[4] / "platforms" / "isectech"
PLATFORM = load_platform(SHIPPED)
HEAD = "apiVersion: release-gate/v1\nkind: ContractBaseline\nmetadata: {name: contract-baseline}\nspec:\n"
ENTRY = """  accepted:
    - service: event-processor
      operation: GET /v1/events
      check: allow_header_conformance
      owner: technical-lead
      reason: the framework names one method only
      expiresAt: 2026-12-01T00:00:00Z
"""


def test_the_shipped_baseline_accepts_nothing() -> None:
    """What is wrong with the platform's contracts is mended, not accepted."""
    assert load_baseline(SHIPPED, PLATFORM) == ()


def test_without_the_document_nothing_is_accepted(tmp_path: Path) -> None:
    """It is no document that a platform must have."""
    assert load_baseline(tmp_path, PLATFORM) == ()


def test_an_entry_covers_its_check_until_its_day(tmp_path: Path) -> None:
    """Not a moment longer, and no other check or operation."""
    (tmp_path / FILE).write_text(HEAD + ENTRY)
    (entry,) = load_baseline(tmp_path, PLATFORM)
    before, day = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)

    assert entry.covers("GET /v1/events", "allow_header_conformance", now=before)
    assert not entry.covers("GET /v1/events", "allow_header_conformance", now=day)
    assert not entry.covers("GET /v1/lag", "allow_header_conformance", now=before)
    assert not entry.covers("GET /v1/events", "not_a_server_error", now=before)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      reason: the framework names one method only\n", ""),
        ("      expiresAt: 2026-12-01T00:00:00Z\n", ""),
        ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00"),
        ("event-processor", "event-procesor"),
        ("technical-lead", "nobody"),
        ("GET /v1/events", "/v1/events"),
        ("check:", "checks:"),
    ],
)
def test_an_entry_that_nobody_answers_for_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """Owner, reason and day are demanded; services and roles must exist; the place is named."""
    assert old in ENTRY
    (tmp_path / FILE).write_text(HEAD + ENTRY.replace(old, new))

    with pytest.raises(DocumentError) as caught:
        load_baseline(tmp_path, PLATFORM)
    assert FILE in caught.value.diagnostics()
