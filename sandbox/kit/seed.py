"""The people, clients and keys that an environment is born with: the same on every machine.

None of these is a secret: they exist so that a gate can be tried against something real.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from dataclasses import dataclass
from typing import Any

from sandbox.kit.credentials import known_secret
from sandbox.kit.identity import ROLES, SERVICE
from sandbox.kit.settings import Settings
from sandbox.kit.tokens import ACCESS_TYPE, ALGORITHM, USER_AUDIENCE, private_jwk
from sandbox.topology import SALT

TENANTS = ("acme", "globex", "initech")
SERVICES = (
    "frontend",
    "api-gateway",
    "auth-service",
    "asset-discovery",
    "event-processor",
    "threat-detection",
    "behavioral-analysis",
    "decision-engine",
    "nlp-assistant",
)
FUZZ_TENANT = "initech"
"""The tenant of the `fuzz` user: examples in OpenAPI documents name its records."""
LOAD_TENANT = "globex"
SYNTHETIC_ROLES = ("viewer", "analyst", "analyst", "responder", "responder", "manager", "admin")
"""The roles of the synthetic journeys, in a tenant where nothing else changes rules or accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user who signs in with a password and a one-time code."""

    name: str
    tenant: str
    role: str
    tier: str = "standard"

    @property
    def id(self) -> str:
        """The `sub` of the person's tokens."""
        return f"usr_{_digest('user', self.name)[:16]}"

    @property
    def username(self) -> str:
        return f"{self.name}@{self.tenant}.test"

    @property
    def password(self) -> str:
        return f"Sandbox-{_digest('password', self.name)[:12]}!"

    @property
    def totp_secret(self) -> str:
        """The shared secret of RFC 6238, in base 32."""
        return b32encode(
            hashlib.sha1(f"totp {self.name}{SALT}".encode(), usedforsecurity=False).digest()
        ).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program that proves itself with a client secret: a service, or a customer's integration."""

    id: str
    tenant: str
    roles: tuple[str, ...]
    kind: str
    tier: str = "standard"

    @property
    def secret(self) -> str:
        return known_secret(self.id)


INTEGRATOR = Client(id="integrator", tenant="acme", roles=("analyst",), kind="client")


def people() -> list[Person]:
    """Return all people: per tenant two of each role, four with a special purpose, the synthetic ones."""
    crew = [
        Person(name=_name(tenant, role, number), tenant=tenant, role=role)
        for tenant in TENANTS
        for role in ROLES
        for number in (1, 2)
    ]
    return [
        *crew,
        Person(name="load", tenant=LOAD_TENANT, role="admin", tier="high"),
        Person(name="fuzz", tenant=FUZZ_TENANT, role="admin", tier="high"),
        Person(name="lockout", tenant="acme", role="viewer"),
        Person(name="example", tenant=FUZZ_TENANT, role="viewer"),
        *_synthetic(),
    ]


def _synthetic() -> list[Person]:
    """Return the people of the synthetic journeys, and the stranger from another tenant."""
    found: list[Person] = []
    for role in SYNTHETIC_ROLES:
        is_second = any(person.role == role for person in found)
        name = f"synthetic-{role}" + ("-2" if is_second else "")
        found.append(Person(name=name, tenant=LOAD_TENANT, role=role))
    return [*found, Person(name="synthetic-stranger", tenant=FUZZ_TENANT, role="admin")]


def clients() -> list[Client]:
    services = [Client(id=name, tenant="", roles=(SERVICE,), kind=SERVICE) for name in SERVICES]
    return [*services, INTEGRATOR]


def signing_keys() -> dict[str, dict[str, str]]:
    """Return the private keys that auth-service trusts from birth: its own first one, and the forger's."""
    named = {"first": f"isectech sandbox signing key{SALT}", "forger": f"isectech forger{SALT}"}
    return {name: private_jwk(text.encode()) for name, text in named.items()}


def identities(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the content of identities.json: who may be tried as whom, with every secret needed.

    People are named by role (`analyst`, `analyst-2` of acme; `globex-analyst`, … of the others). `forger`
    holds a signing key that is trusted here, so that a checker can mint tokens whose only fault is a claim
    (good ones carry `claims`, `iss`, `aud`, `iat`, `exp` and a `jti`).
    """
    found: dict[str, dict[str, Any]] = {person.name: _person(person) for person in people()}
    found[INTEGRATOR.id] = {
        "kind": "client",
        "client_id": INTEGRATOR.id,
        "client_secret": INTEGRATOR.secret,
        "tenant": INTEGRATOR.tenant,
        "roles": list(INTEGRATOR.roles),
    }
    analyst = next(person for person in people() if person.name == "analyst")
    found["forger"] = {
        "kind": "key",
        "jwk": signing_keys()["forger"],
        "alg": ALGORITHM,
        "typ": ACCESS_TYPE,
        "iss": settings.issuer,
        "aud": USER_AUDIENCE,
        "claims": {"sub": analyst.id, "tenant": analyst.tenant, "roles": [analyst.role], "kind": "user"},
    }
    return found


def _person(person: Person) -> dict[str, Any]:
    return {
        "kind": "user",
        "username": person.username,
        "password": person.password,
        "totp_secret": person.totp_secret,
        "subject": person.id,
        "tenant": person.tenant,
        "roles": [person.role],
        "tier": person.tier,
    }


def _name(tenant: str, role: str, number: int) -> str:
    prefix = "" if tenant == TENANTS[0] else f"{tenant}-"
    return f"{prefix}{role}" + ("" if number == 1 else f"-{number}")


def _digest(*parts: str) -> str:
    return hashlib.sha256((" ".join(("isectech", *parts)) + SALT).encode()).hexdigest()
