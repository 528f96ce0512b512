"""Service accounts of one project: their keys, and who may act as them."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from sandbox import topology
from sandbox.platform.api_errors import ApiError, Code, not_found
from sandbox.platform.identity.google_tokens import TokenError, subject_of

AUDIENCE: Final = "https://oauth2.googleapis.com/token"
"""What a key signs its requests for, wherever they are sent."""
_ACTING: Final = {
    "iam.serviceAccounts.getAccessToken": frozenset(
        {"roles/iam.serviceAccountTokenCreator", "roles/iam.workloadIdentityUser"}
    ),
    "iam.serviceAccounts.getOpenIdToken": frozenset(
        {
            "roles/iam.serviceAccountTokenCreator",
            "roles/iam.serviceAccountOpenIdTokenCreator",
            "roles/iam.workloadIdentityUser",
        }
    ),
}
"""Roles that hold a permission."""
Policy = Mapping[str, Any]


class ServiceAccounts:
    """All accounts; two are there from the start: that of the machine, and that of running services."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._domain = f"{project}.iam.gserviceaccount.com"
        self.machine = f"release-gate@{self._domain}"
        """The account of the machine that the gate runs on."""
        self.runtime = f"{topology.NUMBER}-compute@developer.gserviceaccount.com"
        """The account that services run as."""
        self._policies: dict[str, Policy] = {self.machine: {}, self.runtime: {}}
        self._keys: dict[str, tuple[str, RSAKey]] = {}

    def require(self, email: str) -> str:
        """Return the address of an account that exists; raise ApiError NOT_FOUND."""
        if email not in self._policies:
            raise not_found("SERVICE_ACCOUNT", f"projects/{self._project}/serviceAccounts/{email}")
        return email

    def create(self, account_id: str) -> dict[str, str]:
        """Make an account; raise ApiError ALREADY_EXISTS."""
        email = f"{account_id}@{self._domain}"
        if email in self._policies:
            raise ApiError(Code.ALREADY_EXISTS, f"Service account {account_id} already exists.")
        self._policies[email] = {}
        return {"name": self._name(email), "email": email, "uniqueId": subject_of(email)}

    def create_key(self, email: str, token_uri: str) -> dict[str, str]:
        """Make a key and return it as the IAM API does: the file of a service account, in base64."""
        key = RSAKey.generate_key(2048, auto_kid=True)
        identifier = str(key.kid)
        self._keys[identifier] = (self.require(email), key)
        file = {
            "type": "service_account",
            "project_id": self._project,
            "private_key_id": identifier,
            "private_key": key.as_pem(private=True).decode(),
            "client_email": email,
            "client_id": subject_of(email),
            "token_uri": token_uri,
        }
        content = base64.b64encode(json.dumps(file).encode()).decode()
        return {"name": f"{self._name(email)}/keys/{identifier}", "privateKeyData": content}

    def signed_by_key(self, assertion: str) -> tuple[str, Mapping[str, Any]]:
        """Return the account whose key signed a request for a token, and its claims.

        Raises:
            TokenError: no key of an account signed it, or it says something else.
        """
        known = KeySet([key for _, key in self._keys.values()])
        try:
            token = jwt.decode(assertion, known, algorithms=["RS256"])
            times = jwt.JWTClaimsRegistry(exp={"essential": True}, iat={"essential": True}, leeway=30)
            times.validate(token.claims)
            email = self._keys[str(token.header.get("kid"))][0]
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TokenError("Invalid JWT Signature.") from error
        if token.claims.get("iss") != email or token.claims.get("aud") != AUDIENCE:
            raise TokenError("Invalid JWT: issuer or audience is wrong.")
        return email, token.claims

    def policy(self, email: str) -> Policy:
        return self._policies[self.require(email)]

    def set_policy(self, email: str, policy: Policy) -> Policy:
        self._policies[self.require(email)] = policy
        return policy

    def require_acting(self, chain: tuple[str, ...], permission: str) -> None:
        """Refuse unless each account of a chain may act as the next one; the first may be a principal.

        Raises:
            ApiError: PERMISSION_DENIED; also for an account that does not exist.
        """
        for caller, target in itertools.pairwise(chain):
            members = _members(caller)
            bindings = self._policies.get(target, {}).get("bindings", [])
            held = {one.get("role") for one in bindings if members & set(one.get("members", []))}
            if not held & _ACTING[permission]:
                message = f"Permission '{permission}' denied on resource (or it may not exist)."
                raise ApiError(Code.PERMISSION_DENIED, message)

    def _name(self, email: str) -> str:
        return f"projects/{self._project}/serviceAccounts/{email}"


def _members(caller: str) -> set[str]:
    """Return the members by which a policy can name a caller: itself, and its whole pool."""
    if not caller.startswith("principal://"):
        return {f"serviceAccount:{caller}"}
    pool = caller.removeprefix("principal://").partition("/subject/")[0]
    return {caller, f"principalSet://{pool}/*"}
