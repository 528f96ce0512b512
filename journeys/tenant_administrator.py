"""The tenant administrator's joiner, mover and leaver: an account does what its role says, at once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gates.model.identity import Identity
from journeys.checks import demand, expect
from journeys.incident import ASSETS, EVENTS, read_the_trail
from journeys.session import AUTH, Tokens, first_factor, sign_in
from journeys.world import World, step

_PAGE = 5
_MOST_PAGES = 100


def tenant_administrator_workflow(world: World) -> None:
    """Take the whole way: parts `admin`, and `stranger`, the administrator of another tenant.

    Raises:
        DemandNotMetError: a step did not show what an earlier one did.
    """
    member, user_id = invite(world)
    find_in_the_directory(world, user_id, member.username)
    tokens = enter_as_viewer(world, member)
    promote(world, user_id, tokens)
    tokens = work_as_analyst(world, member)
    keep_strangers_out(world, user_id)
    let_go(world, member, user_id, tokens)
    actions = ("user.created", "user.role_changed", "user.status_changed")
    read_the_trail(world, "admin", [(action, user_id) for action in actions])


@step
def invite(world: World) -> tuple[Identity, str]:
    """A new account belongs to the administrator's own tenant and comes with its second factor."""
    me = world.read("admin", AUTH, "/me")
    domain = str(me.get("username")).rpartition("@")[2]
    username = f"{world.label}-{secrets.token_hex(4)}@{domain}"
    wanted = {"username": username, "password": f"First-{secrets.token_hex(12)}", "roles": ["viewer"]}
    made = world.send("admin", "POST", AUTH, "/users", wanted, 201)
    user_id = str(made.get("id"))
    world.later(f"account {username}", lambda: _set_enabled(world, user_id, is_enabled=False))
    seen = (made.get("username"), made.get("tenant"), made.get("roles"))
    message = f"{username} was made as {seen}"
    demand(seen == (username, me.get("tenant"), ["viewer"]), message, blames=AUTH)
    found = parse_qs(urlsplit(str(made.get("enrolment"))).query).get("secret", [""])[0]
    demand(found, "the new account has no second factor to enrol", blames=AUTH)
    member = Identity(
        name="member",
        username=username,
        tenant=str(made["tenant"]),
        roles=("viewer",),
        password=wanted["password"] if isinstance(wanted["password"], str) else "",
        totp_secret=found,
        was_accepted=True,
    )
    return member, user_id


@step
def find_in_the_directory(world: World, user_id: str, username: str) -> None:
    """Page by page the directory holds the new account, once, and nobody else's tenant."""
    listed: list[Mapping[str, Any]] = []
    cursor: object = ""
    for _ in range(_MOST_PAGES):
        page = world.read("admin", AUTH, f"/users?limit={_PAGE}" + (f"&cursor={cursor}" if cursor else ""))
        listed += page.get("items", ())
        cursor = page.get("nextCursor")
        if not cursor:
            break
    demand(not cursor, f"the directory has more than {_MOST_PAGES} pages", blames=AUTH)
    ids = [str(item.get("id")) for item in listed]
    demand(len(set(ids)) == len(ids), "the directory lists an account twice", blames=AUTH)
    mine = [item.get("username") for item in listed if item.get("id") == user_id]
    demand(mine == [username], f"the directory shows {username} as {mine}", blames=AUTH)


@step
def enter_as_viewer(world: World, member: Identity) -> Tokens:
    """The new member gets in with both factors, sees, and changes nothing."""
    tokens = sign_in(world.auth, member)
    expect(world.ask_with(tokens, "GET", ASSETS, "/assets?limit=1"), 200, blames=ASSETS)
    refused = world.ask_with(tokens, "POST", EVENTS, "/events", json=_event(world))
    message = f"a viewer reported an event and was answered {refused.status_code}"
    demand(refused.status_code == 403, message, blames=EVENTS)
    return tokens


@step
def promote(world: World, user_id: str, tokens: Tokens) -> None:
    """Another role ends the sessions that were opened with the old one."""
    changed = world.send("admin", "PUT", AUTH, f"/users/{user_id}/roles", {"roles": ["analyst"]}, 200)
    demand(changed.get("roles") == ["analyst"], f"made analyst, and is {changed.get('roles')}", blames=AUTH)
    _await_dead(world, tokens, "the role was changed")


@step
def work_as_analyst(world: World, member: Identity) -> Tokens:
    """After signing in again the member may do what an analyst may, under the member's own name."""
    tokens = sign_in(world.auth, member)
    me = expect(world.ask_with(tokens, "GET", AUTH, "/me"), 200, blames=AUTH).json()
    demand(me.get("roles") == ["analyst"], f"made analyst, and signed in as {me.get('roles')}", blames=AUTH)
    taken = expect(world.ask_with(tokens, "POST", EVENTS, "/events", json=_event(world)), 202, blames=EVENTS)
    by = taken.json().get("submittedBy")
    demand(by == me.get("id"), f"{me.get('id')} reported an event, and it says {by}", blames=EVENTS)
    return tokens


@step
def keep_strangers_out(world: World, user_id: str) -> None:
    """For another tenant's administrator the account does not exist."""
    for method, path, body in (
        ("GET", f"/users/{user_id}", None),
        ("PUT", f"/users/{user_id}/status", {"isEnabled": False}),
    ):
        answer = world.ask("stranger", method, AUTH, path, json=body)
        message = f"{method} of another tenant's account was answered {answer.status_code}"
        demand(answer.status_code == 404, message, blames=AUTH)


@step
def let_go(world: World, member: Identity, user_id: str, tokens: Tokens) -> None:
    """A leaver is out at once: the open session is dead and the right password opens no new one."""
    gone = expect(_set_enabled(world, user_id, is_enabled=False), 200, blames=AUTH).json()
    demand(gone.get("isEnabled") is False, "the account was closed and is open", blames=AUTH)
    _await_dead(world, tokens, "the account was closed")
    answer = first_factor(world.auth, member.username, member.password)
    message = f"a closed account's password was answered {answer.status_code}"
    demand(answer.status_code == 401, message, blames=AUTH)


def _await_dead(world: World, tokens: Tokens, why: str) -> None:
    world.until(
        lambda: world.ask_with(tokens, "GET", AUTH, "/me").status_code,
        lambda status: status == 401,
        f"{why}, and the old session works",
        blames=AUTH,
    )


def _set_enabled(world: World, user_id: str, *, is_enabled: bool) -> Any:
    return world.ask("admin", "PUT", AUTH, f"/users/{user_id}/status", json={"isEnabled": is_enabled})


def _event(world: World) -> dict[str, str]:
    return {
        "assetId": f"ast_{world.trace[:20]}",
        "kind": "login_success",
        "severity": "info",
        "summary": world.label,
    }
