"""A go-live in minutes: `python -m sandbox with -- .venv/bin/python -m demo.golive [SLOT]`.

Without a slot the release is good and the go-live closes. With one, the release fails just before that slot
(`initial-health` is T+5 min, `watch-5` is T+20 h) and is rolled back.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

GATE = str(Path(sys.executable).with_name("gate"))
STATE = Path(os.environ.get("SANDBOX_STATE_DIR", ".sandbox"))
GOOD, FAILS_LATE = "sandbox/auth-service:1.1.0", "py:sandbox.sleeper:create_app"
ATTESTED = {
    "GLV-11": "operations-manager",
    "OPS-02": "technical-lead",
    "GLV-13": "product-owner",
    "REV-02": "operations-manager",
}
APPROVERS = ("technical-lead", "security-team-lead", "operations-manager", "product-owner")
NAME = "rehearsal"


def main() -> int:
    """Deploy a candidate without traffic, sign what people sign, rehearse; return its exit code."""
    if sys.argv[1:2] == ["sign"]:
        return _approve()
    late = sys.argv[1] if len(sys.argv) > 1 else ""
    with tempfile.TemporaryDirectory() as reports:
        os.environ["GATE_REPORTS"] = reports
        image = FAILS_LATE if late else GOOD
        sandbox = (sys.executable, "-m", "sandbox", "deploy", "--state-dir", str(STATE))
        subprocess.run([*sandbox, "auth-service", image, "--no-traffic", "--tag", "candidate"], check=True)
        for criterion, role in ATTESTED.items():
            _gate("attest", criterion, *signer(role))
        subprocess.run([GATE, "rollback", "verify", "--env", "sandbox"], check=True)
        hooks = ["--before", f"go-no-go={sys.executable} -m demo.golive sign"]
        hooks += ["--before", f"{late}=touch {STATE / 'data' / 'awake'}"] if late else []
        rehearse = [GATE, "golive", "rehearse", "--env", "sandbox", "--name", NAME, *hooks]
        return subprocess.run(rehearse, check=False).returncode


def _approve() -> int:
    run = max(Path(os.environ["GATE_REPORTS"]).glob(f"{NAME}-final-checks-*"))
    for role in APPROVERS:
        _gate("sign", str(run), *signer(role))
    return 0


def signer(role: str) -> list[str]:
    """Return the options with which somebody signs in that role."""
    key = STATE / "signers" / role
    return ["--by", f"sandbox-{role}", "--role", role, "--reason", "rehearsed", "--key", str(key)]


def _gate(command: str, subject: str, *options: str) -> None:
    subprocess.run([GATE, command, subject, "--env", "sandbox", *options], check=True)


if __name__ == "__main__":
    raise SystemExit(main())
