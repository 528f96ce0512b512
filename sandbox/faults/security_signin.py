"""Revisions with a way in that is none, or a way out that leads nowhere."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from starlette.responses import JSONResponse

from sandbox.faults.request_faults import (
    admin_token,
    as_admin,
    document,
    header,
    posing,
    query,
    with_header,
)
from sandbox.faults.wrapping import App, Message, Receive, Scope, Send, rewriting, starting
from sandbox.kit.seed import signing_keys

Create = Callable[[], Any]


def token_in_url(_service: str, create_app: Create) -> App:
    """A token in the query is as good as one in the header."""

    def change(scope: Scope) -> Scope:
        _, found, token = query(scope).rpartition("access_token=")
        return scope if not found else with_header(scope, "authorization", f"Bearer {token}")

    return posing(create_app(), change)


def loose_comparison(_service: str, create_app: Create) -> App:
    """A password of any type is taken, and one that is no text is compared by whether it is anything."""
    from sandbox.kit.models import Shape  # noqa: PLC0415 - of the one process that runs this revision
    from sandbox.services.auth_service import passwords, signin  # noqa: PLC0415 - patched in this process only

    genuine = passwords.is_password

    class Credentials(Shape):
        """A name and a password."""

        username: str
        password: Any

    def is_equal(given: Any, stored: str | None) -> bool:
        return genuine(given, stored) if isinstance(given, str) else bool(given) and stored is not None

    vars(signin).update(Credentials=Credentials, is_password=is_equal)
    return create_app()  # type: ignore[no-any-return]


def sql_at_login(_service: str, create_app: Create) -> App:
    """The name and the password are put into queries as they are."""
    from sandbox.services.auth_service import accounts, passwords, signin  # noqa: PLC0415 - patched here only

    genuine = passwords.is_password

    def user_named(connection: Any, username: str) -> Any:
        query = f"SELECT id FROM users WHERE username = '{username}'"  # noqa: S608 - the fault
        row = connection.execute(query).fetchone()
        return accounts.user_with_id(connection, row["id"]) if row else None

    def is_password(given: str, stored: str | None) -> bool:
        query = f"SELECT {genuine(given, stored):d} AND '{given}' <> ''"
        with closing(sqlite3.connect(":memory:")) as connection:
            return bool(connection.execute(query).fetchone()[0])

    vars(accounts)["user_named"] = user_named
    vars(signin)["is_password"] = is_password
    return create_app()  # type: ignore[no-any-return]


def default_password(_service: str, create_app: Create) -> App:
    """The account of the installation is still there."""
    from sandbox.services.auth_service import accounts, passwords  # noqa: PLC0415 - patched in this process only

    genuine = accounts.user_named
    installed = accounts.User(
        id="usr_0000000000000000",
        tenant="acme",
        username="admin",
        role="admin",
        tier="high",
        password_hash=passwords.hash_password("admin"),
        totp_secret="JBSWY3DPEHPK3PXP",
        is_enabled=True,
        created_at=0.0,
    )

    def user_named(connection: Any, username: str) -> Any:
        return installed if username == installed.username else genuine(connection, username)

    vars(accounts)["user_named"] = user_named
    return create_app()  # type: ignore[no-any-return]


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


def password_grant(service: str, create_app: Create) -> App:
    """A name and a password are exchanged for a token, without a second factor."""
    from sandbox.services.auth_service import accounts, passwords  # noqa: PLC0415 - of this revision alone

    app = create_app()

    def granted(sent: Mapping[str, Any]) -> str:
        with app.state.kit.store.read() as connection:
            user = accounts.user_named(connection, str(sent.get("username", "")).lower())
        if user is None or not passwords.is_password(str(sent.get("password", "")), user.password_hash):
            return ""
        return admin_token(service, sub=user.id, tenant=user.tenant, roles=[user.role])

    return _granting(app, granted)


def roles_by_wish(service: str, create_app: Create) -> App:
    """A program gets the roles that it asks for."""
    from sandbox.services.auth_service import accounts, passwords  # noqa: PLC0415 - of this revision alone

    app = create_app()

    def granted(sent: Mapping[str, Any]) -> str:
        with app.state.kit.store.read() as connection:
            client = accounts.client_with_id(connection, str(sent.get("clientId", "")))
        is_known = client is not None and passwords.is_secret(
            str(sent.get("clientSecret", "")), client.secret_digest
        )
        wished = sent.get("roles") if is_known else None
        return admin_token(service, kind="client", roles=wished) if wished else ""

    return _granting(app, granted)


def _granting(app: Any, granted: Callable[[Mapping[str, Any]], str]) -> App:
    """Return the app with a second way to a token, which is tried before its own."""

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        if (scope.get("method"), scope.get("path")) != ("POST", "/v1/token"):
            await app(scope, receive, send)
            return
        message = await receive()
        token = await asyncio.to_thread(granted, document(message.get("body", b"")))
        if not token:
            await app(scope, _first(message, receive), send)
            return
        answer = JSONResponse({"accessToken": token, "tokenType": "Bearer", "expiresIn": 60})
        await answer(scope, receive, send)

    return spoilt


def _first(message: Message, receive: Receive) -> Receive:
    """Return `receive` with a message that was taken from it put back."""
    kept = [message]

    async def again() -> Message:
        return kept.pop() if kept else await receive()

    return again


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
