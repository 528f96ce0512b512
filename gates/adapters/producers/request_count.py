"""How many requests the producers of a run had sent by some moment: they note it beside each check."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

PROPERTY = "requests"


def requests_until(evidence: Path, moment: datetime) -> int | None:
    """Return the requests of all checks that began before `moment`; None when nothing was noted.

    Of the checks that measured many samples at once the largest counts: they look at one load profile.
    """
    if not evidence.exists():
        return None
    began: dict[object, float] = {}
    sent: list[int] = []
    samples = [0]
    for line in evidence.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError, TypeError, KeyError):
            record = json.loads(line)
            began.setdefault(record["id"], float(record["start"]))
            named = dict(record["properties"])
            if record["when"] == "teardown" and began[record["id"]] <= moment.timestamp():
                sent += [int(named[PROPERTY])] if PROPERTY in named else []
                samples += (
                    [int(json.loads(named["measurement"])["samples"])] if "measurement" in named else []
                )
    return sum(sent) + max(samples) if sent else None
