"""A platform 80 ms away, looked at by one worker and by as many as pay: the same judgements, how much faster?

Run it beside a sandbox: `python -m sandbox with -- python benchmarks/far_away.py [STAGE] [ROUNDS]`. Takes
the stage (default: immediate) in turn with `--workers 1` and `--workers auto`, ROUNDS times (default: 1).
Prints one JSON line with the medians in seconds and their ratio, and what was judged differently; exit code
1 if anything was.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx

DISTANCE_S = 0.08
WAYS = ("1", "auto")
Judged = dict[tuple[str, str], str]


def main() -> int:
    """Put the sandbox far away, look at it both ways, and compare."""
    stage = sys.argv[1] if len(sys.argv) > 1 else "immediate"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    endpoints = json.loads(Path(os.environ.get("GATE_ENDPOINTS_FILE", ".sandbox/endpoints.json")).read_text())
    knobs = f"{endpoints['admin_rest']}/sandbox/knobs"
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    cpu: dict[str, list[float]] = {way: [] for way in WAYS}
    judged: dict[str, list[Judged]] = {way: [] for way in WAYS}
    httpx.put(knobs, json={"distance_s": DISTANCE_S}).raise_for_status()
    try:
        for number in range(rounds):
            for way in WAYS:
                name = f"far-away-{way}-{int(time.time())}-{number}"
                seconds, processor = timed(stage, way, name)
                taken[way].append(seconds)
                cpu[way].append(processor)
                judged[way].append(judgements(name))
    finally:
        httpx.put(knobs, json={"distance_s": 0.0}).raise_for_status()
    alone, beside = (statistics.median(taken[way]) for way in WAYS)
    different = sorted({line for run in judged["auto"] for line in differences(judged["1"][0], run)})
    figures = {
        "stage": stage,
        "rounds": rounds,
        "judgements": len(judged["1"][0]),
        "alone_s": round(alone, 1),
        "auto_s": round(beside, 1),
        "ratio": round(beside / alone, 3),
        "alone_cpu_s": round(statistics.median(cpu["1"]), 1),
        "auto_cpu_s": round(statistics.median(cpu["auto"]), 1),
        "load_average": os.getloadavg()[0],
        "different": different,
    }
    print(json.dumps(figures))
    return 1 if different else 0


def timed(stage: str, workers: str, name: str) -> tuple[float, float]:
    """Run the gate and return its wall and its CPU seconds; any verdict is one."""
    gate = str(Path(sys.executable).with_name("gate"))
    command = [gate, "run", "--env", "sandbox", "--stage", stage, "--release", name, "--workers", workers]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, cpu


def judgements(name: str) -> Judged:
    """Return the outcome of every criterion and service of a run."""
    folder = Path(os.environ.get("GATE_REPORTS", "reports")) / name
    document = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    return {(one["criterion"], one["service"]): one["outcome"] for one in document["judgements"]}


def differences(wanted: Judged, seen: Judged) -> list[str]:
    """Return what was judged in one run only, or otherwise in one of them."""
    keys = sorted(wanted.keys() | seen.keys())
    return [
        f"{c}@{s}: {wanted.get((c, s))} / {seen.get((c, s))}"
        for c, s in keys
        if wanted.get((c, s)) != seen.get((c, s))
    ]


if __name__ == "__main__":
    sys.exit(main())
