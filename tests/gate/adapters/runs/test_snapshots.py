"""Snapshots are whole folders, found by name or the newest, and hold no secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates.adapters.runs.snapshots import SnapshotFolder
from gates.errors import EvidenceError, UsageError
from gates.reporting.redaction import REDACTED, Redactor

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def folder(root: Path) -> SnapshotFolder:
    """Return a folder that hides one secret."""
    return SnapshotFolder(root, "sandbox", Redactor(("hunter2-hunter2",)))


def test_the_newest_is_read_back(tmp_path: Path) -> None:
    """By name or without; secrets are gone."""
    snapshots = folder(tmp_path)
    snapshots.write({"a": {"image": "1"}}, AT)
    written = snapshots.write({"a": {"image": "2", "password": "hunter2-hunter2"}}, AT + timedelta(seconds=1))
    assert snapshots.read(None) == (written.name, {"a": {"image": "2", "password": REDACTED}})
    assert snapshots.read("20260301T120000Z")[1] == {"a": {"image": "1"}}


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """No snapshot at all, another name, and a file that is no JSON."""
    snapshots = folder(tmp_path)
    with pytest.raises(EvidenceError, match="no snapshot") as caught:
        snapshots.read(None)
    assert "gate snapshot create" in caught.value.next_step
    written = snapshots.write({"a": {}}, AT)
    with pytest.raises(UsageError, match="no snapshot"):
        snapshots.read("20250101T000000Z")
    (written / "a.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        snapshots.read(None)
