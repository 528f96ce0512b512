"""What a contract run says about a service: its findings of a tier, less what was accepted for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest

from gates.model.contract import AcceptedFinding
from journeys.checks import demand
from tests.validation.contract_findings import Finding, Tier
from tests.validation.contract_plan import ContractRun

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A run about one service, read with what was accepted about it."""

    service: str
    run: ContractRun
    accepted: Sequence[AcceptedFinding]
    now: datetime

    def findings(self, *tiers: Tier) -> list[Finding]:
        """Return what was found in the tiers and nobody answers for."""
        return [
            finding
            for finding in self.run.findings.values()
            if finding.tier in tiers and not any(self._covers(one, finding) for one in self.accepted)
        ]

    def notes(self) -> list[str]:
        """Say what was accepted, what accepts nothing any more, and what was tried with other seeds."""
        mine = [one for one in self.accepted if one.service == self.service]
        used = [one for one in mine if any(self._covers(one, f) for f in self.run.findings.values())]
        return [
            *(f"accepted until {one.expires_at:%Y-%m-%d}: {one}" for one in used),
            *(f"accepts nothing any more: {one}" for one in mine if one not in used),
            *(
                f"{operation}: the records of this seed exist already (409), tried again with seeds {numbers}"
                for operation, numbers in self.run.drawn_again.items()
            ),
        ]

    def _covers(self, accepted: AcceptedFinding, finding: Finding) -> bool:
        is_mine = accepted.service == self.service
        return is_mine and accepted.covers(finding.operation, finding.check, now=self.now)


def conclude(reading: Reading, tiers: Sequence[Tier], *, replay: str) -> None:
    """Demand that nothing was found in the tiers; `replay` finds it again.

    Whatever is found counts. Only a run that came to its end and found nothing says that nothing is there.
    """
    found, run = reading.findings(*tiers), reading.run
    told = "; ".join(str(finding) for finding in found[:_SHOWN])
    weight = " and ".join(tiers)
    message = f"{len(found)} findings of {weight} weight (again: {replay}): {told}"
    demand(not found, message, blames=reading.service)
    demand(run.requests > 0, "no operation of the document was tried", blames=reading.service)
    if run.cut_short:
        ended = "; ".join(f"{operation} after {what}" for operation, what in run.cut_short.items())
        pytest.skip(f"ended early, so not covered: {ended} (again: {replay})")
