"""Whether `pytest … --gate immediate` says what `gate run` says, on a good and on five known-bad releases.

Run it beside a sandbox: `python -m sandbox with -- python benchmarks/same_verdict.py`. Each release goes
through `gate run`, through pytest, and through pytest with two workers. Prints a line for each, and leaves
with 1 when exit code, outcome, judgements or files differ (but `producers.log`: pytest has a screen instead).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

GATE = str(Path(sys.executable).with_name("gate"))
GOOD = "1.0.0"
RELEASES = (
    ("asset-discovery", "1.0.1"),
    ("asset-discovery", "1.1.0-any-token"),
    ("auth-service", "1.1.0-logout-ignored"),
    ("frontend", "1.1.0-health-lies"),
    ("behavioral-analysis", "1.1.0-score-inverted"),
    ("threat-detection", "1.1.0-wrong-asset"),
)
SECONDS = 600


@dataclass(frozen=True)
class Look:
    """One way of judging a release: exit code, outcome, judgements, files, seconds."""

    code: int
    outcome: str
    judged: tuple[tuple[str, str, str], ...]
    files: frozenset[str]
    seconds: float


def main() -> int:
    """Compare the three ways on every release."""
    differing = 0
    for service, version in RELEASES:
        deploy(service, version)
        label = f"{service}-{version}-{time.time():.0f}"
        looks = [
            look(f"{label}-gate", [GATE, "run", "--env", "sandbox", "--stage", "immediate"]),
            look(f"{label}-pytest", by_pytest()),
            look(f"{label}-two", [*by_pytest(), "-n", "2"]),
        ]
        is_same = all(one.judged == looks[0].judged and one.code == looks[0].code for one in looks)
        is_same = is_same and all(one.files == looks[0].files for one in looks)
        differing += not is_same
        shown = " · ".join(f"{one.outcome} {one.code} {one.seconds:.0f} s" for one in looks)
        print(f"{'same' if is_same else 'DIFFERENT'}  {service}:{version}  {shown}", flush=True)
        for other in looks[1:]:
            for entry in sorted(set(looks[0].judged) ^ set(other.judged)):
                print(f"    {entry}", flush=True)
        deploy(service, GOOD)
    return 1 if differing else 0


def by_pytest() -> list[str]:
    """Return the command line of pytest as the deploy gate."""
    words = ["-q", "tests/validation/immediate", "--env", "sandbox", "--gate", "immediate"]
    return [sys.executable, "-m", "pytest", *words]


def look(run: str, command: list[str]) -> Look:
    """Run one way and read what it wrote."""
    option = "--release" if command[0] == GATE else "--gate-release"
    started = time.monotonic()
    done = subprocess.run(
        [*command, option, run], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    folder = Path("reports") / run
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    judged = sorted((one["criterion"], one["service"], one["outcome"]) for one in verdict["judgements"])
    return Look(
        code=done.returncode,
        outcome=verdict["outcome"],
        judged=tuple(judged),
        files=frozenset(entry.name for entry in folder.iterdir()) - {"producers.log"},
        seconds=time.monotonic() - started,
    )


def deploy(service: str, version: str) -> None:
    """Give a service a new revision with all traffic."""
    words = ["deploy", service, f"sandbox/{service}:{version}"]
    subprocess.run([sys.executable, "-m", "sandbox", *words], check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
