"""The API integrator's program: a token, batches that may be retried, pages, and limits that hold."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from journeys.checks import demand, document, expect, field
from journeys.incident import EVENTS
from journeys.session import ACCEPTED, AUTH, Tokens, admitted
from journeys.world import World, step

GATEWAY = "api-gateway"
_KINDS = ("login_success", "config_change", "login_success", "config_change", "login_success")
_PAGE = 2
_AGO = timedelta(minutes=1)
_ASKED = 6
"""Requests that show a quota being used: enough for two to meet on one of five instances."""


def api_integrator_workflow(world: World) -> None:
    """Take the whole way; the program is what `secret("integrator")` describes.

    Raises:
        DemandNotMetError: a step did not show what an earlier one did.
    """
    tokens = get_a_token(world)
    keep_to_the_limits(world, tokens)
    asset_id = f"ast_{world.trace[:20]}"
    key, body = send_a_batch(world, tokens, asset_id)
    event_ids = retry_it(world, tokens, key, body)
    page_through(world, tokens, body["events"][0], event_ids)
    see_the_backlog_go(world, tokens, event_ids)


@step
def get_a_token(world: World) -> Tokens:
    """The right secret gives a token for this very program; a wrong one gives none."""
    known = world.secret("integrator")
    wrong = _token(world, str(known.get("client_id")), f"wrong-{secrets.token_hex(8)}")
    demand(wrong.status_code == 401, f"a wrong secret was answered {wrong.status_code}", blames=AUTH)
    answer = _token(world, str(known.get("client_id")), str(known.get("client_secret")))
    admitted(answer, "integrator", was_accepted=bool(known.get("was_accepted")), shown="client secret")
    expect(answer, 200, blames=AUTH)
    ACCEPTED.add("integrator")
    tokens = Tokens(access=str(field(answer, "accessToken", blames=AUTH)), refresh="")
    me = document(expect(world.ask_with(tokens, "GET", AUTH, "/me"), 200, blames=AUTH), blames=AUTH)
    seen = (me.get("kind"), me.get("id"), me.get("tenant"))
    wanted = ("client", known.get("client_id"), known.get("tenant"))
    demand(seen == wanted, f"a token for {wanted} belongs to {seen}", blames=AUTH)
    return tokens


@step
def keep_to_the_limits(world: World, tokens: Tokens) -> None:
    """The limit that each answer tells is the one that the gateway publishes, and requests use it up."""
    answers = [
        expect(world.gateway.get("/api/v1/limits", headers=tokens.headers), 200, blames=GATEWAY)
        for _ in range(_ASKED)
    ]
    told = document(answers[0], blames=GATEWAY)
    published = {item.get("tier"): item.get("requests") for item in told.get("items", ())}
    allowed = int(published.get(told.get("yourTier")) or 0)
    limits = {_number(answer, "RateLimit-Limit") for answer in answers}
    demand(limits == {allowed}, f"{allowed} requests are published, the answers say {limits}", blames=GATEWAY)
    left = [_number(answer, "RateLimit-Remaining") for answer in answers]
    is_used = max(left) < allowed and min(left) < allowed - 1
    demand(is_used, f"{_ASKED} requests left {left} of {allowed}", blames=GATEWAY)
    window = told.get("windowSeconds")
    policy = answers[0].headers.get("RateLimit-Policy", "")
    demand(
        policy == f"{allowed};w={window:g}", f"{allowed} in {window} s, told as {policy!r}", blames=GATEWAY
    )


@step
def send_a_batch(world: World, tokens: Tokens, asset_id: str) -> tuple[str, dict[str, Any]]:
    """Each event of a batch is judged by itself: one bad event does not refuse the others."""
    at = datetime.now(UTC).replace(microsecond=0) - _AGO
    common = {"assetId": asset_id, "severity": "info", "summary": world.label, "occurredAt": at.isoformat()}
    good = [{**common, "kind": kind} for kind in _KINDS]
    body: dict[str, Any] = {"events": [*good, {**common, "kind": "no such kind"}]}
    key = f"{world.label}-{secrets.token_hex(8)}"
    answer = document(_ingest(world, tokens, key, body, 207), blames=EVENTS)
    statuses = [item.get("status") for item in answer.get("items", ())]
    wanted = [202] * len(good) + [422]
    demand(statuses == wanted, f"{len(good)} good events and a bad one: {statuses}", blames=EVENTS)
    counted = (answer.get("accepted"), answer.get("refused"))
    demand(counted == (len(good), 1), f"accepted and refused are told as {counted}", blames=EVENTS)
    return key, body


@step
def retry_it(world: World, tokens: Tokens, key: str, body: dict[str, Any]) -> list[str]:
    """The same key and body give the first answer again; another body under the key is refused."""
    answers = [document(_ingest(world, tokens, key, body, 207), blames=EVENTS) for _ in range(2)]
    ids = [[item.get("id") for item in answer.get("items", ())] for answer in answers]
    demand(ids[0] == ids[1], "a retried batch has other ids than before", blames=EVENTS)
    _ingest(world, tokens, key, {"events": body["events"][:1]}, 409)
    return [str(event_id) for event_id in ids[0] if event_id]


@step
def page_through(world: World, tokens: Tokens, sent: Mapping[str, str], event_ids: Sequence[str]) -> None:
    """Three calls stored the batch once: page by page exactly its events come, each once, newest first.

    They happened when their sender says that they did.
    """
    asset_id = sent["assetId"]
    happened: set[datetime | None] = set()
    seen: list[str] = []
    times: list[str] = []
    cursor: object = ""
    for _ in range(len(event_ids) + 1):
        query = f"?assetId={asset_id}&limit={_PAGE}" + (f"&cursor={cursor}" if cursor else "")
        answer = expect(world.ask_with(tokens, "GET", EVENTS, f"/events{query}"), 200, blames=EVENTS)
        items = field(answer, "items", blames=EVENTS)
        demand(len(items) <= _PAGE, f"a page of {_PAGE} has {len(items)} events", blames=EVENTS)
        seen += [str(item.get("id")) for item in items]
        times += [str(item.get("receivedAt")) for item in items]
        happened |= {_moment(item.get("occurredAt")) for item in items}
        cursor = answer.json().get("nextCursor")
        if not cursor:
            break
    wanted = datetime.fromisoformat(sent["occurredAt"])
    told = ", ".join(str(at) for at in happened)
    demand(happened == {wanted}, f"sent for {wanted}, they happened {told}", blames=EVENTS)
    message = f"sent once and retried twice: {sorted(event_ids)}; paged: {sorted(seen)}"
    demand(sorted(seen) == sorted(event_ids), message, blames=EVENTS)
    demand(times == sorted(times, reverse=True), f"not newest first: {times}", blames=EVENTS)


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


@step
def see_the_backlog_go(world: World, tokens: Tokens, event_ids: Sequence[str]) -> None:
    """What was taken in is worked off: no event stays pending, and the lag keeps its bound."""

    def pending() -> list[str]:
        answers = (world.ask_with(tokens, "GET", EVENTS, f"/events/{event_id}") for event_id in event_ids)
        states = [field(expect(answer, 200, blames=EVENTS), "status", blames=EVENTS) for answer in answers]
        return [state for state in states if state != "correlated"]

    world.until(pending, lambda left: not left, "events are still pending", blames=EVENTS)
    lag = expect(world.ask_with(tokens, "GET", EVENTS, "/lag"), 200, blames=EVENTS)
    is_within = field(lag, "isWithinBound", blames=EVENTS)
    demand(is_within is True, f"correlation is behind: {lag.text[:120]}", blames=EVENTS)


def _token(world: World, client_id: str, client_secret: str) -> httpx.Response:
    proof = {"clientId": client_id, "clientSecret": client_secret}
    return world.auth.post("/v1/token", json={"grantType": "client_credentials", **proof})


def _ingest(world: World, tokens: Tokens, key: str, body: dict[str, Any], status: int) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    answer = world.ask_with(tokens, "POST", EVENTS, "/events:batch", json=body, headers=headers)
    return expect(answer, status, blames=EVENTS)


def _number(answer: httpx.Response, name: str) -> int:
    text = answer.headers.get(name, "")
    demand(text.isascii() and text.isdigit(), f"{name} is {text!r}", blames=GATEWAY)
    return int(text)
