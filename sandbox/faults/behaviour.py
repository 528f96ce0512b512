"""Revisions that answer, and answer wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.faults.fault import ALL, App, known_bad, replacing, wrapping
from sandbox.faults.response_faults import answering, rewriting


@known_bad("M08", "decision-engine", "the proposer of a decision may approve it", "JRN-ANALYST")
@replacing("services.decision_engine.domain:refuse_approval")
def self_approval(*_: object, **__: object) -> None: ...


@known_bad(
    "M16", "behavioral-analysis", "the field risk is called riskScore", "JRN-ANALYST", "CTR-CONFORMANCE"
)
@rewriting(".* .*/score")
def schema_drift(document: Any) -> Any:
    return {("riskScore" if name == "risk" else name): value for name, value in document.items()}


@known_bad("M17", "behavioral-analysis", "more suspicion lowers the risk", "JRN-ANALYST")
@replacing("services.behavioral_analysis.domain:risk_of")
def score_inverted(
    genuine: Callable[..., tuple[float, float]], observed: float, baseline: object
) -> tuple[float, float]:
    risk, z = genuine(observed, baseline)
    return 100.0 - risk, z


@known_bad("M18", "event-processor", "events are acknowledged and not kept", "JRN-ANALYST")
@replacing("services.event_processor.store:insert_events")
def events_lost(genuine: Callable[..., None], connection: Any, tenant: str, events: Iterable[Any]) -> None:
    """Every second event of a batch is not kept."""
    batch = list(events)
    genuine(connection, tenant, batch if len(batch) < 2 else batch[::2])


@known_bad("M23", ALL, "healthy and ready, and every request fails", "HLT-DEEP", "OPS-02", "GLV-11")
@wrapping
def health_lies(app: App) -> App:
    return answering(app, lambda _method, path: path not in {"/healthz", "/readyz", "/version"}, 503)


@known_bad("A02", "nlp-assistant", "answers cite no records", "JRN-ANALYST")
@rewriting(".* /v1/query")
def citations_missing(document: Any) -> Any:
    return {**document, "citations": []}


@known_bad("A03", "threat-detection", "a threat names another asset", "JRN-ANALYST")
@rewriting("GET /v1/threats/.*")
def wrong_asset(document: Any) -> Any:
    return {**document, "assetId": "ast_00initech0001"}
