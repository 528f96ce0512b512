"""Revisions whose every answer looks right, and whose day's work comes to nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.faults.wrapping import App, Message, Receive, Scope, Send, answering, rewriting

Create = Callable[[], Any]


def policy_ignored(_service: str, create_app: Create) -> App:
    """A tenant's rules are stored and shown, and the first ones are followed."""
    from sandbox.services.decision_engine import domain, policies  # noqa: PLC0415 - patched in this process only

    vars(policies)["rules_of"] = lambda _policy: domain.DEFAULT_POLICY
    return create_app()  # type: ignore[no-any-return]


def delete_ignored(_service: str, create_app: Create) -> App:
    """M20: deleting answers 204 and deletes nothing."""
    return answering(create_app(), lambda method, _path: method == "DELETE", 204)


def sessions_kept(_service: str, create_app: Create) -> App:
    """Neither another role nor the end of an account ends a session."""
    from sandbox.services.auth_service import sessions  # noqa: PLC0415 - patched in this process only

    vars(sessions)["revoke_sessions_of"] = lambda *_args, **_kwargs: None
    return create_app()  # type: ignore[no-any-return]


def foreign_accounts(_service: str, create_app: Create) -> App:
    """An administrator sees and changes the accounts of every tenant."""
    from sandbox.services.auth_service import accounts, directory  # noqa: PLC0415 - patched in this process only

    def anybody(connection: Any, _principal: Any, user_id: str) -> Any:
        return accounts.user_with_id(connection, user_id)

    vars(directory)["colleague"] = anybody
    return create_app()  # type: ignore[no-any-return]


def retries_stored(_service: str, create_app: Create) -> App:
    """M19: an idempotency key is not looked at, so a retry stores everything again."""
    app: App = create_app()

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            kept = [(name, value) for name, value in scope["headers"] if name != b"idempotency-key"]
            scope = {**scope, "headers": kept}
        await app(scope, receive, send)

    return spoilt


def times_shifted(_service: str, create_app: Create) -> App:
    """Events happened two hours later than their sender says, in a list and by themselves."""

    def shift(document: Any) -> Any:
        if isinstance(document.get("items"), list):
            return {**document, "items": [shift(item) for item in document["items"]]}
        at = document.get("occurredAt")
        if not at:
            return document
        return {**document, "occurredAt": (datetime.fromisoformat(at) + timedelta(hours=2)).isoformat()}

    def is_read(method: str, path: str) -> bool:
        return method == "GET" and path.startswith("/v1/events")

    return rewriting(create_app(), is_read, shift)


def page_short(_service: str, create_app: Create) -> App:
    """A page that is followed by another one lacks its last event."""

    def shorten(document: Any) -> Any:
        items = document["items"]
        return {**document, "items": items[:-1] if document.get("nextCursor") else items}

    def is_list(method: str, path: str) -> bool:
        return (method, path) == ("GET", "/v1/events")

    return rewriting(create_app(), is_list, shorten)


def quota_untold(_service: str, create_app: Create) -> App:
    """Every answer says that the whole quota is left."""
    app: App = create_app()

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_full(message: Message) -> None:
            if message["type"] == "http.response.start":
                limits = [value for name, value in message["headers"] if name.lower() == b"ratelimit-limit"]
                message["headers"] = [
                    (name, limits[0] if name.lower() == b"ratelimit-remaining" else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await app(scope, receive, send_full)

    return spoilt


def indicators_ignored(_service: str, create_app: Create) -> App:
    """An indicator is stored and shown, and no event is compared with it."""
    from sandbox.services.threat_detection import store  # noqa: PLC0415 - patched in this process only

    vars(store)["known_bad"] = lambda *_: set()
    return create_app()  # type: ignore[no-any-return]


def isolation_claimed(_service: str, create_app: Create) -> App:
    """A decision to isolate is executed, and the asset stays where it is."""
    from sandbox.services.decision_engine import domain  # noqa: PLC0415 - patched in this process only

    genuine = domain.steps_of
    vars(domain)["steps_of"] = lambda action, ground: genuine(action, ground)[-1:]
    return create_app()  # type: ignore[no-any-return]


def context_forgotten(_service: str, create_app: Create) -> App:
    """The next question of a conversation does not know what the one before was about."""
    from sandbox.services.nlp_assistant import asking  # noqa: PLC0415 - patched in this process only

    vars(asking)["_named_last"] = lambda _earlier: []
    return create_app()  # type: ignore[no-any-return]


def conversation_shared(_service: str, create_app: Create) -> App:
    """Whoever knows a conversation's id reads it."""
    from sandbox.services.nlp_assistant import store  # noqa: PLC0415 - patched in this process only

    genuine = store.conversation_of

    def anybody_s(connection: Any, owner: Any, conversation_id: str) -> Any:
        row = connection.execute(
            "SELECT person FROM conversations WHERE id = ?", (conversation_id,)
        ).fetchone()
        real = store.Owner(tenant=owner.tenant, person=row["person"]) if row else owner
        return genuine(connection, real, conversation_id)

    vars(store)["conversation_of"] = anybody_s
    return create_app()  # type: ignore[no-any-return]


def stream_differs(_service: str, create_app: Create) -> App:
    """A streamed answer ends with another text than it was made of."""
    from sandbox.services.nlp_assistant import routes  # noqa: PLC0415 - patched in this process only

    genuine = vars(routes)["streamed"]

    def cut(reply: Any, answer: Any) -> Any:
        told = list(genuine(reply, answer))
        return iter(
            [*told[1:-1], f"event: done\ndata: {json.dumps(json.loads(reply.model_dump_json()))}\n\n"]
        )

    vars(routes)["streamed"] = cut
    return create_app()  # type: ignore[no-any-return]


def integrity_wrong(_service: str, create_app: Create) -> App:
    """The pages name another content for their script than it has: no browser runs it."""
    from sandbox.services.frontend import static  # noqa: PLC0415 - patched in this process only

    genuine = static.integrity_of
    vars(static)["integrity_of"] = lambda content: genuine(content + b" ")
    return create_app()  # type: ignore[no-any-return]


def cookie_readable(_service: str, create_app: Create) -> App:
    """The session's cookie can be read by every script of the page."""
    app: App = create_app()

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_open(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, value.replace(b"; HttpOnly", b"")) for name, value in message["headers"]
                ]
            await send(message)

        await app(scope, receive, send_open)

    return spoilt
