"""A gateway that takes three fifths of the offered load: the release fails, and the platform is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gates.model.evidence import Evidence, EvidenceStatus
from load.fault import generator_fault
from load.record import Record, read_record
from load.run import record_name
from load.summary import summarise
from tests.support.real_sandbox import RealSandbox

PRODUCER = "tests/validation/immediate/test_load.py"
EXPECTED = 70.0
"""Requests per second that the sandbox's environment declares."""
DEMANDED = 0.9


def test_a_gateway_of_less_capacity_than_the_load_is_named(sandbox: RealSandbox, tmp_path: Path) -> None:
    """What was reached is its capacity: a failure, unless the machine's own share could excuse it.

    What the machine did meanwhile is left out of the record first: nothing is left that excuses anything.
    """
    with sandbox.turned(gateway_per_s=0.6 * EXPECTED):
        bundle = sandbox.look(PRODUCER, run_folder=tmp_path)
    record = read_record(tmp_path / record_name("smoke"))
    platform = summarise(replace(record, samples=(), stalls=()))
    reached = next(item for item in bundle.items if item.criterion == "LOD-ACHIEVED")

    assert 0.4 < platform.achieved.seen == platform.achieved.at_best < 0.75
    assert "the platform left" in platform.platform
    excuse = excused(record)
    assert excuse in reached.reason
    assert is_named(reached) is not bool(excuse)


def excused(record: Record) -> str:
    """Return what this machine's own share is in words where it can excuse the rate, else nothing."""
    whole = summarise(record)
    return generator_fault(record) or (whole.machine if whole.achieved.at_best >= DEMANDED else "")


def is_named(seen: Evidence) -> bool:
    """Whether the evidence fails the criterion and says in words whose fault it is."""
    return (
        seen.status is EvidenceStatus.OBSERVED
        and seen.measurement is not None
        and seen.measurement.value < DEMANDED
        and "the platform left" in seen.reason
    )
