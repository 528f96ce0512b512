"""How long checks took in earlier runs: shown as an estimate while a run lasts, never used to judge."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

_NEWEST = 12
_HEAD_LINES = 5
_ALIKE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What an earlier run took: each of its checks, and all of them from the first to the last."""

    checks: tuple[tuple[str, float], ...]
    seconds: float


def pace(reports: Path, planned: Collection[str], *, besides: Path) -> Pace | None:
    """Return the pace of the newest run that had at least half of the planned checks, None without one.

    Args:
        reports: the folder that holds the folders of all runs.
        planned: the ids of the checks that are to run now.
        besides: this run's own evidence file.
    """
    with suppress(OSError):
        files = [file for file in reports.glob("*/producers.jsonl") if file != besides]
        for file in sorted(files, key=lambda one: one.stat().st_mtime, reverse=True)[:_NEWEST]:
            known = _planned(file)
            if len(known.intersection(planned)) >= _ALIKE * max(len(planned), len(known), 1):
                return _read(file)
    return None


def _planned(file: Path) -> frozenset[str]:
    """Return what a run planned; it says so in its first lines."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        for record in _records(islice(lines, _HEAD_LINES)):
            if record.get("kind") == "plan":
                return frozenset(str(check) for check in record.get("ids", ()))
    return frozenset()


def _read(file: Path) -> Pace | None:
    began: dict[str, float] = {}
    ended: dict[str, float] = {}
    with file.open(encoding="utf-8", errors="replace") as lines:
        for record in _records(lines):
            with suppress(KeyError, TypeError, ValueError):
                check, start, stop = str(record["id"]), float(record["start"]), float(record["stop"])
                began[check] = min(began.get(check, start), start)
                ended[check] = max(ended.get(check, stop), stop)
    if not began:
        return None
    checks = tuple((check, max(0.0, ended[check] - began[check])) for check in began)
    return Pace(checks=checks, seconds=max(ended.values()) - min(began.values()))


def _records(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        with suppress(ValueError):
            record = json.loads(line)
            if isinstance(record, dict):
                yield record
