"""Revisions whose answers look right and whose records are not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from sandbox.faults.fault import ALL, App, Create, Message, known_bad, replace, replacing, resolve, wrapping
from sandbox.faults.request_faults import admin_token
from sandbox.faults.response_faults import answering, on, rewriting, starting, with_header

_ASSETS, _EVENTS, _THREATS = "asset-discovery", "event-processor", "threat-detection"
_BEHAVIOUR, _DECISIONS, _ASSISTANT = "behavioral-analysis", "decision-engine", "nlp-assistant"
_NEW_FORM = "2:"
"""What stands before everything that the newer revision writes."""


@known_bad("R01", _ASSETS, "a scan is taken and never runs", "JRN-ANALYST")
@replacing("services.asset_discovery.store:has_open_scan")
def scan_never_done(*_: object) -> bool:
    return False


@known_bad("R02", _ASSETS, "the second write is lost", "JRN-ONCALL")
def change_lost(_service: str, create: Create) -> App:
    """The first change of an asset is kept; each later one is answered as done, and is not."""
    changed: set[str] = set()

    def forgetful(
        genuine: Callable[..., Any], connection: Any, tenant: str, asset_id: str, values: Any
    ) -> Any:
        if asset_id not in changed:
            changed.add(asset_id)
            return genuine(connection, tenant, asset_id, values)
        asset = resolve("services.asset_discovery.store:ASSETS").known(connection, tenant, asset_id)
        return asset.model_copy(update=values)

    replace("services.asset_discovery.store:ASSETS.change", forgetful)
    app: App = create()
    return app


@known_bad("R03", _ASSETS, "assets have addresses outside their network", "JRN-ANALYST")
@rewriting("GET /v1/assets/[^/]+")
def address_wrong(document: Any) -> Any:
    return {**document, "address": "192.0.2.1"}


@known_bad("R04", _EVENTS, "events are never correlated", "JRN-ANALYST")
@replacing("services.event_processor.store:pending_tenants")
def correlation_stopped(*_: object) -> list[str]:
    return []


@known_bad("R05", _EVENTS, "correlations lack half of their events", "JRN-ANALYST")
@rewriting(".* /v1/correlations/.*")
def correlation_partial(document: Any) -> Any:
    """It lacks every second event."""
    return {**document, "eventIds": document["eventIds"][::2]}


@known_bad("M25", _EVENTS, "no older revision reads its records", "RBK-RECORDS", has_arm=False)
def records_migrated(_service: str, create: Create) -> App:
    """It writes events in a new form, which it reads and no older revision does."""

    def in_new_form(
        genuine: Callable[..., None], connection: Any, tenant: str, events: Iterable[Any]
    ) -> None:
        batch = list(events)
        genuine(connection, tenant, batch)
        change = f"UPDATE events SET indicators = '{_NEW_FORM}' || indicators WHERE id = ?"  # noqa: S608 - a constant
        connection.executemany(change, [(event.id,) for event in batch])

    def read(genuine: Callable[[str], Any], text: str) -> Any:
        return genuine(text.removeprefix(_NEW_FORM))

    replace("services.event_processor.store:insert_events", in_new_form)
    for module in ("kit.resource", "services.event_processor.store"):
        replace(f"{module}:read_document", read)
    app: App = create()
    return app


@known_bad("R06", _EVENTS, "every event reads as a failed login", "JRN-ANALYST", "RBK-RECORDS")
@rewriting(".* /v1/events/.*")
def kind_garbled(document: Any) -> Any:
    return {**document, "kind": "login_failure"}


@known_bad("R07", _THREATS, "an analysis finds no threat", "JRN-ANALYST")
@rewriting(".* /v1/analyze")
def analysis_blind(document: Any) -> Any:
    return {**document, "threats": []}


@known_bad("R08", _THREATS, "the list of threats is empty", "JRN-MANAGER")
@replacing("services.threat_detection.store:THREATS.page")
def threat_list_empty(*_: object) -> Any:
    """They can be read one by one."""
    return {"items": [], "next_cursor": None}


@known_bad("R09", _BEHAVIOUR, "the risk is always 50", "JRN-ANALYST")
@rewriting(".* .*/score")
def score_frozen(document: Any) -> Any:
    return {**document, "risk": 50.0}


@known_bad("R10", _BEHAVIOUR, "a score names another entity", "JRN-ANALYST")
@rewriting(".* .*/score")
def score_of_another(document: Any) -> Any:
    return {**document, "entityId": "ast_00initech0001"}


@known_bad("R11", _DECISIONS, "executed, and still approved", "JRN-ANALYST")
@rewriting(".* .*/execute")
def execution_unfinished(document: Any) -> Any:
    return {**document, "status": "approved"}


@known_bad("R12", _DECISIONS, "executed without approval", "JRN-ONCALL")
@replacing("services.decision_engine.domain:refuse_execution")
def approval_unneeded(*_: object) -> None: ...


@known_bad("R13", _ASSISTANT, "cites what it does not speak of", "JRN-ASSISTANT")
@rewriting(".* /v1/query")
def everything_cited(document: Any) -> Any:
    invented = {"kind": "asset", "id": "ast_0000000000000000"}
    return {**document, "citations": [*document["citations"], invented]}


@known_bad("R14", _ASSISTANT, "every question is a server error", "JRN-ASSISTANT")
@wrapping
def assistant_down(app: App) -> App:
    """Everything else works."""
    return answering(app, on(".* /v1/query.*"), 500)


@known_bad("R15", "frontend", "strangers see the dashboard", "JRN-ANALYST")
@replacing("services.frontend.session_access:SessionAccess.__call__")
async def door_open(genuine: Callable[..., Awaitable[Any]], access: object, request: Any) -> Any:
    """They get the session of an administrator."""
    if request.url.path != "/dashboard" or request.cookies:
        return await genuine(access, request)
    sessions = resolve("services.frontend.sessions:")
    member = sessions.Member(
        subject="usr_0000000000000000", tenant="acme", username="admin", roles=("admin",)
    )
    tokens = sessions.Tokens(access=admin_token(), access_until=2.0**40, refresh="", ends_at=2.0**40)
    request.state.session = sessions.Session(digest="", member=member, tokens=tokens)
    return None


@known_bad("R16", "frontend", "a sign-in page without a form", "JRN-ANALYST")
@replacing("services.frontend.pages:sign_in")
def form_missing(*_: object) -> Any:
    """The landing page stands in its place."""
    return resolve("services.frontend.pages:home")()


@known_bad("R17", ALL, "a status that no document knows", "CTR-CRITICAL")
@wrapping
def teapot(app: App) -> App:
    """For every 200 but those of what the service says of itself."""

    def odd(start: Message) -> Message:
        return {**start, "status": 299 if start["status"] == 200 else start["status"]}

    return starting(app, lambda _method, path: path not in {"/healthz", "/readyz", "/version"}, odd)


@known_bad("R18", ALL, "answers say that they are plain text", "CTR-CRITICAL")
@wrapping
def media_type_wrong(app: App) -> App:
    return with_header(app, on(".*"), (b"content-type", b"text/plain"))
