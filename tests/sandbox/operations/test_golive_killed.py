"""A go-live whose process is killed before each checkpoint ends as if it had not been."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from pathlib import Path

from gates.adapters.ledger.golive_ledger import GoLiveLedger
from gates.model.exit_code import ExitCode
from gates.model.timeline import CheckpointState, GoLive
from tests.support.builders import NOW
from tests.support.real_sandbox import RealSandbox

ROOT = Path(__file__).parents[3]
GATE = str(Path(sys.executable).with_name("gate"))
SLOTS = ("checks", "enable-traffic", "initial-health", "review")
TIMELINE = """apiVersion: release-gate/v1
kind: Timeline
metadata: {name: isectech}
spec:
  slots:
    - {name: checks, title: all is well, before: 2h, stage: immediate, rehearsed: [HLT-LIVE]}
    - {name: enable-traffic, title: traffic goes to the candidates, after: 0m, traffic: true}
    - {name: initial-health, title: first look, after: 5m, stage: immediate, rehearsed: [HLT-LIVE]}
    - {name: review, title: the review closes it, after: 24h, stage: immediate, rehearsed: [HLT-READY]}
"""
KILL = "kill -9 $PPID"


def test_a_go_live_killed_before_each_checkpoint_loses_nothing(sandbox: RealSandbox, tmp_path: Path) -> None:
    """`kill -9` at every slot, then a last start: closed, each slot held once, the candidate serves.

    Meanwhile a second go-live, of whatever name, is refused with the holder of the lease.
    """
    sandbox.deploy("auth-service", "sandbox/auth-service:1.1.0", takes_traffic=False)
    sandbox.run(GATE, "rollback", "verify", "auth-service", "--env", "sandbox", wanted=ExitCode.GO)
    platform = shutil.copytree(ROOT / "platforms" / "isectech", tmp_path / "isectech")
    (platform / "timeline.yaml").write_text(TIMELINE)
    words = [GATE, "golive", "rehearse", "--env", "sandbox", "--name"]
    place = {"GATE_PLATFORM": str(platform)}

    other = (
        f"checks={' '.join(words)} other > {tmp_path / 'other'} 2>&1; test $? = {ExitCode.ACTION_FAILED:d}"
    )
    for slot in SLOTS:
        hooks = ["--before", other, "--before", f"{slot}={KILL}"]
        killed = sandbox.run(*words, "day", *hooks, variables=place)
        assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    done = sandbox.run(*words, "day", wanted=ExitCode.GO, variables=place)

    assert "CLOSED  day" in done.stdout
    assert "day (process " in (tmp_path / "other").read_text()
    ledger = GoLiveLedger(sandbox.folder / "reports" / "gate.sqlite3")
    golive = ledger.open(GoLive(name="day", environment="sandbox", zero=NOW, candidates=()))
    records = ledger.slots(golive)
    assert [r.slot for r in records if r.state is CheckpointState.HELD] == list(SLOTS)
    assert [r.slot for r in records if r.state is CheckpointState.BEGUN] == [
        slot for slot in SLOTS for _ in "ab"
    ]
    status = sandbox.run(
        GATE, "rollback", "status", "--env", "sandbox", "--format", "json", wanted=ExitCode.GO
    )
    serving = {one["service"]: one["serving"] for one in json.loads(status.stdout)["services"]}
    candidate = dict(golive.candidates)["auth-service"]
    assert serving["auth-service"] == [{"revision": candidate, "share": 1.0}]
