"""Revisions that answer, and answer wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults.wrapping import App, answering, rewriting

Create = Callable[[], Any]
_SELF_DESCRIPTION = {"/healthz", "/readyz", "/version"}
_DOWN = b'{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"down","code":"down"}'


def health_lies(_service: str, create_app: Create) -> App:
    """M23: health and readiness answer 200 while everything else answers 503."""
    return answering(create_app(), lambda _method, path: path not in _SELF_DESCRIPTION, 503, _DOWN)


def score_inverted(_service: str, create_app: Create) -> App:
    """M17: the right schema with the wrong value: more suspicion lowers the risk."""
    from sandbox.services.behavioral_analysis import domain  # noqa: PLC0415 - patched in this process only

    genuine = domain.risk_of

    def inverted(observed: float, baseline: Any) -> tuple[float, float]:
        risk, z = genuine(observed, baseline)
        return 100.0 - risk, z

    domain.risk_of = inverted
    return create_app()  # type: ignore[no-any-return]


def schema_drift(_service: str, create_app: Create) -> App:
    """M16: the field `risk` is called `riskScore`."""

    def rename(document: Any) -> Any:
        return {("riskScore" if name == "risk" else name): value for name, value in document.items()}

    def is_score(_method: str, path: str) -> bool:
        return path.endswith("/score")

    return rewriting(create_app(), is_score, rename)


def self_approval(_service: str, create_app: Create) -> App:
    """M08: the one who proposed a decision may approve it."""
    from sandbox.services.decision_engine import domain  # noqa: PLC0415 - patched in this process only

    domain.refuse_approval = lambda *_args, **_kwargs: None
    return create_app()  # type: ignore[no-any-return]


def citations_missing(_service: str, create_app: Create) -> App:
    """The assistant answers without saying on which records."""

    def without(document: Any) -> Any:
        return {**document, "citations": []}

    return rewriting(create_app(), lambda _method, path: path == "/v1/query", without)


def events_lost(_service: str, create_app: Create) -> App:
    """M18: events of a batch are acknowledged, and every second one is not kept."""
    from sandbox.services.event_processor import store  # noqa: PLC0415 - patched in this process only

    genuine = store.insert_events

    def lossy(connection: Any, tenant: str, events: Any) -> None:
        kept = list(events)
        genuine(connection, tenant, kept if len(kept) < 2 else kept[::2])

    store.insert_events = lossy
    return create_app()  # type: ignore[no-any-return]


def wrong_asset(_service: str, create_app: Create) -> App:
    """A threat names another asset than the one that it was seen on."""

    def mislead(document: Any) -> Any:
        return {**document, "assetId": "ast_00initech0001"}

    def is_threat(method: str, path: str) -> bool:
        return method == "GET" and path.startswith("/v1/threats/")

    return rewriting(create_app(), is_threat, mislead)
