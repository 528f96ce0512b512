"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Annotated, TypeGuard

from fastapi import APIRouter, Depends, Request

from sandbox.kit.identity import SERVICE, Principal, refusal, required
from sandbox.kit.problem import Problem, responses
from sandbox.kit.runtime import Kit, KitDep, StoreDep
from sandbox.kit.seed import SERVICES
from sandbox.kit.store import Store
from sandbox.services.auth_service import accounts, sessions
from sandbox.services.auth_service.accounts import User
from sandbox.services.auth_service.issuing import Issuer
from sandbox.services.auth_service.models import (
    ClientCredentials,
    ClientToken,
    Credentials,
    FirstStep,
    RefreshRequest,
    SecondFactor,
    SignedIn,
    TokenRequest,
)
from sandbox.services.auth_service.passwords import digest_of, is_password, is_secret, matching_step

router = APIRouter(tags=["sign-in"])
Anyone = Annotated[Principal, Depends(required())]


async def issuer_of(request: Request) -> Issuer:
    issuer: Issuer = request.app.state.issuer
    return issuer


IssuerDep = Annotated[Issuer, Depends(issuer_of)]


@dataclass(frozen=True, slots=True)
class SignInContext:
    """What the handler of a sign-in has at hand."""

    request: Request
    kit: Kit
    store: Store
    issuer: Issuer


async def _context(request: Request, kit: KitDep, store: StoreDep, issuer: IssuerDep) -> SignInContext:
    return SignInContext(request, kit, store, issuer)


Context = Annotated[SignInContext, Depends(_context)]


@router.post("/v1/login", summary="Prove the first factor", responses=responses(401))
def login(body: Credentials, context: Context) -> FirstStep:
    account = body.username.lower()
    context.kit.charge_account(context.request, account)
    with context.store.read() as connection:
        refuse_if_locked(connection, account, context.kit)
        user = accounts.user_named(connection, account)
    if not is_password(body.password, user.password_hash if user else None) or not may_enter(user):
        raise note_wrong_attempt(context, account, user)
    with context.store.read() as connection:
        token = context.issuer.mfa_token(connection, user)
    return FirstStep(mfa_token=token, expires_in=context.kit.settings.mfa_ttl)


@router.post("/v1/mfa/verify", summary="Prove the second factor and sign in", responses=responses(401))
def verify_second_factor(body: SecondFactor, context: Context) -> SignedIn:
    now = time.time()
    with context.store.read() as connection:
        claims = context.issuer.mfa_claims(connection, body.mfa_token)
        user = accounts.user_with_id(connection, claims["sub"])
        if user is None or not user.is_enabled or sessions.is_spent(connection, claims["jti"]):
            raise refusal("Sign in again.", code="invalid_grant")
        refuse_if_locked(connection, user.username, context.kit)
    step = matching_step(body.code, user.totp_secret, now)
    if step is None:
        raise note_wrong_attempt(context, user.username, user)
    with context.store.write() as connection:
        if not accounts.use_code(connection, user.id, step):
            raise refusal("The code was used before; wait for the next one.", code="code_reused")
        if not sessions.spend(connection, claims["jti"], claims["exp"], now):
            raise refusal("Sign in again.", code="invalid_grant")
        accounts.forget_attempts(connection, user.username)
        session_id = sessions.open_session(connection, user.id, now)
        context.kit.audit.record(connection, as_principal(user, session_id), "session.opened", session_id)
        return signed_in(connection, context, user, session_id)


@router.post("/v1/token/refresh", summary="Get the next access token", responses=responses(401))
def refresh(body: RefreshRequest, context: Context) -> SignedIn:
    now = time.time()
    context.kit.charge_account(context.request, digest_of(body.refresh_token))
    with context.store.write() as connection:
        outcome, session_id = sessions.redeem(connection, body.refresh_token, now)
        session = sessions.session_with_id(connection, session_id)
        user = accounts.user_with_id(connection, session.user_id) if session else None
        is_open = session is not None and session.revoked_at is None
        if outcome is sessions.Redeemed.GOOD and is_open and may_enter(user):
            return signed_in(connection, context, user, session_id)
        if outcome is sessions.Redeemed.REUSED and is_open and user is not None:
            sessions.revoke_session(connection, session_id, "refresh token reused", now)
            context.kit.audit.record(connection, as_principal(user, session_id), "session.reused", session_id)
    raise refusal("The refresh token is not good. Sign in again.", code="invalid_grant")


@router.post("/v1/logout", summary="End the session", status_code=204)
def logout(principal: Anyone, context: Context) -> None:
    now = time.time()
    with context.store.write() as connection:
        sessions.revoke_session(connection, principal.session, "signed out", now)
        sessions.spend(connection, principal.token_id, principal.expires_at, now)
        target = principal.session or principal.token_id
        context.kit.audit.record(connection, principal, "session.closed", target)


@router.post("/v1/revoke", summary="Revoke a refresh token of one's own (RFC 7009)", status_code=204)
def revoke(body: TokenRequest, principal: Anyone, context: Context) -> None:
    with context.store.write() as connection:
        session_id = sessions.session_of_refresh_token(connection, body.token)
        session = sessions.session_with_id(connection, session_id) if session_id else None
        if session is not None and session.user_id == principal.subject:
            sessions.revoke_session(connection, session.id, "revoked", time.time())
            context.kit.audit.record(connection, principal, "session.revoked", session.id)


@router.post("/v1/token", summary="Get a program's access token", responses=responses(401))
def client_token(body: ClientCredentials, context: Context) -> ClientToken:
    context.kit.charge_account(context.request, f"client {body.client_id}")
    with context.store.read() as connection:
        client = accounts.client_with_id(connection, body.client_id)
        if client is None or not is_secret(body.client_secret, client.secret_digest):
            raise refusal("The client is not known or its secret is wrong.", code="invalid_client")
        if client.kind == SERVICE and body.audience not in SERVICES:
            raise refusal("A service must name the service that it wants to call.", code="invalid_target")
        token = context.issuer.client_token(connection, client, body.audience or "")
    return ClientToken(access_token=token, expires_in=context.kit.settings.token_ttl)


def signed_in(
    connection: sqlite3.Connection, context: SignInContext, user: User, session_id: str
) -> SignedIn:
    """Mint the next pair of tokens of a session."""
    settings = context.kit.settings
    expires_at = time.time() + settings.refresh_ttl
    return SignedIn(
        access_token=context.issuer.user_token(connection, user, session_id),
        expires_in=settings.token_ttl,
        refresh_token=sessions.add_refresh_token(connection, session_id, expires_at),
        refresh_expires_in=settings.refresh_ttl,
    )


def refuse_if_locked(connection: sqlite3.Connection, account: str, kit: Kit) -> None:
    """Refuse sign-ins to an account with too many wrong attempts, whether or not it exists.

    Raises:
        Problem: 429 with Retry-After, until the oldest of these attempts leaves the window.
    """
    window, now = kit.settings.lockout_window, time.time()
    attempts = accounts.wrong_attempts(connection, account, now - window)
    if len(attempts) >= kit.settings.lockout_threshold:
        wait = max(1, round(attempts[-kit.settings.lockout_threshold] + window - now + 0.5))
        detail = "Too many wrong attempts at this account. Wait as Retry-After says."
        raise Problem(429, detail, code="account_locked", headers={"Retry-After": str(wait)})


def note_wrong_attempt(context: SignInContext, account: str, user: User | None) -> Problem:
    """Count a wrong attempt and return the one answer that all of them get."""
    now = time.time()
    with context.store.write() as connection:
        accounts.add_wrong_attempt(connection, account, now, now - context.kit.settings.lockout_window)
        if user is not None:
            context.kit.audit.record(connection, as_principal(user, ""), "session.refused", user.id)
    return refusal("The credentials are not right.", code="invalid_credentials")


def may_enter(user: User | None) -> TypeGuard[User]:
    """Whether there is such an account and it is in force."""
    return user is not None and user.is_enabled


def as_principal(user: User, session_id: str) -> Principal:
    """Return whom the audit trail names for a sign-in."""
    return Principal(
        subject=user.id,
        tenant=user.tenant,
        roles=frozenset({user.role}),
        kind="user",
        token_id="",
        session=session_id,
    )
