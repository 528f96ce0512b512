"""Users and their roles: administered by admins of the same tenant, never by oneself."""

from __future__ import annotations

import secrets
import sqlite3
import time
from typing import Annotated, cast

import pyotp
from fastapi import APIRouter, Depends, Path

from sandbox.kit.change import Change, Reading, changing, creating, reading
from sandbox.kit.identity import Principal, at_least, required
from sandbox.kit.paging import Paging, cut
from sandbox.kit.problem import Problem, responses
from sandbox.kit.runtime import StoreDep
from sandbox.kit.seed import FUZZ_TENANT, people
from sandbox.services.auth_service import accounts, sessions
from sandbox.services.auth_service.models import (
    EnrolledUser,
    NewUser,
    PasswordChange,
    Profile,
    Role,
    RoleChange,
    StatusChange,
    User,
    UserPage,
)
from sandbox.services.auth_service.passwords import hash_password, is_password

router = APIRouter(tags=["users"])
Manager = Annotated[Reading, Depends(reading(*at_least("manager")))]
Creation = Annotated[Change, Depends(creating("admin"))]
Administration = Annotated[Change, Depends(changing("admin"))]
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
def change_password(body: PasswordChange, change: Annotated[Change, Depends(changing())]) -> None:
    principal = change.principal
    with change.store.read() as connection:
        user = accounts.user_with_id(connection, principal.subject)
    if user is None:
        raise Problem(404, "Only people have passwords.", code="user_unknown")
    if not is_password(body.current_password, user.password_hash):
        raise Problem(403, "The current password is not right.", code="invalid_credentials")
    hashed = hash_password(body.new_password)
    with change.write() as connection:
        accounts.set_password(connection, user.id, hashed)
        sessions.revoke_sessions_of(
            connection, user.id, "password changed", time.time(), but=principal.session
        )
        change.note(connection, "user.password_changed", user.id)


@router.get("/v1/users", summary="The accounts of my tenant")
def users(reader: Manager, page: Paging) -> UserPage:
    with reader.store.read() as connection:
        rows = accounts.users_of(connection, reader.tenant, page.key, page.limit + 1)
    found, following = cut(rows, page.limit, lambda user: user.id)
    return UserPage(items=[shown(user) for user in found], next_cursor=following)


@router.post(
    "/v1/users",
    summary="Make an account in my tenant",
    status_code=201,
    responses={
        **responses(409),
        201: {"links": {"GetUser": {"operationId": "user", "parameters": {"user_id": "$response.body#/id"}}}},
    },
)
def create_user(body: NewUser, change: Creation) -> EnrolledUser:
    secret = pyotp.random_base32()
    user = accounts.User(
        id=f"usr_{secrets.token_hex(8)}",
        tenant=change.tenant,
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
    with change.write() as connection:
        if not accounts.add_user(connection, user):
            raise Problem(409, "The name is taken.", code="username_taken")
        change.note(connection, "user.created", user.id, role=user.role)
        change.keep(connection, 201, enrolled)
    return enrolled


@router.get("/v1/users/{user_id}", summary="One account of my tenant", responses=responses(404))
def user(user_id: UserId, reader: Manager) -> User:
    with reader.store.read() as connection:
        return shown(colleague(connection, reader.principal, user_id))


@router.put("/v1/users/{user_id}/roles", summary="Give an account its role", responses=responses(404))
def change_roles(user_id: UserId, body: RoleChange, change: Administration) -> User:
    refuse_oneself(change.principal, user_id)
    with change.write() as connection:
        colleague(connection, change.principal, user_id)
        accounts.set_role(connection, user_id, body.roles[0])
        sessions.revoke_sessions_of(connection, user_id, "role changed", time.time())
        change.note(connection, "user.role_changed", user_id, role=body.roles[0])
        return shown(colleague(connection, change.principal, user_id))


@router.put("/v1/users/{user_id}/status", summary="Let an account in or not", responses=responses(404))
def change_status(user_id: UserId, body: StatusChange, change: Administration) -> User:
    refuse_oneself(change.principal, user_id)
    with change.write() as connection:
        colleague(connection, change.principal, user_id)
        accounts.set_enabled(connection, user_id, is_enabled=body.is_enabled)
        if not body.is_enabled:
            sessions.revoke_sessions_of(connection, user_id, "account disabled", time.time())
        change.note(connection, "user.status_changed", user_id, enabled=body.is_enabled)
        return shown(colleague(connection, change.principal, user_id))


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
    """Refuse a change of the caller's own account.

    Raises:
        Problem: 403 when the caller is that user.
    """
    if principal.subject == user_id:
        raise Problem(403, "Nobody changes their own role or status.", code="self_promotion")


def shown(user: accounts.User) -> User:
    return User(
        id=user.id,
        tenant=user.tenant,
        username=user.username,
        roles=[cast("Role", user.role)],
        is_enabled=user.is_enabled,
        created_at=user.created_at,
    )
