"""Revisions of auth-service that sign people in, and do not keep what they promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults.fault import App, known_bad, replacing, wrapping
from sandbox.faults.response_faults import on, rewriting, without_header
from sandbox.kit.identity import refusal

_AUTH = "auth-service"


@known_bad("S01", _AUTH, "a refresh token is good for ever", "AUT-REUSE")
@replacing("services.auth_service.sessions:redeem")
def refresh_reusable(genuine: Callable[..., Any], *arguments: object) -> Any:
    """Against RFC 9700, section 4.14.2."""
    outcome, session = genuine(*arguments)
    return type(outcome)("good") if outcome == "reused" else outcome, session


@known_bad("S02", _AUTH, "a stolen refresh token ends nothing", "AUT-REUSE")
@replacing("services.auth_service.sessions:revoke_session")
def refresh_family_kept(genuine: Callable[..., None], *arguments: Any) -> None:
    """A refresh token that is used twice is refused, and its session goes on."""
    if "refresh token reused" not in arguments:
        genuine(*arguments)


@known_bad("S03", _AUTH, "signing out leaves the refresh token", "AUT-LOGOUT")
@replacing("services.auth_service.sessions:revoke_session")
def refresh_outlives(genuine: Callable[..., None], *arguments: Any) -> None:
    """Signing out ends the access token."""
    if "signed out" not in arguments:
        genuine(*arguments)


@known_bad("S04", _AUTH, "a refreshed token opens nothing", "AUT-REFRESH")
@rewriting(".* /v1/token/refresh")
def refresh_dead(document: Any) -> Any:
    return {**document, "accessToken": document["accessToken"][:-6] + "AAAAAA"}


@known_bad("S05", _AUTH, "wrong passwords are not counted", "AUT-LOCKOUT")
@replacing("services.auth_service.signin:refuse_if_locked")
def lockout_off(*_: object) -> None: ...


@known_bad("S06", _AUTH, "a refusal says whether the user exists", "AUT-WRONG-PASSWORD")
@replacing("services.auth_service.signin:note_wrong_attempt")
def user_told(genuine: Callable[..., Any], sign_in: object, account: str, user: object) -> Any:
    """Against ASVS 5.0, 6.3.8."""
    refused = genuine(sign_in, account, user)
    return refused if user else refusal("There is no such user.", code="user_unknown")


@known_bad("S07", _AUTH, "a user is shown as a member of another tenant", "AUT-LOGIN")
@rewriting(".* /v1/me")
def me_confused(document: Any) -> Any:
    return {**document, "tenant": "globex"}


@known_bad("S08", _AUTH, "personal answers may be cached", "AUT-LOGIN")
@wrapping
def me_storable(app: App) -> App:
    return without_header(app, on(".* /v1/me"), b"cache-control")


@known_bad("S10", _AUTH, "right passwords are refused", "AUT-LOGIN")
@replacing("services.auth_service.signin:is_password")
def right_password_refused(*_: object) -> bool:
    return False


@known_bad("S09", _AUTH, "the audit trail keeps no entry of other services", "JRN-ANALYST")
@replacing("services.auth_service.trail:add_entry")
def audit_dropped(*_: object) -> None:
    """The trail takes entries from all services and keeps none."""
