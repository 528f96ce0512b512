"""Revisions whose every answer looks right: only a whole day's work with them shows what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.faults.fault import App, Message, Scope, known_bad, replacing, resolve, wrapping
from sandbox.faults.request_faults import changing_requests
from sandbox.faults.response_faults import on, rewriting, starting, with_open_cookies, without


@known_bad("J01", "decision-engine", "new rules are not followed", "JRN-MANAGER", "TST-01")
@replacing("services.decision_engine.workflow:rules_of")
def policy_ignored(*_: object) -> Any:
    """A tenant's rules are stored and shown, and the first ones are followed."""
    return resolve("services.decision_engine.domain:DEFAULT_POLICY")


@known_bad("M20", "asset-discovery", "deleting deletes nothing", "JRN-MANAGER")
@replacing("services.asset_discovery.store:delete_asset")
def delete_ignored(*_: object) -> None: ...


@known_bad("J02", "auth-service", "a closed account's session lives on", "JRN-ADMIN")
@replacing("services.auth_service.sessions:revoke_sessions_of")
def sessions_kept(*_: object, **__: object) -> None: ...


@known_bad("J03", "auth-service", "accounts of other tenants can be changed", "JRN-ADMIN")
@replacing("services.auth_service.directory:colleague")
def foreign_accounts(_genuine: object, connection: Any, _principal: object, user_id: str) -> Any:
    return resolve("services.auth_service.accounts:user_with_id")(connection, user_id)


@known_bad("M19", "event-processor", "a retried batch is stored twice", "JRN-API")
@changing_requests
def retries_stored(scope: Scope) -> Scope:
    return {**scope, "headers": without(scope["headers"], b"idempotency-key")}


@known_bad("J04", "event-processor", "each page loses its last event", "JRN-API")
@replacing("services.event_processor.store:EVENTS.page")
def page_short(genuine: Callable[..., Any], *arguments: object) -> Any:
    found = genuine(*arguments)
    return {**found, "items": found["items"][:-1]} if found["next_cursor"] else found


@known_bad("J13", "event-processor", "events happened two hours later", "JRN-API")
@rewriting("GET /v1/events.*")
def times_shifted(document: Any) -> Any:
    items = document.get("items", [document])
    for event in items:
        event["occurredAt"] = (datetime.fromisoformat(event["occurredAt"]) + timedelta(hours=2)).isoformat()
    return document


@known_bad("J05", "api-gateway", "the quota never seems to shrink", "JRN-API")
@wrapping
def quota_untold(app: App) -> App:
    def full(start: Message) -> Message:
        limit = dict(start["headers"]).get(b"ratelimit-limit")
        if limit is None:
            return start
        return {
            **start,
            "headers": [*without(start["headers"], b"ratelimit-remaining"), (b"ratelimit-remaining", limit)],
        }

    return starting(app, on(".*"), full)


@known_bad("J06", "threat-detection", "known indicators match nothing", "JRN-ONCALL")
@replacing("services.threat_detection.store:known_bad")
def indicators_ignored(*_: object) -> set[str]:
    """An indicator is stored and shown, and no event is compared with it."""
    return set()


@known_bad("J07", "decision-engine", "isolation is recorded and not done", "JRN-ONCALL")
@replacing("services.decision_engine.domain:steps_of")
def isolation_claimed(genuine: Callable[..., list[Any]], action: object, basis: object) -> list[Any]:
    """A decision to isolate is executed, and the asset stays where it is."""
    return genuine(action, basis)[-1:]


@known_bad("J08", "nlp-assistant", "a conversation has no memory", "JRN-ASSISTANT")
@replacing("services.nlp_assistant.workflow:_named_last")
def context_forgotten(*_: object) -> list[Any]:
    return []


@known_bad("J09", "nlp-assistant", "colleagues can read conversations", "JRN-ASSISTANT")
@replacing("services.nlp_assistant.store:conversation_of")
def conversation_shared(
    genuine: Callable[..., Any], connection: Any, owner: Any, conversation_id: str
) -> Any:
    """A conversation is found by its id alone."""
    row = connection.execute("SELECT person FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
    return genuine(connection, replace(owner, person=row["person"]) if row else owner, conversation_id)


@known_bad("J10", "nlp-assistant", "a streamed answer loses a sentence", "JRN-ASSISTANT")
@replacing("services.nlp_assistant.routes:streamed")
def stream_differs(genuine: Callable[..., Iterator[str]], reply: object, answer: object) -> Iterator[str]:
    yield from list(genuine(reply, answer))[1:]


@known_bad("J11", "frontend", "the pages' script is refused by browsers", "JRN-BROWSER")
@replacing("services.frontend.static:integrity_of")
def integrity_wrong(genuine: Callable[[bytes], str], content: bytes) -> str:
    return genuine(content + b" ")


@known_bad("J12", "frontend", "scripts can read the session", "JRN-BROWSER")
@wrapping
def cookie_readable(app: App) -> App:
    return with_open_cookies(app)
