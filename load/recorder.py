"""What the generator writes down of each request, exactly: its own percentiles are rounded."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from load.machine import Watch
from load.plan import Plan

NOT_DONE = -1.0
Row = list[float]
"""Due, free, sent, done (seconds after the start), status (0 is no answer), path.

`free` is when a connection was free to send it: later than due while all of them waited for answers.
"""
DONE, STATUS = 3, 4


@dataclass(slots=True)
class Recorder:
    """Collects the rows of one run, and the requests before it that opened the connections."""

    rows: list[Row] = field(default_factory=list)
    opening: list[tuple[str, float, int]] = field(default_factory=list)
    """Path, milliseconds and status of each request before the clock started."""
    started: float = 0.0
    """Processor time that this process had used when the clock started."""

    def begin(self, due: float, free: float, sent: float, path: int) -> Row:
        """Note that a request is sent now."""
        row: Row = [due, free, sent, NOT_DONE, 0, path]
        self.rows.append(row)
        return row

    def write(self, plan: Plan, *, unsent: list[float], counted: int, watch: Watch | None) -> None:
        """Write everything to the plan's file, whole or not at all."""
        cpu_s = time.process_time() - self.started if self.started else 0.0
        document = {
            "plan": asdict(plan),
            "counted": counted,
            "cpu_s": cpu_s,
            "opening": self.opening,
            "rows": [[round(value, 5) for value in row] for row in self.rows],
            "unsent": unsent,
            "stalls": watch.stalls if watch else [],
            "samples": [asdict(sample) for sample in watch.samples] if watch else [],
        }
        out = Path(plan.out)
        draft = out.with_suffix(".part")
        draft.write_text(json.dumps(document), encoding="utf-8")
        draft.replace(out)


def status_of(response: Any, exception: BaseException | None) -> int:
    """Return the status of an answer; one that broke off after its status line is none (0)."""
    status = int(getattr(response, "status_code", 0) or 0)
    return 0 if exception is not None and status < HTTPStatus.BAD_REQUEST else status
