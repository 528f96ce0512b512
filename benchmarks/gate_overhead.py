"""How much `gate collect` costs over the bare pytest run of the same tests, in one run, in turn.

Run it beside a sandbox: `python -m sandbox with -- python benchmarks/gate_overhead.py`. Prints one JSON line
with the medians in seconds and their ratio.
"""

from __future__ import annotations

import json
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
    figures = {"bare_s": statistics.median(bare), "collect_s": statistics.median(collected), "rounds": ROUNDS}
    print(json.dumps({**figures, "ratio": round(figures["collect_s"] / figures["bare_s"], 3)}))


def timed(command: list[str]) -> float:
    """Return the wall seconds of a command that must succeed."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        subprocess.run(command, check=True, stdout=output, stderr=output)
        return time.monotonic() - started


if __name__ == "__main__":
    main()
