"""Does triage name the service and the next command for known-bad releases, and how long does it take?

Needs a running sandbox that nobody else uses:

    python -m sandbox up &
    python benchmarks/triage_ten.py --env sandbox

Deploys one known-bad release after another, follows `gate runbook triage`, notes whether its last automatic
step names the service and `gate rollback SERVICE --env ENV`, and deploys the good image again. At the end
the healthy platform is looked at: it must name nobody. Prints one JSON document; leaves with 1 when fewer
than nine in ten were named within the limit, or the healthy platform was blamed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

GATE = Path(sys.executable).with_name("gate")
TEN = (
    "auth-service:logout-ignored",
    "auth-service:right-password-refused",
    "auth-service:expired-accepted",
    "api-gateway:any-token",
    "api-gateway:circuit-stuck-open",
    "decision-engine:never-ready",
    "asset-discovery:dying",
    "event-processor:slow",
    "event-processor:correlation-stopped",
    "behavioral-analysis:schema-drift",
)
"""From the tables of sign-in, tokens, circuits, health, latency, records and contracts."""
LIMIT_S = 30.0
ENOUGH = 0.9


def deploy(service: str, version: str) -> None:
    """Give the service that version and wait until it serves."""
    command = [sys.executable, "-m", "sandbox", "deploy", service, f"sandbox/{service}:{version}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def triage(env: str) -> tuple[float, str]:
    """Follow the runbook and return its seconds with what it printed."""
    began = time.monotonic()
    command = [str(GATE), "runbook", "triage", "--env", env]
    done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return time.monotonic() - began, done.stdout


def named(shown: str, service: str, env: str) -> bool:
    """Whether the service is the first suspect and its rollback the next command."""
    suspects = [line.split()[1] for line in shown.splitlines() if line.startswith("SUSPECT")]
    return suspects[:1] == [service] and f"next: gate rollback {service} --env {env}" in shown


def main() -> int:
    """Try them all and print the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--env", default="sandbox")
    parser.add_argument("--only", nargs="*", default=TEN, help="SERVICE:FAULT")
    options = parser.parse_args()
    rounds = []
    for release in options.only:
        service, fault = release.split(":")
        deploy(service, f"1.0.1-{fault}")
        seconds, shown = triage(options.env)
        deploy(service, "1.0.0")
        is_named = named(shown, service, options.env)
        rounds.append({"release": release, "seconds": round(seconds, 1), "is_named": is_named})
        print(json.dumps(rounds[-1]), file=sys.stderr, flush=True)
        if not is_named:
            print(shown, file=sys.stderr, flush=True)
    seconds, shown = triage(options.env)
    is_blamed = "SUSPECT" in shown or "next: gate rollback" in shown
    good = sum(one["is_named"] and one["seconds"] <= LIMIT_S for one in rounds)
    healthy = {"seconds": round(seconds, 1), "is_blamed": is_blamed}
    print(
        json.dumps({"named_in_time": good, "of": len(rounds), "rounds": rounds, "healthy": healthy}, indent=1)
    )
    return int(is_blamed or good < ENOUGH * len(rounds))


if __name__ == "__main__":
    sys.exit(main())
