"""A gateway that takes three fifths of the offered load: the release fails, and the platform is named."""

from __future__ import annotations

from pathlib import Path

from gates.model.evidence import Evidence, EvidenceStatus
from load.record import read_record
from load.run import record_name
from load.summary import summarise
from tests.support.real_sandbox import RealSandbox

PRODUCER = "tests/validation/immediate/test_load.py"
EXPECTED = 70.0
"""Requests per second that the sandbox's environment declares."""


def test_a_gateway_of_less_capacity_than_the_load_is_named(sandbox: RealSandbox, tmp_path: Path) -> None:
    """What was reached is its capacity; on a machine without an idle processor nobody can say more."""
    with sandbox.turned(gateway_per_s=0.6 * EXPECTED):
        bundle = sandbox.look(PRODUCER, run_folder=tmp_path)
    summary = summarise(read_record(tmp_path / record_name("smoke")))
    reached = next(item for item in bundle.items if item.criterion == "LOD-ACHIEVED")

    assert 0.4 < summary.achieved.seen < 0.75
    assert "the platform left" in summary.platform
    assert is_named(reached) or "load generator" in reached.reason


def is_named(seen: Evidence) -> bool:
    """Whether the evidence fails the criterion and says in words whose fault it is."""
    return (
        seen.status is EvidenceStatus.OBSERVED
        and seen.measurement is not None
        and seen.measurement.value < 0.9
        and "the platform left" in seen.reason
    )
