"""Revisions of auth-service that sign people in, and do not keep what they promise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults.wrapping import App, rewriting, without_header
from sandbox.kit.identity import refusal

Create = Callable[[], Any]


def refresh_reusable(_service: str, create_app: Create) -> App:
    """A refresh token is good for ever (against RFC 9700, 4.14.2)."""
    from sandbox.services.auth_service import sessions  # noqa: PLC0415 - patched in this process only

    genuine = sessions.redeem

    def forgiving(connection: Any, token: str, now: float) -> Any:
        outcome, session = genuine(connection, token, now)
        is_reused = outcome is sessions.Redeemed.REUSED
        return (sessions.Redeemed.GOOD if is_reused else outcome), session

    sessions.redeem = forgiving
    return create_app()  # type: ignore[no-any-return]


def refresh_family_kept(_service: str, create_app: Create) -> App:
    """A refresh token that is used twice is refused, and its session goes on."""
    from sandbox.services.auth_service import sessions  # noqa: PLC0415 - patched in this process only

    genuine = sessions.revoke_session

    def selective(connection: Any, session_id: str, reason: str, now: float) -> None:
        if reason != "refresh token reused":
            genuine(connection, session_id, reason, now)

    sessions.revoke_session = selective
    return create_app()  # type: ignore[no-any-return]


def refresh_outlives(_service: str, create_app: Create) -> App:
    """Signing out ends the access token, and the refresh token goes on."""
    from sandbox.services.auth_service import sessions, signin  # noqa: PLC0415 - patched in this process only

    def logout_only(*arguments: Any) -> None:
        if arguments[2] != "signed out":
            sessions.revoke_session(*arguments)

    vars(signin)["sessions"] = _Instead(sessions, revoke_session=logout_only)
    return create_app()  # type: ignore[no-any-return]


def right_password_refused(_service: str, create_app: Create) -> App:
    """Nobody gets in: the right password is answered as a wrong one."""
    from sandbox.services.auth_service import signin  # noqa: PLC0415 - patched in this process only

    vars(signin)["is_password"] = lambda *_: False
    return create_app()  # type: ignore[no-any-return]


class _Instead:
    """A module with some of its names replaced, for one of its readers."""

    def __init__(self, module: Any, **replaced: Any) -> None:
        self.__dict__.update(vars(module), **replaced)


def refresh_dead(_service: str, create_app: Create) -> App:
    """The access token of a refresh opens nothing."""

    def spoil(document: Any) -> Any:
        return {**document, "accessToken": document["accessToken"][:-6] + "AAAAAA"}

    return rewriting(create_app(), lambda _method, path: path == "/v1/token/refresh", spoil)


def lockout_off(_service: str, create_app: Create) -> App:
    """Wrong passwords are not counted."""
    from sandbox.services.auth_service import signin  # noqa: PLC0415 - patched in this process only

    vars(signin)["refuse_if_locked"] = lambda *_: None
    return create_app()  # type: ignore[no-any-return]


def user_told(_service: str, create_app: Create) -> App:
    """A refusal says whether the user exists (against ASVS 5.0, 6.3.8)."""
    from sandbox.services.auth_service import signin  # noqa: PLC0415 - patched in this process only

    genuine = signin.note_wrong_attempt

    def talkative(desk: Any, account: str, user: Any) -> Any:
        refused = genuine(desk, account, user)
        return refused if user else refusal("There is no such user.", code="user_unknown")

    vars(signin)["note_wrong_attempt"] = talkative
    return create_app()  # type: ignore[no-any-return]


def me_confused(_service: str, create_app: Create) -> App:
    """Who signs in is shown as a member of another tenant."""
    return rewriting(
        create_app(),
        lambda _method, path: path == "/v1/me",
        lambda document: {**document, "tenant": "globex"},
    )


def me_storable(_service: str, create_app: Create) -> App:
    """What is personal may be kept by every cache on its way."""
    return without_header(create_app(), lambda _method, path: path == "/v1/me", b"cache-control")


def audit_dropped(_service: str, create_app: Create) -> App:
    """The trail takes entries from all services and keeps none."""
    from sandbox.services.auth_service import trail  # noqa: PLC0415 - patched in this process only

    vars(trail)["add_entry"] = lambda *_: None
    return create_app()  # type: ignore[no-any-return]
