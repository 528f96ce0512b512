"""Revisions that let callers do, see or set what is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from typing import Any
from urllib.parse import unquote

from pydantic.json_schema import SkipJsonSchema
from starlette.staticfiles import StaticFiles

from sandbox.faults.fault import (
    ALL,
    TAKING_TOKENS,
    App,
    Create,
    Message,
    Receive,
    Scope,
    Send,
    known_bad,
    replace,
    replacing,
    resolve,
    wrapping,
)
from sandbox.faults.request_faults import as_admin, changing_requests, header
from sandbox.faults.response_faults import rewriting
from sandbox.kit.identity import ACTING_TENANT_HEADER, ROLES, SERVICE, Principal

_AUTH, _ASSETS, _EVENTS, _ASK = "auth-service", "asset-discovery", "event-processor", "nlp-assistant"
_WRITING = tuple(name for name in TAKING_TOKENS if name != _ASK)
_FOR_PEOPLE = (_AUTH, _ASSETS, _EVENTS, "threat-detection", "decision-engine", _ASK)
_OF_RECORDS = (*_FOR_PEOPLE[1:], "behavioral-analysis")
LISTS = (_AUTH, _ASSETS, _EVENTS, "threat-detection", "behavioral-analysis", "decision-engine")
Judges = Callable[[Principal, tuple[str, ...]], bool]


@known_bad("S2S-04", _FOR_PEOPLE, "a service's token opens people's operations", "S2S-04-KIND")
@replacing("kit.identity:Principal.has_any")
def services_unlimited(genuine: Judges, principal: Principal, roles: tuple[str, ...]) -> bool:
    return principal.kind == SERVICE or genuine(principal, roles)


@known_bad("AUZ-01", _OF_RECORDS, "one of the named roles is refused", "AUZ-01-NAMED")
@replacing("kit.identity:Principal.has_any")
def responder_forgotten(genuine: Judges, principal: Principal, roles: tuple[str, ...]) -> bool:
    return "responder" not in principal.roles and genuine(principal, roles)


@known_bad("AUZ-02", _WRITING, "roles are not checked", "AUZ-02-OTHERS", "SEC-03")
@replacing("kit.identity:Principal.has_any")
def roles_unchecked(genuine: Judges, principal: Principal, roles: tuple[str, ...]) -> bool:
    is_for_people = principal.kind != SERVICE and not set(roles).isdisjoint(ROLES)
    return is_for_people or genuine(principal, roles)


@known_bad("AUZ-03", ALL, "a write is declared open", "AUZ-03-INVENTORY")
@rewriting(".* /openapi.json")
def operation_undeclared(document: Any) -> Any:
    """The contract declares a write without a security requirement."""
    posts = (item["post"] for _, item in sorted(document["paths"].items()) if "post" in item)
    del next(post for post in posts if "security" in post)["security"]
    return document


def _by_id_alone(table: str, genuine: Callable[..., Any], connection: Any, tenant: str, *others: Any) -> Any:
    """Look for a record with the tenant that it belongs to instead of the caller's."""
    query = f"SELECT tenant FROM {table} WHERE id = ?"  # noqa: S608 - the names of two tables
    row = connection.execute(query, others[:1]).fetchone()
    return genuine(connection, row["tenant"] if row else tenant, *others)


@known_bad("M07", _ASSETS, "another tenant's asset can be read by its id", "AUZ-04-OBJECTS", "SEC-03")
@replacing("services.asset_discovery.store:ASSETS.of")
def foreign_asset_readable(*arguments: Any) -> Any:
    return _by_id_alone("assets", *arguments)


@known_bad("AUZ-04", _ASSETS, "another tenant's asset can be changed by its id", "AUZ-04-OBJECTS", "SEC-03")
@replacing("services.asset_discovery.store:ASSETS.change")
def foreign_asset_changeable(*arguments: Any) -> Any:
    return _by_id_alone("assets", *arguments)


@known_bad("AUZ-B4", _EVENTS, "another tenant's event can be read by its id", "AUZ-04-OBJECTS", "SEC-03")
@replacing("services.event_processor.store:EVENTS.of")
def foreign_event_readable(*arguments: Any) -> Any:
    return _by_id_alone("events", *arguments)


@known_bad("AUZ-A4", "api-gateway", "answers are cached by path alone", "AUZ-04-OBJECTS", "SEC-03")
@wrapping
def answers_mixed_up(app: App) -> App:
    """The next caller gets another caller's answer."""
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


@known_bad("AUZ-05", _ASSETS, "a list shows other tenants' assets", "AUZ-05-LISTS")
@replacing("services.asset_discovery.store:ASSETS.page")
def list_unfiltered(genuine: Callable[..., Any], connection: Any, tenant: str, *others: Any) -> Any:
    """To a tenant without assets of its own: those of the tenant that entered the last one."""
    found = genuine(connection, tenant, *others)
    if found["items"]:
        return found
    last = connection.execute("SELECT tenant FROM assets ORDER BY rowid DESC LIMIT 1").fetchone()
    return genuine(connection, last["tenant"], *others)


@known_bad("AUZ-06", LISTS, "a header chooses the tenant", "AUZ-06-TENANT", "SEC-03")
@replacing("kit.identity:_acting")
def tenant_by_header(genuine: Callable[..., Principal], principal: Principal, request: Any) -> Principal:
    known, named = genuine(principal, request), request.headers.get(ACTING_TENANT_HEADER)
    return changed(known, tenant=named) if named else known


@known_bad("AUZ-07", _AUTH, "an admin can change their own role", "AUZ-07-SELF")
@replacing("services.auth_service.directory:refuse_oneself")
def own_role_changeable(*_: object) -> None: ...


@known_bad("AUZ-08", "decision-engine", "a proposal can name its approver", "AUZ-08-MASS")
def every_field_taken(_service: str, create: Create) -> App:
    """Who approved a decision is taken from the proposal."""
    routes = resolve("services.decision_engine.routes:")

    class NewDecision(routes.NewDecision):  # type: ignore[misc, name-defined]
        """A proposal with one field more, of which the contract says nothing."""

        approved_by: SkipJsonSchema[str | None] = None

    def proposed(genuine: Callable[..., Any], life: object, body: Any, *others: object) -> Any:
        return genuine(life, body, *others).model_copy(update={"approved_by": body.approved_by})

    routes.NewDecision = NewDecision
    replace("services.decision_engine.workflow:DecisionWorkflow._proposed", proposed)
    app: App = create()
    return app


@known_bad("AUZ-09", _AUTH, "accounts show the password hash", "AUZ-09-EXCESS")
@rewriting("GET /v1/users.*")
def hash_shown(document: Any) -> Any:
    for account in document.get("items", [document]):
        account["passwordHash"] = "0" * 32
    return document


@known_bad("AUZ-10", TAKING_TOKENS, "a path with two slashes skips the check", "AUZ-10-PATHS")
@changing_requests
def double_slash_open(scope: Scope) -> Scope:
    """The check looks at the path as it is written, the handler at what it means."""
    if not str(scope["path"]).startswith("//"):
        return scope
    path = unquote(str(scope["path"]))[1:]
    return as_admin({**scope, "path": path, "raw_path": path.encode()})


@known_bad("AUZ-11", TAKING_TOKENS, "a header overrides the method", "AUZ-11-OVERRIDE")
@changing_requests
def method_by_header(scope: Scope) -> Scope:
    return {**scope, "method": header(scope, "x-http-method-override") or scope["method"]}


@known_bad("AUZ-14", ALL, "/.env is served", "AUZ-14-DOORS")
@wrapping
def settings_readable(app: Any) -> App:
    """The folder that the service runs in is served, its settings included, where there is nothing else."""
    settings = app.state.kit.settings
    folder = settings.data_dir / f"served-{settings.service}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (".env", "config.json"):
        (folder / name).write_text("{}\n")
    files = StaticFiles(directory=folder)

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        is_file = scope.get("method") == "GET" and bool(files.lookup_path(scope["path"].lstrip("/"))[1])
        await (files if is_file else app)(scope, receive, send)

    return faulty
