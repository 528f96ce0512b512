"""A tenant of our own for one run: whatever the checks make or break belongs to nobody else."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pyotp

from gates.model.identity import Identity
from journeys.checks import document, expect
from journeys.session import AUTH, bearer
from journeys.tokens import mint

DOMAIN = "checks.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person of our own: who it is to the platform, and how it signs in."""

    id: str
    identity: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A tenant that exists because tokens say so; they are signed by a key that the environment trusts."""

    forger: Mapping[str, Any] = field(repr=False)
    subject: str
    """A person in force: auth-service asks whether the token's subject may still act."""
    name: str = field(default_factory=lambda: f"sec{secrets.token_hex(5)}")

    def token(self, role: str, **claims: Any) -> str:
        """Return a token of this tenant; of a role of people, or of `service` for the service in `aud`."""
        whole: dict[str, Any] = {"sub": self.subject, "tenant": self.name, "roles": [role], "tier": "high"}
        if role == "service":
            whole |= {"sub": "api-gateway", "tenant": "", "kind": "service"}
        return mint(self.forger, **{**whole, **claims})

    def headers(self, role: str, **claims: Any) -> dict[str, str]:
        """Return the header that carries such a token."""
        return bearer(self.token(role, **claims))

    def account(self, auth: httpx.Client, role: str = "viewer") -> Account:
        """Make a person of this tenant.

        Raises:
            DemandNotMetError: auth-service does not make it.
        """
        username, password = f"u{secrets.token_hex(5)}@{DOMAIN}", f"Checked-{secrets.token_hex(8)}"
        body = {"username": username, "password": password, "roles": [role]}
        made = document(
            expect(auth.post("/v1/users", headers=self.headers("admin"), json=body), 201, blames=AUTH),
            blames=AUTH,
        )
        identity = Identity(
            name=username,
            username=username,
            tenant=self.name,
            roles=(role,),
            password=password,
            totp_secret=str(pyotp.parse_uri(str(made["enrolment"])).secret),
            was_accepted=True,
        )
        return Account(id=str(made["id"]), identity=identity)

    def switch_off(self, auth: httpx.Client, account: Account) -> bool:
        """Leave no account behind that could sign in, and say whether that is so."""
        status = {"isEnabled": False}
        answer = auth.put(f"/v1/users/{account.id}/status", headers=self.headers("admin"), json=status)
        return answer.is_success
