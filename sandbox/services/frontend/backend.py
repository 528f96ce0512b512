"""What the pages need from the platform; every call goes through the gateway with the member's own token."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.kit.mesh import Call, Mesh
from sandbox.kit.problem import Problem
from sandbox.services.frontend.sessions import Member, Tokens

GATEWAY = "api-gateway"
_AUTH = "/api/v1/auth-service/v1"
_PASSED_ON = frozenset({401, 403, 404, 409, 422, 429})


@dataclass(frozen=True, slots=True)
class Backend:
    """Speaks to the gateway from plain handlers."""

    mesh: Mesh

    def sign_in(self, username: str, password: str, code: str) -> tuple[Member, Tokens]:
        """Prove both factors and return who it is, with the tokens.

        Raises:
            Problem: 401 when a factor is wrong, 429 when the account is locked, 503 when that is unknown.
        """
        first = self.send("POST", f"{_AUTH}/login", json={"username": username, "password": password})
        proof = {"mfaToken": first.json()["mfaToken"], "code": code}
        tokens = _tokens(self.send("POST", f"{_AUTH}/mfa/verify", json=proof).json())
        who = self.send("GET", f"{_AUTH}/me", token=tokens.access).json()
        member = Member(
            subject=who["id"], tenant=who["tenant"], username=who["username"] or "", roles=tuple(who["roles"])
        )
        return member, tokens

    def refresh(self, tokens: Tokens) -> Tokens:
        """Return the next tokens.

        Raises:
            Problem: 401 when the session is over.
        """
        return _tokens(
            self.send("POST", f"{_AUTH}/token/refresh", json={"refreshToken": tokens.refresh}).json()
        )

    def sign_out(self, tokens: Tokens) -> None:
        """End the session at auth-service.

        Raises:
            Problem: it could not be ended.
        """
        self.send("POST", f"{_AUTH}/logout", token=tokens.access)

    def send(self, method: str, path: str, *, token: str = "", json: Any = None) -> httpx.Response:
        """Call the gateway and return a good answer.

        Raises:
            Problem: what the platform refused, in its own words; 503 for everything else.
        """
        headers = {"authorization": f"Bearer {token}"} if token else {}
        call = Call(service=GATEWAY, method=method, path=path, headers=headers, json=json, is_anonymous=True)
        answer = self.mesh.call(call)
        if answer.status_code in _PASSED_ON:
            raise _refused(answer)
        if not answer.is_success:
            raise Problem(503, "The platform gave no usable answer.", code="backend_failed", headers=_RETRY)
        return answer


_RETRY = {"Retry-After": "1"}


def _refused(answer: httpx.Response) -> Problem:
    said = answer.json()
    wait = answer.headers.get("retry-after")
    headers = {"Retry-After": wait} if wait else {}
    return Problem(answer.status_code, str(said["detail"]), code=str(said["code"]), headers=headers)


def _tokens(granted: dict[str, Any]) -> Tokens:
    now = time.time()
    return Tokens(
        access=granted["accessToken"],
        access_until=now + granted["expiresIn"],
        refresh=granted["refreshToken"],
        ends_at=now + granted["refreshExpiresIn"],
    )
