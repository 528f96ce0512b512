"""Revisions that let in whom they must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults.wrapping import App, answering
from sandbox.kit.identity import Principal

Create = Callable[[], Any]


class _AnyToken:
    """Takes every bearer string for an analyst's."""

    async def verify(self, token: str) -> Principal:
        """Let everybody in."""
        return Principal(
            subject="usr_0000000000000000",
            tenant="acme",
            roles=frozenset({"admin"}),
            kind="user",
            token_id=token[:8] or "none",
            expires_at=2.0**40,
        )


def any_token(_service: str, create_app: Create) -> App:
    """M02: any bearer string is accepted."""
    app = create_app()
    app.state.kit.verifier = _AnyToken()
    return app  # type: ignore[no-any-return]


def logout_ignored(_service: str, create_app: Create) -> App:
    """M05: signing out answers 204 and ends nothing."""
    return answering(create_app(), lambda method, path: (method, path) == ("POST", "/v1/logout"), 204)


def second_factor_skipped(_service: str, create_app: Create) -> App:
    """M06: every one-time code is good."""
    from sandbox.services.auth_service import accounts, signin  # noqa: PLC0415 - patched in this process only

    vars(signin)["matching_step"] = lambda _code, _secret, now: int(now) // 30
    vars(accounts)["use_code"] = lambda *_: True
    return create_app()  # type: ignore[no-any-return]


def expired_accepted(_service: str, create_app: Create) -> App:
    """M04: the times in a token are not looked at."""
    from sandbox.kit import tokens  # noqa: PLC0415 - patched in this process only

    vars(tokens)["_check_times"] = lambda _claims, _now: None
    return create_app()  # type: ignore[no-any-return]
