"""Users and their roles: administered by admins of the same tenant, never by oneself."""

from __future__ import annotations

import secrets
import sqlite3
import time
from typing import Annotated

import pyotp
from fastapi import APIRouter, Depends, Path

from sandbox.kit.idempotency import Once, once
from sandbox.kit.identity import Principal, at_least, required
from sandbox.kit.paging import Paging, cut
from sandbox.kit.problem import Problem, responses
from sandbox.kit.runtime import KitDep, StoreDep
from sandbox.kit.seed import FUZZ_TENANT, people
from sandbox.services.auth_service import accounts, sessions
from sandbox.services.auth_service.models import (
    EnrolledUser,
    NewUser,
    PasswordChange,
    Profile,
    RoleChange,
    StatusChange,
    User,
    UserPage,
)
from sandbox.services.auth_service.passwords import hash_password, is_password

router = APIRouter(tags=["users"])
Admin = Annotated[Principal, Depends(required("admin"))]
_EXAMPLE = next(person.id for person in people() if person.tenant == FUZZ_TENANT)
UserId = Annotated[str, Path(pattern=r"^usr_[0-9a-f]{16}$", examples=[_EXAMPLE])]


@router.get("/v1/me", summary="Who I am")
def me(principal: Annotated[Principal, Depends(required())], store: StoreDep) -> Profile:
    with store.read() as connection:
        user = accounts.user_with_id(connection, principal.subject) if principal.kind == "user" else None
    return Profile.model_validate(
        {
            "id": principal.subject,
            "kind": principal.kind,
            "tenant": principal.tenant,
            "roles": sorted(principal.roles),
            "username": user.username if user else None,
        }
    )


@router.post(
    "/v1/me/password", summary="Change one's own password", status_code=204, responses=responses(404)
)
def change_password(
    body: PasswordChange,
    principal: Annotated[Principal, Depends(required())],
    store: StoreDep,
    kit: KitDep,
) -> None:
    with store.read() as connection:
        user = accounts.user_with_id(connection, principal.subject)
    if user is None:
        raise Problem(404, "Only people have passwords.", code="user_unknown")
    if not is_password(body.current_password, user.password_hash):
        raise Problem(403, "The current password is not right.", code="invalid_credentials")
    hashed = hash_password(body.new_password)
    with store.write() as connection:
        accounts.set_password(connection, user.id, hashed)
        sessions.revoke_sessions_of(
            connection, user.id, "password changed", time.time(), but=principal.session
        )
        kit.audit.record(connection, principal, "user.password_changed", user.id)


@router.get("/v1/users", summary="The accounts of my tenant")
def users(
    principal: Annotated[Principal, Depends(required(*at_least("manager")))],
    store: StoreDep,
    page: Paging,
) -> UserPage:
    with store.read() as connection:
        rows = accounts.users_of(connection, principal.tenant, page.key, page.limit + 1)
    found, following = cut(rows, page.limit, lambda user: user.id)
    return UserPage(items=[shown(user) for user in found], next_cursor=following)


@router.post(
    "/v1/users",
    summary="Make an account in my tenant",
    status_code=201,
    responses={
        **responses(409),
        201: {
            "links": {
                "GetUser": {"operationId": "user", "parameters": {"user_id": "$response.body#/id"}},
            }
        },
    },
)
def create_user(
    body: NewUser,
    principal: Admin,
    idempotency: Annotated[Once, Depends(once)],
    store: StoreDep,
    kit: KitDep,
) -> EnrolledUser:
    secret = pyotp.random_base32()
    user = accounts.User(
        id=f"usr_{secrets.token_hex(8)}",
        tenant=principal.tenant,
        username=body.username,
        role=body.roles[0],
        tier="standard",
        password_hash=hash_password(body.password),
        totp_secret=secret,
        is_enabled=True,
        created_at=time.time(),
    )
    uri = pyotp.TOTP(secret).provisioning_uri(name=body.username, issuer_name="isectech")
    enrolled = EnrolledUser(**shown(user).model_dump(by_alias=False), enrolment=uri)
    with store.write() as connection:
        if not accounts.add_user(connection, user):
            raise Problem(409, "The name is taken.", code="username_taken")
        kit.audit.record(connection, principal, "user.created", user.id, role=user.role)
        idempotency.keep(connection, 201, enrolled)
    return enrolled


@router.get("/v1/users/{user_id}", summary="One account of my tenant", responses=responses(404))
def user(
    user_id: UserId, principal: Annotated[Principal, Depends(required(*at_least("manager")))], store: StoreDep
) -> User:
    with store.read() as connection:
        return shown(colleague(connection, principal, user_id))


@router.put("/v1/users/{user_id}/roles", summary="Give an account its role", responses=responses(404))
def change_roles(user_id: UserId, body: RoleChange, principal: Admin, store: StoreDep, kit: KitDep) -> User:
    refuse_oneself(principal, user_id)
    with store.write() as connection:
        colleague(connection, principal, user_id)
        accounts.set_role(connection, user_id, body.roles[0])
        sessions.revoke_sessions_of(connection, user_id, "role changed", time.time())
        kit.audit.record(connection, principal, "user.role_changed", user_id, role=body.roles[0])
        return shown(colleague(connection, principal, user_id))


@router.put("/v1/users/{user_id}/status", summary="Let an account in or not", responses=responses(404))
def change_status(
    user_id: UserId, body: StatusChange, principal: Admin, store: StoreDep, kit: KitDep
) -> User:
    refuse_oneself(principal, user_id)
    with store.write() as connection:
        colleague(connection, principal, user_id)
        accounts.set_enabled(connection, user_id, is_enabled=body.is_enabled)
        if not body.is_enabled:
            sessions.revoke_sessions_of(connection, user_id, "account disabled", time.time())
        kit.audit.record(connection, principal, "user.status_changed", user_id, enabled=body.is_enabled)
        return shown(colleague(connection, principal, user_id))


def colleague(connection: sqlite3.Connection, principal: Principal, user_id: str) -> accounts.User:
    """Return an account of the caller's tenant; another tenant's does not exist for the caller.

    Raises:
        Problem: 404 when there is none.
    """
    found = accounts.user_with_id(connection, user_id)
    if found is None or found.tenant != principal.tenant:
        raise Problem(404, "There is no such account in your tenant.", code="user_unknown")
    return found


def refuse_oneself(principal: Principal, user_id: str) -> None:
    """Nobody changes their own standing.

    Raises:
        Problem: 403 when the caller is that user.
    """
    if principal.subject == user_id:
        raise Problem(403, "Nobody changes their own role or status.", code="self_promotion")


def shown(user: accounts.User) -> User:
    """Return what others may see of an account."""
    return User.model_validate(
        {
            "id": user.id,
            "tenant": user.tenant,
            "username": user.username,
            "roles": [user.role],
            "isEnabled": user.is_enabled,
            "createdAt": user.created_at,
        }
    )
