"""How deep a contract run looks, and what it saw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.validation.contract_findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How deep a run looks.

    `examples` are the generated requests of an operation in each mode, valid and invalid, beside those that
    the document gives itself; `seconds` is the longest time for one operation.
    """

    seed: int
    examples: int
    seconds: float
    is_deep: bool = False
    """Whether boundary values, undeclared methods, wrong credentials and chains of links are tried too."""
    chains: int = 0


@dataclass(slots=True)
class ContractRun:
    """What was seen: statuses by operation, and the first finding of each check."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    cut_short: dict[str, str] = field(default_factory=dict)
    """Operations whose time was up before everything planned was tried, and what was."""
    drawn_again: dict[str, list[int]] = field(default_factory=dict)
    """Further seeds of operations whose records of the planned seed existed already."""

    @property
    def created(self) -> int:
        """How many requests created something, as far as their answers say so."""
        return sum(seen[201] + seen[202] for seen in self.statuses.values())

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(sum(counter.values()) for counter in self.statuses.values())

    @property
    def uncovered(self) -> list[str]:
        """The operations that never answered 2xx: nothing is known of what they do."""
        return [name for name in self.statuses if not self.has_succeeded(name)]

    def has_succeeded(self, operation: str) -> bool:
        """Whether the operation answered 2xx at least once."""
        return any(200 <= status < 300 for status in self.statuses[operation])

    def add(self, finding: Finding) -> None:
        """Keep a finding, unless that check of that operation failed before."""
        self.findings.setdefault((finding.operation, finding.check), finding)
