"""What a running service has at hand: one object per app, found by handlers through dependencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from sandbox.kit.audit import Audit, OutboxSender
from sandbox.kit.breaker import Circuits
from sandbox.kit.identity import SERVICE, Principal, Verifier
from sandbox.kit.limits import Limiter, Quota, refuse_if_exceeded
from sandbox.kit.mesh import Mesh
from sandbox.kit.metrics import Metrics
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store


@dataclass(slots=True, kw_only=True)
class Kit:
    """The parts that the routes share."""

    settings: Settings
    circuits: Circuits
    mesh: Mesh
    verifier: Verifier
    limiter: Limiter
    metrics: Metrics
    audit: Audit
    store: Store | None = None
    outbox: OutboxSender | None = None

    def charge(self, request: Request, principal: Principal) -> None:
        """Count a request of a known caller; services are not limited, they pass on what callers ask.

        Raises:
            Problem: 429 when the caller's quota is used up.
        """
        request.state.principal = principal
        if principal.kind != SERVICE:
            self._take(request, f"{principal.kind}:{principal.subject}", principal.tier)

    def charge_address(self, request: Request) -> None:
        """Count a request without a valid token by the address that the router saw.

        Raises:
            Problem: 429 when the address's quota is used up.
        """
        self._take(request, f"address:{client_address(request)}", "anonymous")

    def charge_account(self, request: Request, account: str) -> None:
        """Count a request by the account that it tries to sign in to.

        Raises:
            Problem: 429 when the account's quota is used up.
        """
        self._take(request, f"account:{account}", "anonymous")

    def _take(self, request: Request, caller: str, tier: str) -> None:
        quota = self.limiter.take(caller, tier)
        request.state.quota = quota
        refuse_if_exceeded(quota)


def client_address(request: Request) -> str:
    """Return the last hop of X-Forwarded-For, the only one that the router itself wrote, or the peer."""
    forwarded = request.headers.get("x-forwarded-for", "")
    last = forwarded.rpartition(",")[2].strip()
    return last or (request.client.host if request.client else "unknown")


def quota_of(request: Request) -> Quota | None:
    """Return the quota that this request was counted against, if it was."""
    return getattr(request.state, "quota", None)


def kit_of(request: Request) -> Kit:
    kit: Kit = request.app.state.kit
    return kit


def store_of(request: Request) -> Store:
    """Return the app's store.

    Raises:
        LookupError: the service was built without one.
    """
    store = kit_of(request).store
    if store is None:
        raise LookupError("this service has no store")
    return store


# These are coroutines although they wait for nothing: a plain function costs a trip to a worker thread.


async def _kit(request: Request) -> Kit:
    return kit_of(request)


async def _store(request: Request) -> Store:
    return store_of(request)


async def count_stranger(request: Request) -> None:
    """Dependency for operations without a token: counted by address."""
    kit_of(request).charge_address(request)


KitDep = Annotated[Kit, Depends(_kit)]
StoreDep = Annotated[Store, Depends(_store)]
