"""Reached over offered load, again and again, and how two runs of one release compare.

`.venv/bin/python -m sandbox with -- .venv/bin/python -m benchmarks.load_reached --runs 20`. Prints one JSON
line per run and a summary: the least and the most that was reached, how often the run was void, and what
TST-05 would have made of each run against the one before it (`no worse`, `open`, `slower`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from load.comparison import compare
from load.fault import generator_fault
from load.record import Record, read_record
from load.run import record_name
from load.summary import summarise

GATE = str(Path(sys.executable).with_name("gate"))
LIMIT = 1.2
"""What TST-05 allows."""


def main() -> int:
    """Send the smoke profile so many times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--env", default="sandbox")
    chosen = parser.parse_args()
    records = []
    for number in range(1, chosen.runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            code, record = send(Path(folder), chosen.env)
        records.append(record)
        print(json.dumps({"run": number, "exit": code, **figures(record)}), flush=True)
    reached = sorted(summarise(record).achieved.seen for record in records)
    compared = Counter(comparison(now, before) for before, now in pairwise(records))
    void = sum(bool(generator_fault(record)) for record in records)
    print(json.dumps({"reached": [reached[0], reached[-1]], "void": void, "compared": compared}))
    return 0


def send(folder: Path, environment: str) -> tuple[int, Record]:
    """Send the load once, by the gate's own command; return its exit code and the record."""
    done = subprocess.run(
        [GATE, "load", "smoke", "--env", environment],
        env={**os.environ, "GATE_REPORTS": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = list(folder.glob(f"*/{record_name('smoke')}"))
    if not found:
        raise SystemExit(done.stdout + done.stderr)
    return done.returncode, read_record(found[0])


def figures(record: Record) -> dict[str, Any]:
    """Return what one run saw."""
    summary = summarise(record)
    return {
        "reached": round(summary.achieved.seen, 4),
        "p95": {name: round(value, 1) for name, value in asdict(summary.p95).items()},
        "failed": summary.failed,
        "void": generator_fault(record),
        "machine": summary.machine,
        "cpu_us": round(record.cpu_s / max(1, len(record.sent)) * 1e6),
        "load_average": os.getloadavg()[0],
    }


def comparison(now: Record, before: Record) -> str:
    """Return what TST-05 makes of two runs."""
    ratio, _ = compare(now, before)
    if ratio.seen <= LIMIT:
        return "no worse"
    return "slower" if ratio.at_best > LIMIT else "open"


if __name__ == "__main__":
    sys.exit(main())
