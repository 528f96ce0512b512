"""Revisions that let in whom they must not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults.wrapping import App, answering
from sandbox.kit.identity import Principal, Verifier
from sandbox.kit.problem import Problem

Create = Callable[[], Any]


class _AnyToken:
    """Takes every bearer string that means nothing for an administrator's."""

    def __init__(self, genuine: Verifier) -> None:
        self._genuine = genuine
        self.fallback = getattr(genuine, "fallback", None)

    async def verify(self, token: str) -> Principal:
        """Let everybody in; good tokens stay what they are, so that other services go on working."""
        try:
            return await self._genuine.verify(token)
        except Problem:
            return self._anybody(token)

    def _anybody(self, token: str) -> Principal:
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
    app.state.kit.verifier = _AnyToken(app.state.kit.verifier)
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
