"""Reads an evidence file while its producers write it, and announces every check as it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gates.model.events import CheckFinished, Event


class EvidenceTail:
    """Follows one evidence file; what it announces is for watching, never for judging."""

    def __init__(self, path: Path, announce: Callable[[Event], None]) -> None:
        self._path, self._announce = path, announce
        self._offset = self._total = 0
        self._ended: set[str] = set()

    def read(self) -> None:
        """Announce what was written since the last call; a half-written line waits for the next one."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            lines = file.read().split(b"\n")
        self._offset += sum(len(line) + 1 for line in lines[:-1])
        for line in lines[:-1]:
            with suppress(ValueError):
                self._one(json.loads(line))

    def _one(self, record: dict[str, object]) -> None:
        total = record.get("total")
        if record.get("kind") == "plan" and isinstance(total, int):
            self._total = total
        if record.get("kind") != "report":
            return
        outcome = str(record.get("outcome"))
        if outcome == "passed" and record.get("when") != "teardown":
            return
        self._ended.add(str(record.get("id")))
        properties = record.get("properties")
        named = dict(properties) if isinstance(properties, list) else {}
        self._announce(
            CheckFinished(
                criterion=str(named.get("criterion", "")),
                service=str(named.get("service", "")),
                status=outcome,
                done=len(self._ended),
                total=self._total,
            )
        )
