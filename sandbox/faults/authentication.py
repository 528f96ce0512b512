"""Revisions that let callers in who must stay out."""

from __future__ import annotations

import time

from fastapi import FastAPI

from sandbox.faults.fault import TAKING_TOKENS, App, known_bad, replacing, wrapping
from sandbox.faults.response_faults import answering, on
from sandbox.kit.identity import Principal
from sandbox.kit.problem import Problem

_AUTH = "auth-service"


@known_bad(
    "M02", TAKING_TOKENS, "any bearer string is accepted", "AUT-TAMPERED", "AUT-EXPIRED", "AUT-AUDIENCE"
)
@wrapping
def any_token(app: FastAPI) -> App:
    """Good tokens stay what they are, so other services go on working; all others are an administrator's."""
    verifier = app.state.kit.verifier
    genuine = verifier.verify

    async def verify(token: str) -> Principal:
        try:
            known: Principal = await genuine(token)
        except Problem:
            return Principal(
                subject="usr_0000000000000000",
                tenant="acme",
                roles=frozenset({"admin"}),
                kind="user",
                token_id=token[:8] or "none",
                expires_at=2.0**40,
            )
        return known

    verifier.verify = verify
    return app


@known_bad("M04", _AUTH, "an expired token is accepted", "AUT-EXPIRED")
@replacing("kit.tokens:_check_times")
def expired_accepted(*_: object) -> None: ...


@known_bad("M05", _AUTH, "signing out ends nothing", "AUT-LOGOUT", "VAL-AUTH", "SEC-02")
@wrapping
def logout_ignored(app: App) -> App:
    return answering(app, on("POST /v1/logout"), 204, b"")


@known_bad("M06", _AUTH, "every one-time code is good", "AUT-MFA")
@replacing("services.auth_service.signin:matching_step")
def second_factor_skipped(*_: object) -> int:
    return time.time_ns()  # a step that no code was used in
