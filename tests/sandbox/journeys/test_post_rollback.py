"""After a rollback the whole window is GO, and what the way back broke would be seen."""

from __future__ import annotations

import json
from pathlib import Path

from gates.model.exit_code import ExitCode
from tests.support.real_sandbox import RealSandbox

GATE = str(Path(".venv/bin/gate").resolve())
RECORDS = "tests/validation/post_rollback/test_records.py::test_records_are_read"


def test_the_window_after_a_rollback_is_go(sandbox: RealSandbox) -> None:
    """A bad revision is rolled back; the window looks at what serves now and finds everything well."""
    sandbox.deploy("behavioral-analysis", "sandbox/behavioral-analysis:1.0.1-score-inverted")
    here = ("--env", "sandbox")
    sandbox.run(GATE, "rollback", "behavioral-analysis", *here, "--yes", wanted=ExitCode.GO)

    done = sandbox.run(GATE, "run", *here, "--stage", "post-rollback", "--format", "json")
    verdict = json.loads(done.stdout)

    assert (done.returncode, verdict["outcome"]) == (ExitCode.GO, "GO"), done.stdout + done.stderr
    assert {"RBK-RECORDS", "JRN-ANALYST", "AUT-LOGIN", "DEP-SERVING", "CTR-CONFORMANCE"} <= {
        judgement["criterion"] for judgement in verdict["judgements"]
    }


def test_records_that_the_old_revision_reads_otherwise_are_seen(sandbox: RealSandbox, tmp_path: Path) -> None:
    """The service that misreads them is blamed."""
    (good,) = sandbox.look(RECORDS, run_folder=tmp_path / "good").items
    sandbox.deploy("threat-detection", "sandbox/threat-detection:1.0.1-wrong-asset")
    (bad,) = sandbox.look(RECORDS, run_folder=tmp_path / "bad").items

    assert good.measurement is not None
    assert bad.measurement is not None
    assert (good.measurement.value, bad.measurement.value) == (0, 1)
    assert bad.blames == "threat-detection"
    assert "reads otherwise by its id than in its list: assetId" in bad.reason
