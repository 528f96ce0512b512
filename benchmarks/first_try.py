"""How often a healthy release gets its GO on this machine, idle and busy.

`python benchmarks/first_try.py --runs 20` starts a sandbox for each run, as `make gate` does, and takes its
release through `gate run --stage immediate`. `--busy` keeps one processor busy with another process, `--pin`
keeps sandbox and gate on processor 0. Prints one JSON line per run (seconds, exit code, outcome, achieved
over offered load, what did not pass) and a summary. Leaves with 1 if any run was a NO_GO.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

GATE = str(Path(sys.executable).with_name("gate"))
LAST_PROCESSOR = max(os.sched_getaffinity(0))
SECONDS = 900


def main() -> int:
    """Take the release through the gate so many times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--pin", action="store_true")
    chosen = parser.parse_args()
    outcomes: Counter[str] = Counter()
    achieved: list[float] = []
    for number in range(1, chosen.runs + 1):
        with busy(is_wanted=chosen.busy), tempfile.TemporaryDirectory() as folder:
            found = run(Path(folder), is_pinned=chosen.pin)
        outcomes[found["outcome"]] += 1
        achieved += [found["achieved"]] if found["achieved"] is not None else []
        print(json.dumps({"run": number, **found}), flush=True)
    ordered = sorted(achieved)
    summary = {"outcomes": outcomes, "achieved": [ordered[0], ordered[-1]] if ordered else []}
    print(json.dumps(summary))
    return 1 if outcomes["NO_GO"] else 0


def run(folder: Path, *, is_pinned: bool) -> dict[str, Any]:
    """Start a sandbox, judge its release once, and return what is worth comparing."""
    words = ["-m", "sandbox", "with", "--", GATE, "run", "--env", "sandbox", "--stage", "immediate"]
    pin = ["taskset", "-c", "0"] if is_pinned else []
    started = time.monotonic()
    done = subprocess.run(
        [*pin, sys.executable, *words, "--release", "r"],
        env={**os.environ, "GATE_REPORTS": str(folder)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    seconds = round(time.monotonic() - started, 1)
    path = folder / "r" / "verdict.json"
    if not path.exists():
        return {"outcome": f"exit {done.returncode}", "seconds": seconds, "achieved": None, "open": []}
    verdict = json.loads(path.read_text(encoding="utf-8"))
    judged = verdict["judgements"]
    return {
        "outcome": verdict["outcome"],
        "code": done.returncode,
        "seconds": seconds,
        "achieved": next(_achieved(folder / "r"), None),
        "open": [f"{j['criterion']} {j['outcome']}: {j.get('reason', '')}" for j in judged if _is_open(j)],
    }


def _is_open(judgement: dict[str, Any]) -> bool:
    return str(judgement["outcome"]) != "PASS"


def _achieved(folder: Path) -> Iterator[float]:
    for line in (folder / "evidence.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry.get("criterion") == "LOD-ACHIEVED" and entry.get("measurement"):
            yield float(entry["measurement"]["value"])


@contextmanager
def busy(*, is_wanted: bool) -> Iterator[None]:
    """Keep the last processor busy until the block ends."""
    if not is_wanted:
        yield
        return
    endless = [sys.executable, "-c", "while True: pass"]
    with subprocess.Popen(["taskset", "-c", str(LAST_PROCESSOR), *endless]) as other:
        try:
            yield
        finally:
            other.kill()


if __name__ == "__main__":
    sys.exit(main())
