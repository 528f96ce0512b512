"""Reads an evidence file while its producers write it, and announces every check as it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from gates.adapters.producers.past_pace import pace
from gates.model.events import CheckBegan, CheckFinished, ChecksPlanned, Event


class EvidenceTail:
    """Follows one evidence file; what it announces is for watching, never for judging.

    `criteria` names a criterion of each producer; earlier runs are looked for beside this run's folder.
    """

    def __init__(
        self, path: Path, announce: Callable[[Event], None], criteria: Mapping[str, str] | None = None
    ) -> None:
        self.path, self._announce, self._criteria = path, announce, criteria or {}
        self._offset = self._total = 0
        self._ended: set[str] = set()

    def read(self) -> None:
        """Announce what was written since the last call; a half-written line waits for the next one."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._offset)
            lines = file.read().split(b"\n")
        self._offset += sum(len(line) + 1 for line in lines[:-1])
        for line in lines[:-1]:
            with suppress(ValueError):
                self._one(json.loads(line))

    def _one(self, record: dict[str, object]) -> None:
        if record.get("kind") == "plan":
            self._plan(record)
        if record.get("kind") == "begin":
            check = str(record.get("id"))
            self._announce(CheckBegan(check=check, name=self._name(check)))
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
                check=str(record.get("id")),
                criterion=str(named.get("criterion", "")),
                service=str(named.get("service", "")),
                status=outcome,
                done=len(self._ended),
                total=self._total,
            )
        )

    def _plan(self, record: dict[str, object]) -> None:
        total, ids = record.get("total"), record.get("ids")
        self._total = total if isinstance(total, int) else 0
        planned = [str(check) for check in ids] if isinstance(ids, list) else []
        earlier = pace(self.path.parents[1], planned, besides=self.path)
        if earlier is None:
            return
        known = dict(earlier.checks)
        other = sum(known.values()) / len(known)  # a check that is new takes what one takes on average
        usual = tuple((check, known.get(check, other)) for check in planned)
        share = sum(seconds for _, seconds in usual) / max(sum(known.values()), 1e-9)
        self._announce(ChecksPlanned(usual=usual, seconds=earlier.seconds * share))

    def _name(self, check: str) -> str:
        """Return `CRITERION@service` of a check, or its own name where neither is known."""
        producer, _, given = check.partition("[")
        name = self._criteria.get(producer, producer.rpartition("::")[2])
        return f"{name}@{given.rstrip(']')}" if given else name
