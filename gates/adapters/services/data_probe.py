"""Marks in the platform's data: written through the services' own endpoints, and looked for after a restore.

Three services of three tiers keep three kinds of data: a session of auth-service, an asset, an event. A mark
says what it is; assets are removed afterwards, a session ends by itself, an event stays as one of a drill.
"""

from __future__ import annotations

import secrets
from contextlib import suppress

import httpx

from gates.adapters.services.operator_client import OperatorClient
from gates.adapters.services.service_answers import AUTH
from gates.errors import ConflictError, NotFoundError
from gates.model.drill import Sentinel

ASSETS = "asset-discovery"
EVENTS = "event-processor"
_LABEL = "recovery-drill"
_DRAWS = 3
"""How many random addresses are tried while other assets have them."""


class OperatorDataProbe:
    """Leaves marks as the operator and as one witness identity for each round of marks."""

    def __init__(self, operator: OperatorClient) -> None:
        self._operator = operator

    def leave(self, identity: str) -> tuple[Sentinel, ...]:
        """Write one mark into each of the three services; sessions are the identity's.

        Raises:
            CloudError: a service did not take it.
        """
        stored = self._entered_asset()
        event = {"assetId": stored, "kind": "login_success", "severity": "low", "summary": _LABEL}
        received = self._operator.operate("POST", EVENTS, "/v1/events", event).json()["id"]
        return (
            Sentinel(service=ASSETS, key=stored),
            Sentinel(service=EVENTS, key=str(received)),
            Sentinel(service=AUTH, key=self._operator.token(identity)),
        )

    def _entered_asset(self) -> str:
        """Return the id of a new asset; an address that another asset has is drawn again."""
        for _ in range(_DRAWS - 1):
            with suppress(ConflictError):
                return self._enter_asset()
        return self._enter_asset()

    def _enter_asset(self) -> str:
        octets = ".".join(str(secrets.randbelow(254) + 1) for _ in range(3))
        asset = {
            "hostname": f"drill-{secrets.token_hex(4)}",
            "address": f"10.{octets}",
            "kind": "server",
            "tags": [_LABEL],
        }
        return str(self._operator.operate("POST", ASSETS, "/v1/assets", asset).json()["id"])

    def is_there(self, mark: Sentinel) -> bool:
        """Whether the service still has it.

        Raises:
            CloudError: the service does not say.
        """
        if mark.service == AUTH:
            return self._operator.status_with(mark.key, AUTH) == httpx.codes.OK
        kind = "assets" if mark.service == ASSETS else "events"
        try:
            self._operator.operate("GET", mark.service, f"/v1/{kind}/{mark.key}")
        except NotFoundError:
            return False
        return True

    def remove(self, mark: Sentinel) -> None:
        """Take a mark away as far as the service lets one.

        Raises:
            CloudError: the service does not answer.
        """
        if mark.service == ASSETS and self.is_there(mark):
            self._operator.operate("DELETE", ASSETS, f"/v1/assets/{mark.key}")
