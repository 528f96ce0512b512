"""What a drill measured, in a line for a person."""

from __future__ import annotations

from gates.model.drill import DrillRecord, missed_objectives
from gates.model.platform import Platform


def drill_line(record: DrillRecord, platform: Platform) -> str:
    """Return a drill with the tiers whose objectives it missed."""
    missed = ", ".join(missed_objectives(record, platform))
    state = "FAILED" if not record.passed else "MISSED" if missed else "kept"
    return (
        f"{state:6}  {record.kind} {record.subject}: RTO {record.rto_s:.2f} s, RPO {record.rpo_s:.0f} s"
        f"{f' (missed: {missed})' if missed else ''}  {record.detail}"
    )
