"""From a first release to a signed readiness: `python -m sandbox with -- .venv/bin/python -m demo.readiness`.

A release that went, a candidate, the runs and drills whose records readiness looks at, then readiness twice:
before and after the people signed what only they can say. It ends with GO, or with what stands in its way.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import Final

from rich.console import Console

from demo.golive import GATE, STATE, signer

GO, INCONCLUSIVE = 0, 10
CANDIDATE: Final = "sandbox/asset-discovery:1.1.0"
CONSOLE: Final = Console(highlight=False)
_OPEN: Final = re.compile(r"^OPEN  (\S+) +waits for the (\S+)$", re.MULTILINE)


def main() -> int:
    """Tell the story; return 0 when every step ended as it must."""
    deploy = [sys.executable, "-m", "sandbox", "deploy", "--state-dir", str(STATE)]
    steps = (
        ("The release that runs was validated", _run("immediate"), GO),
        ("A candidate is deployed", [*deploy, "asset-discovery", CANDIDATE], 0),
        ("It is validated after its deployment", _run("immediate"), GO),
        ("Recovery and rollback are drilled", [GATE, "drill", "all", "--env", "sandbox"], 0),
        (
            "The agreed load is sent",
            _run("extended", "LOD-AGREED-RATE", "LOD-AGREED-ERRORS", "LOD-AGREED-P95"),
            10,
        ),
        ("Users' journeys are taken and written down", [GATE, "synthetic", "--all", "--env", "sandbox"], 0),
        ("Readiness, before anybody signed", _run("readiness"), INCONCLUSIVE),
    )
    for title, command, expected in steps:
        if not _ends(title, command, expected):
            return 1
    _sign()
    return 0 if _ends("Readiness, signed", _run("readiness"), GO) else 1


def _run(stage: str, *only: str) -> list[str]:
    chosen = [part for criterion in only for part in ("--only", criterion)]
    return [GATE, "run", "--env", "sandbox", "--stage", stage, *chosen]


def _ends(title: str, command: list[str], expected: int) -> bool:
    CONSOLE.rule(f"[bold]{title}")
    started = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    CONSOLE.print(f"[bold]{title}: exit {code} after {time.monotonic() - started:.0f} s")
    if code != expected:
        CONSOLE.print(f"[red]expected {expected}")
    return code == expected


def _sign() -> None:
    asked = [GATE, "approvals", "--env", "sandbox", "--stage", "readiness"]
    answer = subprocess.run(asked, check=False, capture_output=True, text=True).stdout
    CONSOLE.rule("[bold]People sign what only they can say")
    for criterion, role in _OPEN.findall(answer):
        subprocess.run(
            [GATE, "attest", criterion, "--env", "sandbox", *signer(role)], check=True, env=os.environ
        )


if __name__ == "__main__":
    raise SystemExit(main())
