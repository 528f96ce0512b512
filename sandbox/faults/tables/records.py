"""Revisions whose answers look right and whose records are not."""

from __future__ import annotations

from dataclasses import replace

from sandbox.faults.fault import ALL, rows

_row = rows("records")

KNOWN = (
    _row("R01", "scan-never-done", "asset-discovery", "a scan is taken and never runs", "JRN-ANALYST"),
    _row("R02", "change-lost", "asset-discovery", "the second write is lost", "JRN-ONCALL"),
    _row("R03", "address-wrong", "asset-discovery", "assets outside their network", "JRN-ANALYST"),
    _row("R04", "correlation-stopped", "event-processor", "events are never correlated", "JRN-ANALYST"),
    _row("R05", "correlation-partial", "event-processor", "half of a correlation", "JRN-ANALYST"),
    replace(
        _row("M25", "records-migrated", "event-processor", "no older one reads its records", "RBK-RECORDS"),
        has_arm=False,
    ),
    _row(
        "R06",
        "kind-garbled",
        "event-processor",
        "every event reads as a failed login",
        "JRN-ANALYST",
        "RBK-RECORDS",
    ),
    _row("R07", "analysis-blind", "threat-detection", "an analysis finds nothing", "JRN-ANALYST"),
    _row("R08", "threat-list-empty", "threat-detection", "the list of threats is empty", "JRN-MANAGER"),
    _row("R09", "score-frozen", "behavioral-analysis", "the risk is always 50", "JRN-ANALYST"),
    _row("R10", "score-of-another", "behavioral-analysis", "another entity's score", "JRN-ANALYST"),
    _row("R11", "execution-unfinished", "decision-engine", "executed, and still approved", "JRN-ANALYST"),
    _row("R12", "approval-unneeded", "decision-engine", "executed without approval", "JRN-ONCALL"),
    _row("R13", "everything-cited", "nlp-assistant", "cites what it does not speak of", "JRN-ASSISTANT"),
    _row("R14", "assistant-down", "nlp-assistant", "every question is a server error", "JRN-ASSISTANT"),
    _row("R15", "door-open", "frontend", "strangers see the dashboard", "JRN-ANALYST"),
    _row("R16", "form-missing", "frontend", "a sign-in page without a form", "JRN-ANALYST"),
    _row("R17", "teapot", ALL, "a status that no document knows", "CTR-CRITICAL"),
    _row("R18", "media-type-wrong", ALL, "answers say that they are plain text", "CTR-CRITICAL"),
)
