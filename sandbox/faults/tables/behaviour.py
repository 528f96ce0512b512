"""Revisions that answer, and answer wrongly."""

from __future__ import annotations

from sandbox.faults.fault import ALL, Fault, late

KNOWN = (
    Fault(
        "M08",
        "self-approval",
        ("decision-engine",),
        "who proposes may approve",
        ("JRN-ANALYST",),
        late("behaviour", "self_approval"),
    ),
    Fault(
        "M16",
        "schema-drift",
        ("behavioral-analysis",),
        "the field risk is called riskScore",
        ("JRN-ANALYST", "CTR-CONFORMANCE"),
        late("behaviour", "schema_drift"),
    ),
    Fault(
        "M17",
        "score-inverted",
        ("behavioral-analysis",),
        "more suspicion lowers the risk",
        ("JRN-ANALYST",),
        late("behaviour", "score_inverted"),
    ),
    Fault(
        "M18",
        "events-lost",
        ("event-processor",),
        "events are acknowledged and not kept",
        ("JRN-ANALYST",),
        late("behaviour", "events_lost"),
    ),
    Fault(
        "M23",
        "health-lies",
        ALL,
        "ready, and nothing works",
        ("HLT-DEEP", "OPS-02", "GLV-11"),
        late("behaviour", "health_lies"),
    ),
    Fault(
        "A02",
        "citations-missing",
        ("nlp-assistant",),
        "answers without their records",
        ("JRN-ANALYST",),
        late("behaviour", "citations_missing"),
    ),
    Fault(
        "A03",
        "wrong-asset",
        ("threat-detection",),
        "a threat names another asset",
        ("JRN-ANALYST",),
        late("behaviour", "wrong_asset"),
    ),
)
