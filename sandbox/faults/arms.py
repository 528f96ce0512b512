"""Known-bad and benign revisions as arms of the benchmark; `python -m sandbox.faults.arms` prints them.

What is printed belongs into `platforms/isectech/bench.yaml`, between its two marks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.faults.fault import ALL, Fault
from sandbox.faults.registry import FAULTS

MOST_SERVICES = 3
"""A fault that every service can have is tried on so many; the next fault on the ones after."""
FIRST_MARK = "    # --- known-bad and benign revisions: python -m sandbox.faults.arms"
LAST_MARK = "    # --- end of what is made of the registry of faults"


@dataclass(frozen=True, slots=True)
class BenchArm:
    """One fault on one service."""

    fault: Fault
    service: str

    @property
    def id(self) -> str:
        """What the arm is called: its fault, and its service where the fault has several."""
        name = f"{self.fault.id}-{self.fault.slug}"
        return name if len(self.fault.services) == 1 else f"{name}.{self.service}"

    def line(self) -> str:
        words = [
            f"id: {self.id}",
            f"kind: {'benign' if self.fault.is_benign else 'known-bad'}",
            f"service: {self.service}",
            f'image: "sandbox/{self.service}:1.0.1-{self.fault.slug}"',
            *([f"criteria: [{', '.join(self.fault.criteria)}]"] if self.fault.criteria else []),
            *(["stage: immediate"] if self.fault.is_benign else []),
            f'summary: "{self.fault.summary}"',
        ]
        return f"    - {{{', '.join(words)}}}"


def arms(faults: Mapping[str, Fault] = FAULTS) -> Iterator[BenchArm]:
    """Yield the arms; faults that many services can have take turns over them, so that none is left out."""
    turn = 0
    for fault in (one for one in faults.values() if one.has_arm):
        for service in _turned(fault.services, turn):
            yield BenchArm(fault, service)
        turn += MOST_SERVICES if len(fault.services) > MOST_SERVICES else 0


def _turned(services: Sequence[str], turn: int) -> list[str]:
    if len(services) <= MOST_SERVICES:
        return list(services)
    start = turn % len(ALL)
    ordered = sorted(services, key=lambda name: (ALL.index(name) - start) % len(ALL))
    return ordered[:MOST_SERVICES]


def text() -> str:
    return "\n".join([FIRST_MARK, *(arm.line() for arm in arms()), LAST_MARK]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
