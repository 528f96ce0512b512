"""One good release and three bad ones go through the gate; `make demo` tells it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

REPORTS = Path(os.environ.get("GATE_REPORTS", "reports"))
GO, ROLLED_BACK = 0, 11
CONSOLE = Console(highlight=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A release of one service, what is wrong with it, and how the gate must end."""

    title: str
    service: str
    image: str
    expected: int


CHAPTERS = (
    Chapter(
        title="A good release of asset-discovery",
        service="asset-discovery",
        image="sandbox/asset-discovery:1.1.0",
        expected=GO,
    ),
    Chapter(
        title="auth-service: signing out does not end the session",
        service="auth-service",
        image="sandbox/auth-service:1.1.0-logout-ignored",
        expected=ROLLED_BACK,
    ),
    Chapter(
        title="behavioral-analysis: the risk score is upside down",
        service="behavioral-analysis",
        image="sandbox/behavioral-analysis:1.1.0-score-inverted",
        expected=ROLLED_BACK,
    ),
    Chapter(
        title="asset-discovery: any bearer string is a token",
        service="asset-discovery",
        image="sandbox/asset-discovery:1.2.0-any-token",
        expected=ROLLED_BACK,
    ),
)


def main() -> int:
    """Tell every chapter; return 0 when each ended as it must."""
    state_dir = os.environ.get("SANDBOX_STATE_DIR", ".sandbox")
    stamp = time.strftime("%H%M%S")
    started, surprises = time.monotonic(), 0
    for number, chapter in enumerate(CHAPTERS, start=1):
        CONSOLE.rule(f"[bold]{number}. {chapter.title}")
        seconds = _timed(
            [
                sys.executable,
                "-m",
                "sandbox",
                "deploy",
                "--state-dir",
                state_dir,
                chapter.service,
                chapter.image,
            ]
        )[1]
        CONSOLE.print(f"deployed {chapter.image} in {seconds:.1f} s; the gate looks at it:\n")
        run = f"demo-{stamp}-{number}"
        code, seconds = _timed(
            [
                str(Path(sys.executable).with_name("gate")),
                "run",
                "--env",
                "sandbox",
                "--stage",
                "immediate",
                "--rollback",
                "auto",
                "--fail-fast",
                "--release",
                run,
            ]
        )
        is_right = code == chapter.expected
        surprises += not is_right
        verdict = "as it must" if is_right else f"SURPRISE, expected {chapter.expected}"
        CONSOLE.print(f"exit {code} ({verdict}) after {seconds:.1f} s")
        CONSOLE.print(
            f"to read: {REPORTS / run / 'summary.md'}, {REPORTS / run / 'allure-report' / 'index.html'}\n"
        )
        if code == ROLLED_BACK:
            CONSOLE.print(
                f"{chapter.service} is pinned to its old revision: a new deployment gets no traffic until"
                f" `gate rollback unpin {chapter.service}`.\n"
            )
    CONSOLE.rule(f"[bold]{len(CHAPTERS)} releases in {time.monotonic() - started:.0f} s")
    return 1 if surprises else 0


def _timed(command: list[str]) -> tuple[int, float]:
    started = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    return code, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
