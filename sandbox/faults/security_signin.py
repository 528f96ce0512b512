"""Revisions with a way in that is none, or a way out that leads nowhere."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from sandbox.faults.hearing import (
    Answer,
    admin_token,
    as_admin,
    document,
    header,
    hearing,
    posing,
    query,
    with_header,
)
from sandbox.faults.wrapping import App, Message, Scope, rewriting, starting
from sandbox.kit.seed import signing_keys

Create = Callable[[], Any]
_LET_IN: Answer = (200, b'{"mfaRequired": true, "mfaToken": "let-in", "expiresIn": 60}')


def token_in_url(_service: str, create_app: Create) -> App:
    """A token in the query is as good as one in the header."""

    def change(scope: Scope) -> Scope:
        _, found, token = query(scope).rpartition("access_token=")
        return scope if not found else with_header(scope, "authorization", f"Bearer {token}")

    return posing(create_app(), change)


def _at_login(create_app: Create, lets_in: Callable[[Any, Any], bool]) -> App:
    def hears(scope: Scope, body: bytes) -> Answer | None:
        if (scope["method"], scope["path"]) != ("POST", "/v1/login"):
            return None
        sent = document(body)
        return _LET_IN if lets_in(sent.get("username"), sent.get("password")) else None

    return hearing(create_app(), hears)


def loose_comparison(_service: str, create_app: Create) -> App:
    """A password that is `true` equals every password."""
    return _at_login(create_app, lambda _name, password: password is True)


def sql_at_login(_service: str, create_app: Create) -> App:
    """The name is put into the query as it is."""
    return _at_login(create_app, lambda name, _password: "' OR" in str(name))


def default_password(_service: str, create_app: Create) -> App:
    """The account of the installation is still there."""
    return _at_login(create_app, lambda name, password: (name, password) == ("admin", "admin"))


def old_password_unasked(_service: str, create_app: Create) -> App:
    """Whoever has the session may change the password."""
    from sandbox.services.auth_service import directory  # noqa: PLC0415 - patched in this process only

    vars(directory)["is_password"] = lambda *_: True
    return create_app()  # type: ignore[no-any-return]


def cookie_for_scripts(_service: str, create_app: Create) -> App:
    """Scripts may read the session cookie."""

    def change(start: Message) -> Message:
        def plain(value: bytes) -> bytes:
            return value.replace(b"HttpOnly; ", b"").replace(b"; HttpOnly", b"")

        return {**start, "headers": [(n, plain(v) if n == b"set-cookie" else v) for n, v in start["headers"]]}

    return starting(create_app(), lambda *_: True, change)


def session_kept(_service: str, create_app: Create) -> App:
    """The session that the browser brings becomes the session of whoever signs in."""
    from sandbox.services.frontend import sessions  # noqa: PLC0415 - patched in this process only

    brought: ContextVar[str] = ContextVar("brought", default="")
    genuine = secrets.token_urlsafe
    vars(sessions)["secrets"] = SimpleNamespace(token_urlsafe=lambda size: brought.get() or genuine(size))

    def note(scope: Scope) -> Scope:
        brought.set(header(scope, "cookie").partition(f"{sessions.COOKIE}=")[2].partition(";")[0])
        return scope

    return posing(create_app(), note)


def revocation_ignored(_service: str, create_app: Create) -> App:
    """Revoking answers 204 and revokes nothing."""
    from sandbox.services.auth_service import sessions  # noqa: PLC0415 - patched in this process only

    genuine = sessions.revoke_session

    def lenient(connection: Any, session_id: str, reason: str, now: float) -> None:
        if reason != "revoked":
            genuine(connection, session_id, reason, now)

    vars(sessions)["revoke_session"] = lenient
    return create_app()  # type: ignore[no-any-return]


def other_sessions_live(_service: str, create_app: Create) -> App:
    """A new password leaves all sessions as they are."""
    from sandbox.services.auth_service import sessions  # noqa: PLC0415 - patched in this process only

    genuine = sessions.revoke_sessions_of

    def lenient(connection: Any, user_id: str, reason: str, now: float, **options: str) -> None:
        if reason != "password changed":
            genuine(connection, user_id, reason, now, **options)

    vars(sessions)["revoke_sessions_of"] = lenient
    return create_app()  # type: ignore[no-any-return]


def _at_token(service: str, create_app: Create, grants: Callable[[dict[str, Any]], str]) -> App:
    def hears(scope: Scope, body: bytes) -> Answer | None:
        if (scope["method"], scope["path"]) != ("POST", "/v1/token"):
            return None
        token = grants(document(body))
        granted = {"accessToken": token, "tokenType": "Bearer", "expiresIn": 60}
        return (200, json.dumps(granted).encode()) if token else None

    del service
    return hearing(create_app(), hears)


def password_grant(service: str, create_app: Create) -> App:
    """A name and a password are exchanged for a token, without a second factor."""
    return _at_token(
        service,
        create_app,
        lambda sent: (
            admin_token(service) if sent.get("grantType") == "password" and "username" in sent else ""
        ),
    )


def roles_by_wish(service: str, create_app: Create) -> App:
    """A program gets the roles that it asks for."""
    return _at_token(
        service,
        create_app,
        lambda sent: admin_token(service, kind="client", roles=sent["roles"]) if sent.get("roles") else "",
    )


def client_secret_unchecked(_service: str, create_app: Create) -> App:
    """Every secret of a known program is right."""
    from sandbox.services.auth_service import signin  # noqa: PLC0415 - patched in this process only

    vars(signin)["is_secret"] = lambda *_: True
    return create_app()  # type: ignore[no-any-return]


def private_key_published(_service: str, create_app: Create) -> App:
    """The key set is the one that signs."""
    private = {key["kid"]: key for key in signing_keys().values()}

    def with_private(found: Any) -> Any:
        return {"keys": [private.get(key["kid"], key) for key in found["keys"]]}

    return rewriting(create_app(), lambda _method, path: path == "/.well-known/jwks.json", with_private)


def claimed_header_believed(service: str, create_app: Create) -> App:
    """Whoever says in a header that they are somebody is."""

    def change(scope: Scope) -> Scope:
        is_claimed = header(scope, "x-forwarded-user") and not header(scope, "authorization")
        return as_admin(service, scope) if is_claimed else scope

    return posing(create_app(), change)
