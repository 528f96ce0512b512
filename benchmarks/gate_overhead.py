"""How much `gate collect` costs over the bare pytest run of the same tests, in one run, in turn.

Run it beside a sandbox: `python -m sandbox with -- python benchmarks/gate_overhead.py`. Prints one JSON line
with the medians in seconds and their ratio; `cpu_ratio` is the same in CPU seconds, which a busy machine does
not disturb.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
FILES = ("tests/validation/immediate/test_health.py", "tests/validation/immediate/test_auth_flows.py")
CRITERIA = (
    *("HLT-LIVE", "HLT-READY", "HLT-DEEP", "AUT-LOGIN", "AUT-MFA", "AUT-WRONG-PASSWORD", "AUT-LOCKOUT"),
    *("AUT-EXPIRED", "AUT-TAMPERED", "AUT-AUDIENCE", "AUT-REFRESH", "AUT-REUSE", "AUT-LOGOUT", "AUT-S2S"),
)


def main() -> None:
    """Time both, A B A B …, and print the medians and the ratio."""
    gate = str(Path(sys.executable).with_name("gate"))
    bare, collected = [], []
    for _ in range(ROUNDS):
        bare.append(timed([sys.executable, "-m", "pytest", "-q", "--env", "sandbox", *FILES]))
        only = [word for name in CRITERIA for word in ("--only", name)]
        collected.append(timed([gate, "collect", "--env", "sandbox", "--stage", "immediate", *only]))
    (bare_s, bare_cpu_s), (collect_s, collect_cpu_s) = medians(bare), medians(collected)
    figures = {
        "bare_s": bare_s,
        "collect_s": collect_s,
        "bare_cpu_s": bare_cpu_s,
        "collect_cpu_s": collect_cpu_s,
    }
    ratios = {"ratio": round(collect_s / bare_s, 3), "cpu_ratio": round(collect_cpu_s / bare_cpu_s, 3)}
    print(json.dumps({"rounds": ROUNDS, **figures, **ratios}))


def medians(runs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the medians of wall seconds and of CPU seconds."""
    wall, cpu = zip(*runs, strict=True)
    return round(statistics.median(wall), 2), round(statistics.median(cpu), 2)


def timed(command: list[str]) -> tuple[float, float]:
    """Return the wall and the CPU seconds of a command that must succeed."""
    with tempfile.TemporaryFile() as output:
        started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=output, stderr=output)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return time.monotonic() - started, cpu


if __name__ == "__main__":
    main()
