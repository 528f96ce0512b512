"""Who is calling, and the one way to say which roles an operation needs.

`required(...)` is a FastAPI dependency. The OpenAPI document reads the roles from the same object that
checks them (`x-required-roles`), so what is documented and what is enforced cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from fastapi import Request
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase

from sandbox.kit.problem import Problem

ROLES = ("viewer", "analyst", "responder", "manager", "admin")
"""People's roles, from the least to the most."""

SERVICE = "service"
"""The one role of a service's own identity."""

ACTING_SUBJECT_HEADER = "x-on-behalf-of"
ACTING_TENANT_HEADER = "x-on-behalf-tenant"


def at_least(role: str) -> tuple[str, ...]:
    """Return `role` and every role above it."""
    return ROLES[ROLES.index(role) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A caller whose token was checked. `tenant` is empty for a service that acts for itself."""

    subject: str
    tenant: str
    roles: frozenset[str]
    kind: str
    """`user`, `client` or `service`."""
    token_id: str
    session: str = ""
    tier: str = "standard"
    expires_at: float = 0.0
    """Unix time."""
    on_behalf_of: str = ""

    @property
    def actor(self) -> str:
        """Whom the audit trail names: the person a service acts for, else the caller itself."""
        return self.on_behalf_of or self.subject

    def has_any(self, roles: tuple[str, ...]) -> bool:
        """Whether one of `roles` is held; no roles demanded means anybody with a valid token."""
        return not roles or not self.roles.isdisjoint(roles)


@runtime_checkable
class Verifier(Protocol):
    """Checks an access token."""

    async def verify(self, token: str) -> Principal:
        """Return whose token it is; raise Problem 401 when it is not valid, 503 when it cannot be checked."""


class Access(SecurityBase):
    """The check in front of an operation: a valid token and one of `roles`."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        self.roles = roles
        self.model = HTTPBearerModel(bearerFormat="JWT")
        self.scheme_name = "bearer"

    async def __call__(self, request: Request) -> Principal:
        """Return the caller, or answer 401, 403, 429 or 503."""
        kit = request.app.state.kit
        try:
            token = bearer_token(request)
            principal = _acting(await kit.verifier.verify(token), request)
        except Problem as problem:
            if problem.status == 401:
                kit.charge_address(request)
            raise
        kit.charge(request, principal)
        if not principal.has_any(self.roles):
            raise Problem(403, "Your roles do not allow this operation.", code="role_missing")
        return principal


def required(*roles: str) -> Access:
    """Demand one of `roles`; with none, any valid token. Use as `Depends(required("analyst", "admin"))`."""
    unknown = set(roles) - set(ROLES) - {SERVICE}
    if unknown:
        raise ValueError(f"unknown roles: {', '.join(sorted(unknown))}")
    return Access(roles)


def bearer_token(request: Request) -> str:
    """Return the bearer token of RFC 6750, section 2.1; in a header alone, exactly once.

    Raises:
        Problem: 401 when there is none, 400 when there are two.
    """
    values = request.headers.getlist("authorization")
    if len(values) > 1:
        raise Problem(400, "More than one Authorization header.", code="ambiguous_credentials")
    scheme, _, token = (values[0] if values else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise refusal("A bearer token is needed.", code="token_missing")
    return token.strip()


def refusal(detail: str, *, code: str) -> Problem:
    """Return the 401 that RFC 6750, section 3 asks for."""
    error = "" if code == "token_missing" else ' error="invalid_token"'
    return Problem(401, detail, code=code, headers={"WWW-Authenticate": f'Bearer realm="isectech"{error}'})


def _acting(principal: Principal, request: Request) -> Principal:
    """Let a service act for a tenant and a person; the headers of other callers are ignored."""
    if principal.kind != SERVICE:
        return principal
    return replace(
        principal,
        tenant=request.headers.get(ACTING_TENANT_HEADER, ""),
        on_behalf_of=request.headers.get(ACTING_SUBJECT_HEADER, ""),
    )
