"""Revisions whose answers look right and whose records are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sandbox.faults.wrapping import App, answering, rewriting, starting

Create = Callable[[], Any]
_NEW_FORM = "2:"
"""What stands before everything that the newer revision writes."""


def scan_never_done(_service: str, create_app: Create) -> App:
    """A scan is taken and never runs."""
    from sandbox.services.asset_discovery import store  # noqa: PLC0415 - patched in this process only

    vars(store)["has_open_scan"] = lambda *_: False
    return create_app()  # type: ignore[no-any-return]


def change_lost(_service: str, create_app: Create) -> App:
    """The first change of an asset is kept; each later one is answered as done, and is not."""
    from sandbox.services.asset_discovery import store  # noqa: PLC0415 - patched in this process only

    genuine = store.change_asset
    changed: set[str] = set()

    def forgetful(connection: Any, tenant: str, asset_id: str, change: Any) -> Any:
        asset = store.asset_of(connection, tenant, asset_id)
        if asset is None or asset_id not in changed:
            changed.add(asset_id)
            return genuine(connection, tenant, asset_id, change)
        return asset.model_copy(update={name: getattr(change, name) for name in change.model_fields_set})

    vars(store)["change_asset"] = forgetful
    return create_app()  # type: ignore[no-any-return]


def address_wrong(_service: str, create_app: Create) -> App:
    """An asset is shown at an address outside the network that it was found in."""
    return rewriting(
        create_app(),
        lambda method, path: method == "GET" and path.startswith("/v1/assets/") and path.count("/") == 3,
        lambda document: {**document, "address": "192.0.2.1"},
    )


def correlation_stopped(_service: str, create_app: Create) -> App:
    """Events are kept and never correlated."""
    from sandbox.services.event_processor import store  # noqa: PLC0415 - patched in this process only

    vars(store)["pending_tenants"] = lambda _connection: []
    return create_app()  # type: ignore[no-any-return]


def correlation_partial(_service: str, create_app: Create) -> App:
    """A correlation tells half of its events."""
    return rewriting(
        create_app(),
        lambda _method, path: path.startswith("/v1/correlations/"),
        lambda document: {**document, "eventIds": document["eventIds"][::2]},
    )


def records_migrated(_service: str, create_app: Create) -> App:
    """M25: it writes events in a new form, which it reads and no older revision does."""
    from sandbox.services.event_processor import store  # noqa: PLC0415 - patched in this process only

    genuine = store.insert_events

    def in_new_form(connection: Any, tenant: str, events: Any) -> None:
        kept = list(events)
        genuine(connection, tenant, kept)
        change = f"UPDATE events SET indicators = '{_NEW_FORM}' || indicators WHERE id = ?"  # noqa: S608 - a constant
        connection.executemany(change, [(event.id,) for event in kept])

    def loads(text: str) -> Any:
        return json.loads(text.removeprefix(_NEW_FORM))

    vars(store)["insert_events"] = in_new_form
    vars(store)["json"] = SimpleNamespace(dumps=json.dumps, loads=loads)
    return create_app()  # type: ignore[no-any-return]


def kind_garbled(_service: str, create_app: Create) -> App:
    """Every event is read back as a failed login."""
    return rewriting(
        create_app(),
        lambda _method, path: path.startswith("/v1/events/"),
        lambda document: {**document, "kind": "login_failure"},
    )


def analysis_blind(_service: str, create_app: Create) -> App:
    """An analysis finds no threat, whatever happened."""
    return rewriting(
        create_app(),
        lambda _method, path: path == "/v1/analyze",
        lambda document: {**document, "threats": []},
    )


def threat_list_empty(_service: str, create_app: Create) -> App:
    """Threats can be read one by one, and the list has none."""
    return rewriting(
        create_app(),
        lambda method, path: (method, path) == ("GET", "/v1/threats"),
        lambda document: {**document, "items": []},
    )


def score_frozen(_service: str, create_app: Create) -> App:
    """The risk of everything is 50, whatever happened."""
    return rewriting(
        create_app(),
        lambda _method, path: path.endswith("/score"),
        lambda document: {**document, "risk": 50.0},
    )


def score_of_another(_service: str, create_app: Create) -> App:
    """A score names another entity than the one that was asked about."""
    return rewriting(
        create_app(),
        lambda _method, path: path.endswith("/score"),
        lambda document: {**document, "entityId": "ast_00initech0001"},
    )


def execution_unfinished(_service: str, create_app: Create) -> App:
    """A decision is executed, and stays approved."""
    return rewriting(
        create_app(),
        lambda _method, path: path.endswith("/execute"),
        lambda document: {**document, "status": "approved"},
    )


def approval_unneeded(_service: str, create_app: Create) -> App:
    """A decision is executed before anybody approved it."""
    from sandbox.services.decision_engine import domain  # noqa: PLC0415 - patched in this process only

    vars(domain)["refuse_execution"] = lambda _status: None
    return create_app()  # type: ignore[no-any-return]


def everything_cited(_service: str, create_app: Create) -> App:
    """The assistant cites records that it does not speak of."""

    def more(document: Any) -> Any:
        invented = {"kind": "asset", "id": "ast_0000000000000000"}
        return {**document, "citations": [*document["citations"], invented]}

    return rewriting(create_app(), lambda _method, path: path == "/v1/query", more)


def assistant_down(_service: str, create_app: Create) -> App:
    """Every question ends in a server error; everything else works."""
    body = (
        b'{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"x","code":"internal"}'
    )
    return answering(create_app(), lambda _method, path: path.startswith("/v1/query"), 500, body)


def door_open(_service: str, create_app: Create) -> App:
    """The dashboard is shown to strangers."""
    return _page(create_app, "/dashboard", b"<html><body>42 assets</body></html>")


def form_missing(_service: str, create_app: Create) -> App:
    """The sign-in page has nothing to sign in with."""
    return _page(create_app, "/login", b"<html><body>Sign in</body></html>")


def _page(create_app: Create, wanted: str, html: bytes) -> App:
    spoilt = answering(create_app(), lambda method, path: (method, path) == ("GET", wanted), 200, html)

    def as_html(start: Any) -> Any:
        kept = [pair for pair in start["headers"] if pair[0].lower() != b"content-type"]
        return {**start, "headers": [*kept, (b"content-type", b"text/html; charset=utf-8")]}

    return starting(spoilt, lambda _method, path: path == wanted, as_html)


def teapot(_service: str, create_app: Create) -> App:
    """What should be 200 is a status that no document knows."""

    def odd(start: Any) -> Any:
        return {**start, "status": 299 if start["status"] == 200 else start["status"]}

    return starting(create_app(), lambda _method, path: path not in ("/healthz", "/readyz", "/version"), odd)


def media_type_wrong(_service: str, create_app: Create) -> App:
    """Answers say that they are plain text."""

    def plain(start: Any) -> Any:
        kept = [pair for pair in start["headers"] if pair[0].lower() != b"content-type"]
        return {**start, "headers": [*kept, (b"content-type", b"text/plain")]}

    return starting(create_app(), lambda _method, _path: True, plain)
