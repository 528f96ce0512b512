"""What auth-service takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from sandbox.kit.models import Identifier, Shape
from sandbox.kit.paging import PageShape
from sandbox.kit.seed import FUZZ_TENANT, people

Role = Literal["viewer", "analyst", "responder", "manager", "admin"]
Username = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,40}@[a-z0-9][a-z0-9.-]{0,40}$")]
Password = Annotated[str, Field(min_length=1, max_length=200)]
NewPassword = Annotated[str, Field(min_length=12, max_length=200)]
Token = Annotated[str, Field(min_length=1, max_length=4000)]

_EXAMPLE = next(person for person in people() if person.name == "example")


class Credentials(Shape):
    """The first factor."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"username": _EXAMPLE.username, "password": _EXAMPLE.password}],
        }
    )

    username: Annotated[str, Field(min_length=1, max_length=100)]
    password: Password


class FirstStep(Shape):
    """The first factor was right; hand in the second one."""

    mfa_required: Literal[True] = True
    mfa_token: str
    expires_in: float
    """Seconds."""


class SecondFactor(Shape):
    """The token of the first step and a one-time code (RFC 6238)."""

    mfa_token: Token
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class RefreshRequest(Shape):
    """A refresh token; it is good for one use."""

    refresh_token: Token


class SignedIn(Shape):
    """An access token and the refresh token for the next one; lifetimes in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: float
    refresh_token: str
    refresh_expires_in: float


class ClientCredentials(Shape):
    """A program proves itself; a service names the service that it wants to call."""

    grant_type: Literal["client_credentials"]
    client_id: Identifier
    client_secret: Password
    audience: Identifier | None = None


class ClientToken(Shape):
    """An access token of a program; lifetime in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: float


class TokenRequest(Shape):
    """A token to look at or to revoke."""

    token: Token


class Introspection(Shape):
    """What RFC 7662 says about a token; nothing but `active: false` about a bad one."""

    active: bool
    sub: str | None = None
    tenant: str | None = None
    kind: str | None = None
    roles: list[str] | None = None
    exp: float | None = None
    iat: float | None = None
    jti: str | None = None


class Profile(Shape):
    """Who the caller is."""

    id: str
    kind: Literal["user", "client", "service"]
    tenant: str
    roles: list[str]
    username: str | None = None


class User(Shape):
    """A person's account."""

    id: Identifier
    tenant: str
    username: Username
    roles: list[Role]
    is_enabled: bool
    created_at: float
    """Unix time."""


class UserPage(PageShape):
    """Some accounts of the caller's tenant."""

    items: list[User]


class NewUser(Shape):
    """An account to be made in the caller's tenant."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "username": f"new.colleague@{FUZZ_TENANT}.test",
                    "password": "correct horse battery",
                    "roles": ["viewer"],
                }
            ]
        }
    )

    username: Username
    password: NewPassword
    roles: Annotated[list[Role], Field(min_length=1, max_length=1)]


class EnrolledUser(User):
    """A new account with the one chance to enrol its second factor."""

    enrolment: str
    """An `otpauth://` URI for an authenticator."""


class RoleChange(Shape):
    """The role that an account shall have from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"roles": ["analyst"]}]})

    roles: Annotated[list[Role], Field(min_length=1, max_length=1)]


class StatusChange(Shape):
    """Whether an account may sign in from now on."""

    is_enabled: bool


class PasswordChange(Shape):
    """A new password, with the old one as proof."""

    current_password: Password
    new_password: NewPassword


class PublicKey(Shape):
    """One public key (RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    alg: str
    use: Literal["sig"]
    kid: str
    x: str


class PublicKeys(Shape):
    """The keys that check our tokens (RFC 7517)."""

    keys: list[PublicKey]


class Rotated(Shape):
    """The key that signs from now on."""

    kid: str


class AuditEntry(Shape):
    """Who did what to what, when, on which trace; `at` in Unix seconds."""

    id: Identifier
    at: Annotated[float, Field(ge=0, le=2**40)]
    service: Annotated[str, Field(max_length=64)]
    tenant: Annotated[str, Field(max_length=64)]
    actor: Annotated[str, Field(max_length=64)]
    action: Annotated[str, Field(max_length=100)]
    target: Annotated[str, Field(max_length=200)]
    trace_id: Annotated[str, Field(max_length=64)]
    request_id: Annotated[str, Field(max_length=64)]
    detail: Annotated[dict[str, Annotated[str, Field(max_length=1000)]], Field(max_length=20)]


class AuditDelivery(Shape):
    """Entries that a service hands over."""

    entries: Annotated[list[AuditEntry], Field(min_length=1, max_length=200)]


class AuditPage(PageShape):
    """Some entries of the caller's tenant, in the order of their times."""

    items: list[AuditEntry]
