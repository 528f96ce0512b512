"""Revisions that changed and are right: no criterion may turn red."""

from __future__ import annotations

from dataclasses import replace

from sandbox.faults.fault import ALL, Fault, rows

_row = rows("change")


def _benign(fault_id: str, slug: str, services: tuple[str, ...], summary: str) -> Fault:
    return replace(_row(fault_id, slug, services, summary), is_benign=True)


KNOWN = (
    _benign("B1", "optional-field", ("asset-discovery", "threat-detection"), "one more optional field"),
    _benign("B2", "new-endpoint", ("event-processor", "decision-engine"), "one more operation"),
    _benign("B3", "five-percent-slower", ALL, "every answer takes a twentieth longer"),
    _benign("B4", "header-case", ALL, "header names in other letters"),
    _benign(
        "B5", "reordered", ("asset-discovery", "auth-service", "api-gateway"), "members in another order"
    ),
    _benign("B6", "wording", ("auth-service", "decision-engine"), "refusals in other words"),
)
