"""Configuration snapshots as files: one folder for each moment, one JSON document for each service."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from gates.adapters.machine.writable import writing
from gates.errors import EvidenceError, UsageError

Clean = Callable[[Mapping[str, object]], Mapping[str, object]]
_NAME = "%Y%m%dT%H%M%SZ"


class SnapshotFolder:
    """The snapshots of one environment, below `root`; `clean` takes secrets out of a document."""

    def __init__(self, root: Path, environment: str, clean: Clean) -> None:
        self._root = root / "snapshots" / environment
        self._clean = clean

    def write(self, documents: Mapping[str, Mapping[str, object]], at: datetime) -> Path:
        """Write a snapshot and return its folder; it appears as a whole or not at all.

        Raises:
            ConfigurationError: the folder cannot be written.
        """
        folder = self._root / at.astimezone(UTC).strftime(_NAME)
        unfinished = folder.with_suffix(".part")
        with writing(folder):
            unfinished.mkdir(parents=True, exist_ok=True)
            for service, document in documents.items():
                text = json.dumps(self._clean(document), indent=1, sort_keys=True, ensure_ascii=False)
                (unfinished / f"{service}.json").write_text(text + "\n", encoding="utf-8")
            return unfinished.rename(folder)

    def read(self, name: str | None) -> tuple[str, dict[str, object]]:
        """Return a snapshot's name and its documents by service; without a name the newest one.

        Raises:
            EvidenceError: there is none yet.
            UsageError: there is no such snapshot, or it cannot be read.
        """
        names = sorted(path.name for path in self._root.glob("*Z")) if self._root.is_dir() else []
        if not names:
            raise EvidenceError(f"no snapshot is in {self._root}", next_step="make one: gate snapshot create")
        wanted = name or names[-1]
        if wanted not in names:
            raise UsageError(
                f"there is no snapshot {wanted} in {self._root}", next_step=f"the newest is {names[-1]}"
            )
        try:
            return wanted, {
                path.stem: json.loads(path.read_text(encoding="utf-8"))
                for path in sorted((self._root / wanted).glob("*.json"))
            }
        except ValueError as error:
            raise UsageError(f"the snapshot {wanted} cannot be read: {error}") from error
