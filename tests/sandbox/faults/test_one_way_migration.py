"""M25: a release that writes what no older one reads makes its own rollback unsafe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.model.evidence import EvidenceBundle
from gates.model.exit_code import ExitCode
from tests.support.real_sandbox import RealSandbox, real_sandbox

SERVICE = "event-processor"
GATE = str(Path(sys.executable).with_name("gate"))
WRITES = "tests/validation/immediate/test_journeys.py::test_security_analyst_workflow"
READS = "tests/validation/post_rollback/test_records.py::test_records_are_read"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSandbox]:
    """Nine services."""
    with real_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def blamed(seen: EvidenceBundle) -> set[str | None]:
    """Return who is blamed for what failed."""
    return {one.blames for one in seen.items if one.measurement is not None and one.measurement.value > 0}


def test_a_rollback_behind_a_migration_is_refused(sandbox: RealSandbox, tmp_path: Path) -> None:
    """The guard says why; who goes back all the same finds out what it meant."""
    image = f"sandbox/{SERVICE}"
    sandbox.deploy(SERVICE, f"{image}:1.0.1", schema="1", reads_schema="1")
    sandbox.deploy(SERVICE, f"{image}:1.1.0-records-migrated", schema="2", reads_schema="1-2")
    assert blamed(sandbox.look(WRITES, run_folder=tmp_path / "writes")) == set()
    assert blamed(sandbox.look(READS, run_folder=tmp_path / "before")) == set()

    words = [GATE, "rollback", SERVICE, "--env", "sandbox", "--yes"]
    refused = sandbox.run(*words)
    assert refused.returncode == ExitCode.ACTION_FAILED, refused.stdout
    assert "wrote data of version 2" in refused.stdout + refused.stderr

    sandbox.run(*words, "--override", "schema=nobody else reads it", wanted=ExitCode.GO)
    assert blamed(sandbox.look(READS, run_folder=tmp_path / "after")) == {SERVICE}
