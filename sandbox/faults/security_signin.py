"""Revisions that sign people or programs in wrongly, or do not sign them out."""

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

from sandbox.faults.fault import (
    TAKING_TOKENS,
    App,
    Create,
    Receive,
    Scope,
    Send,
    known_bad,
    replace,
    replacing,
    resolve,
    wrapping,
)
from sandbox.faults.request_faults import (
    admin_token,
    as_admin,
    body_of,
    carrying,
    changing_requests,
    document,
    header,
    put_back,
    query,
    received,
    with_requests_changed,
)
from sandbox.faults.response_faults import rewriting, with_open_cookies
from sandbox.kit.models import Shape
from sandbox.kit.seed import signing_keys

_AUTH, _PAGES = "auth-service", "frontend"


@known_bad("AUTH-05", TAKING_TOKENS, "a token in the URL is accepted", "AUTH-05-URL")
@changing_requests
def token_in_url(scope: Scope) -> Scope:
    _, found, token = query(scope).rpartition("access_token=")
    return carrying(scope, "authorization", f"Bearer {token}") if found else scope


@known_bad("AUTH-06", _AUTH, "true is accepted as any password", "AUTH-06-TYPES")
def loose_comparison(_service: str, create: Create) -> App:
    """A password of any type is taken; one that is not text is right when it is truthy."""

    class Credentials(Shape):
        """A name and a password."""

        username: str
        password: Any

    def is_equal(genuine: Callable[..., bool], given: Any, stored: str | None) -> bool:
        return genuine(given, stored) if isinstance(given, str) else bool(given) and stored is not None

    resolve("services.auth_service.signin:").Credentials = Credentials
    replace("services.auth_service.signin:is_password", is_equal)
    app: App = create()
    return app


@known_bad("AUTH-07", _AUTH, "SQL in a name or password signs in", "AUTH-07-SQL")
def sql_at_login(_service: str, create: Create) -> App:
    def user_named(genuine: Callable[..., Any], connection: Any, username: str) -> Any:
        found = f"SELECT username FROM users WHERE username = '{username}'"  # noqa: S608 - the fault
        row = connection.execute(found).fetchone()
        return genuine(connection, row["username"]) if row else None

    def is_password(genuine: Callable[..., bool], given: str, stored: str | None) -> bool:
        compared = f"SELECT {genuine(given, stored):d} AND '{given}' <> ''"
        with closing(sqlite3.connect(":memory:")) as connection:
            return bool(connection.execute(compared).fetchone()[0])

    replace("services.auth_service.accounts:user_named", user_named)
    replace("services.auth_service.signin:is_password", is_password)
    app: App = create()
    return app


@known_bad("AUTH-08", _AUTH, "the default account admin/admin signs in", "AUTH-08-DEFAULTS")
@replacing("services.auth_service.accounts:user_named")
def default_password(genuine: Callable[..., Any], connection: Any, username: str) -> Any:
    """The account of the installation is still there."""
    if username != "admin":
        return genuine(connection, username)
    return resolve("services.auth_service.accounts:User")(
        id="usr_0000000000000000",
        tenant="acme",
        username=username,
        role="admin",
        tier="high",
        password_hash=resolve("services.auth_service.passwords:hash_password")("admin"),
        totp_secret="JBSWY3DPEHPK3PXP",
        is_enabled=True,
        created_at=0.0,
    )


@known_bad("AUTH-09", _AUTH, "the current password is not checked", "AUTH-09-PASSWORD")
@replacing("services.auth_service.directory:is_password")
def old_password_unasked(*_: object) -> bool:
    """The session alone is enough to change the password."""
    return True


@known_bad("AUTH-12", _PAGES, "scripts can read the session cookie", "AUTH-12-COOKIE")
@wrapping
def cookie_for_scripts(app: App) -> App:
    return with_open_cookies(app)


@known_bad("AUTH-13", _PAGES, "the browser chooses the session id", "AUTH-13-FIXATION")
@wrapping
def session_kept(app: App) -> App:
    """The session id that the browser brings becomes the id of the new session."""
    sessions = resolve("services.frontend.sessions:")
    brought: ContextVar[str] = ContextVar("brought", default="")
    genuine = secrets.token_urlsafe
    sessions.secrets = SimpleNamespace(token_urlsafe=lambda size: brought.get() or genuine(size))

    def note(scope: Scope) -> Scope:
        brought.set(header(scope, "cookie").partition(f"{sessions.COOKIE}=")[2].partition(";")[0])
        return scope

    return with_requests_changed(app, note)


@known_bad("OAU-03", _AUTH, "revoking ends no session", "OAU-03-REVOKE")
@replacing("services.auth_service.sessions:revoke_session")
def revocation_ignored(genuine: Callable[..., None], *arguments: Any) -> None:
    if "revoked" not in arguments:
        genuine(*arguments)


@known_bad("OAU-05", _AUTH, "a new password ends no session", "OAU-05-OTHERS")
@replacing("services.auth_service.sessions:revoke_sessions_of")
def other_sessions_live(genuine: Callable[..., None], *arguments: Any, **options: str) -> None:
    if "password changed" not in arguments:
        genuine(*arguments, **options)


@known_bad("OAU-09", _AUTH, "a password alone gets a token", "OAU-09-GRANTS")
@wrapping
def password_grant(app: Any) -> App:
    """Without a second factor."""
    accounts, passwords = (resolve(f"services.auth_service.{name}:") for name in ("accounts", "passwords"))

    def granted(sent: Mapping[str, Any]) -> str:
        with app.state.kit.store.read() as connection:
            user = accounts.user_named(connection, str(sent.get("username", "")).lower())
        if user is None or not passwords.is_password(str(sent.get("password", "")), user.password_hash):
            return ""
        return admin_token(sub=user.id, tenant=user.tenant, roles=[user.role])

    return _granting(app, granted)


@known_bad("OAU-10", _AUTH, "programs choose their own roles", "OAU-10-SCOPE")
@wrapping
def roles_by_wish(app: Any) -> App:
    accounts, passwords = (resolve(f"services.auth_service.{name}:") for name in ("accounts", "passwords"))

    def granted(sent: Mapping[str, Any]) -> str:
        with app.state.kit.store.read() as connection:
            client = accounts.client_with_id(connection, str(sent.get("clientId", "")))
        if client is None or not passwords.is_secret(str(sent.get("clientSecret", "")), client.secret_digest):
            return ""
        return admin_token(kind="client", roles=sent["roles"]) if sent.get("roles") else ""

    return _granting(app, granted)


def _granting(app: Any, granted: Callable[[Mapping[str, Any]], str]) -> App:
    """Return the app with a second way to a token, which is tried before its own."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if (scope.get("method"), scope.get("path")) != ("POST", "/v1/token"):
            await app(scope, receive, send)
            return
        messages, _ = await received(receive)
        token = await asyncio.to_thread(granted, document(body_of(messages)))
        answer = JSONResponse({"accessToken": token, "tokenType": "Bearer", "expiresIn": 60})
        await (answer if token else app)(scope, put_back(messages, receive), send)

    return faulty


@known_bad("OAU-11", _AUTH, "client secrets are not checked", "OAU-11-CLIENT")
@replacing("services.auth_service.signin:is_secret")
def client_secret_unchecked(*_: object) -> bool:
    return True


@known_bad("OAU-13", _AUTH, "the key set contains private keys", "OAU-13-KEYS")
@rewriting(".* /.well-known/jwks.json")
def private_key_published(document: Any) -> Any:
    private = {key["kid"]: key for key in signing_keys().values()}
    return {"keys": [private.get(key["kid"], key) for key in document["keys"]]}


@known_bad("S2S-05", TAKING_TOKENS, "a header is believed to name the user", "S2S-05-HEADERS")
@changing_requests
def claimed_header_believed(scope: Scope) -> Scope:
    """A request that names a user in a header is served as an administrator's."""
    is_claimed = header(scope, "x-forwarded-user") and not header(scope, "authorization")
    return as_admin(scope) if is_claimed else scope
