"""Revisions that let callers do, see or set what is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from starlette.staticfiles import StaticFiles

from sandbox.faults.request_faults import as_admin, document, header, posing
from sandbox.faults.wrapping import App, Message, Receive, Scope, Send, rewriting
from sandbox.kit.identity import ACTING_TENANT_HEADER, ROLES, SERVICE, Principal
from sandbox.kit.settings import Settings

Create = Callable[[], Any]
_GENUINE = Principal.has_any


def _judging(create_app: Create, judges: Callable[[Principal, tuple[str, ...]], bool]) -> App:
    Principal.has_any = judges  # type: ignore[assignment, method-assign]
    return create_app()  # type: ignore[no-any-return]


def services_unlimited(_service: str, create_app: Create) -> App:
    """A service's token opens the operations of people."""
    return _judging(create_app, lambda self, roles: self.kind == SERVICE or _GENUINE(self, roles))


def responder_forgotten(_service: str, create_app: Create) -> App:
    """One of the roles that an operation names is shut out."""
    return _judging(create_app, lambda self, roles: "responder" not in self.roles and _GENUINE(self, roles))


def roles_unchecked(_service: str, create_app: Create) -> App:
    """Every person may do what any person may."""

    def judge(self: Principal, roles: tuple[str, ...]) -> bool:
        is_for_people = self.kind != SERVICE and not set(roles).isdisjoint(ROLES)
        return is_for_people or _GENUINE(self, roles)

    return _judging(create_app, judge)


def operation_undeclared(_service: str, create_app: Create) -> App:
    """The contract declares a write that everybody may call, and nobody reviewed it."""

    def opened(found: Any) -> Any:
        paths = found["paths"]
        name = next(
            path for path in sorted(paths) if "post" in paths[path] and "security" in paths[path]["post"]
        )
        post = {key: value for key, value in paths[name]["post"].items() if key != "security"}
        return {**found, "paths": {**paths, name: {**paths[name], "post": post}}}

    return rewriting(create_app(), lambda _method, path: path == "/openapi.json", opened)


def foreign_event_readable(_service: str, create_app: Create) -> App:
    """An event is found by its id alone, whosever it is."""
    from sandbox.services.event_processor import store  # noqa: PLC0415 - patched in this process only

    genuine = store.event_of

    def anybodys(connection: Any, tenant: str, event_id: str) -> Any:
        return genuine(connection, _owner(connection, "events", event_id) or tenant, event_id)

    vars(store)["event_of"] = anybodys
    return create_app()  # type: ignore[no-any-return]


def foreign_asset_readable(_service: str, create_app: Create) -> App:
    """M07: an asset is read by its id alone, whosever it is."""
    from sandbox.services.asset_discovery import store  # noqa: PLC0415 - patched in this process only

    genuine = store.asset_of

    def anybodys(connection: Any, tenant: str, asset_id: str) -> Any:
        return genuine(connection, _owner(connection, "assets", asset_id) or tenant, asset_id)

    vars(store)["asset_of"] = anybodys
    return create_app()  # type: ignore[no-any-return]


def foreign_asset_changeable(_service: str, create_app: Create) -> App:
    """An asset is changed by its id alone, whosever it is."""
    from sandbox.services.asset_discovery import store  # noqa: PLC0415 - patched in this process only

    genuine = store.change_asset

    def anybodys(connection: Any, tenant: str, asset_id: str, change: Any) -> Any:
        return genuine(connection, _owner(connection, "assets", asset_id) or tenant, asset_id, change)

    vars(store)["change_asset"] = anybodys
    return create_app()  # type: ignore[no-any-return]


def _owner(connection: Any, table: str, record_id: str) -> str:
    query = f"SELECT tenant FROM {table} WHERE id = ?"  # noqa: S608 - the names of two tables
    row = connection.execute(query, (record_id,)).fetchone()
    return str(row["tenant"]) if row else ""


def answers_mixed_up(_service: str, create_app: Create) -> App:
    """The gateway keeps answers by their path and gives them to whoever comes next."""
    app = create_app()
    kept: dict[str, list[Message]] = {}

    async def caching(scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or scope["method"] != "GET" or "/v1/assets/" not in path:
            await app(scope, receive, send)
            return
        if path in kept and header(scope, "authorization"):
            for message in kept[path]:
                await send(message)
            return
        said: list[Message] = []

        async def note(message: Message) -> None:
            said.append(message)
            await send(message)

        await app(scope, receive, note)
        if said[0].get("status") == 200:
            kept[path] = said

    return caching


def list_unfiltered(_service: str, create_app: Create) -> App:
    """The list of assets forgets whose it is."""
    from sandbox.services.asset_discovery import store  # noqa: PLC0415 - patched in this process only

    genuine = store.assets_after

    def everybodys(connection: Any, tenant: str, *others: Any) -> Any:
        found = list(genuine(connection, tenant, *others))
        if not found:
            rows = connection.execute("SELECT DISTINCT tenant FROM assets ORDER BY rowid DESC").fetchall()
            found = [asset for row in rows for asset in genuine(connection, row["tenant"], *others)]
        return found[:50]

    vars(store)["assets_after"] = everybodys
    return create_app()  # type: ignore[no-any-return]


def tenant_by_header(_service: str, create_app: Create) -> App:
    """Whoever names a tenant in a header acts for it."""
    from sandbox.kit import identity  # noqa: PLC0415 - patched in this process only

    genuine = vars(identity)["_acting"]

    def acting(principal: Principal, request: Any) -> Principal:
        named = request.headers.get(ACTING_TENANT_HEADER)
        known: Principal = genuine(principal, request)
        return replace(known, tenant=named) if named else known

    vars(identity)["_acting"] = acting
    return create_app()  # type: ignore[no-any-return]


def own_role_changeable(_service: str, create_app: Create) -> App:
    """An administrator may give themselves a role."""
    from sandbox.services.auth_service import directory  # noqa: PLC0415 - patched in this process only

    vars(directory)["refuse_oneself"] = lambda *_: None
    return create_app()  # type: ignore[no-any-return]


def every_field_taken(_service: str, create_app: Create) -> App:
    """Who approved a decision is taken from the proposal."""
    from sandbox.services.decision_engine import life  # noqa: PLC0415 - patched in this process only

    planted: ContextVar[str] = ContextVar("planted", default="")
    genuine = vars(life.Life)["_proposed"]

    def proposed(self: Any, *arguments: Any) -> Any:
        decision = genuine(self, *arguments)
        return decision.model_copy(update={"approved_by": planted.get() or None})

    life.Life._proposed = proposed  # type: ignore[assignment, method-assign]  # noqa: SLF001 - reaches inside
    app = create_app()

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", "/v1/decisions"):
            await app(scope, receive, send)
            return
        await app(scope, _without(receive, "approvedBy", planted.set), send)

    return spoilt


def _without(receive: Receive, name: str, note: Callable[[str], Any]) -> Receive:
    """Take a field out of the one message of a small body and note its value."""
    import json  # noqa: PLC0415 - used by one fault alone

    async def changed() -> Message:
        message = await receive()
        found = document(message.get("body", b""))
        if name not in found:
            return message
        note(str(found.pop(name)))
        return {**message, "body": json.dumps(found).encode()}

    return changed


def hash_shown(_service: str, create_app: Create) -> App:
    """Accounts are shown with the hash of their password."""

    def more(found: Any) -> Any:
        if "items" in found:
            return {**found, "items": [more(item) for item in found["items"]]}
        return {**found, "passwordHash": "0" * 32}

    return rewriting(
        create_app(), lambda method, path: method == "GET" and path.startswith("/v1/users"), more
    )


def double_slash_open(service: str, create_app: Create) -> App:
    """The check looks at the path as it is written, the handler at what it means."""

    def change(scope: Scope) -> Scope:
        if not str(scope["path"]).startswith("//"):
            return scope
        path = unquote(str(scope["path"]))[1:]
        return as_admin(service, {**scope, "path": path, "raw_path": path.encode()})

    return posing(create_app(), change)


def method_by_header(_service: str, create_app: Create) -> App:
    """A header may say that a request is another one."""

    def change(scope: Scope) -> Scope:
        return {**scope, "method": header(scope, "x-http-method-override") or scope["method"]}

    return posing(create_app(), change)


def settings_readable(service: str, create_app: Create) -> App:
    """The folder that the service runs in is served, its settings included, where there is nothing else."""
    app = create_app()
    folder = Settings.from_environment(service=service).data_dir / f"served-{service}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (".env", "config.json"):
        (folder / name).write_text("{}\n")
    files = StaticFiles(directory=folder)

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        is_file = scope.get("method") == "GET" and bool(files.lookup_path(scope["path"].lstrip("/"))[1])
        await (files if is_file else app)(scope, receive, send)

    return spoilt
