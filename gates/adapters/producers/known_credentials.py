"""Which identities' secrets are known to be right: the ones with which a sign-in succeeded before.

A refused sign-in has two explanations: the release broke the sign-in, or our secret is wrong. Only the first
is the platform's fault, and the answer is the same. The ledger can: it remembers a fingerprint of
the secrets that were accepted. Fingerprints are slow to compute (scrypt), salted with environment and name,
and cut to 64 bits; no run folder holds one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gates.actions.ports import Ledger
from gates.adapters import secrets
from gates.adapters.documents import codec
from gates.errors import ConfigurationError
from gates.model.clock import Clock
from gates.model.operation import OperationReceipt, OperationState
from gates.model.platform import Environment

ACCEPTED = "identity-accepted"
"""Name of the operation in the ledger, and of the property that a producer notes beside its check."""
_COST = {"n": 2**12, "r": 8, "p": 1}
"""About 10 ms for each identity (RFC 7914; OWASP asks for more where the secrets are chosen by people)."""


@dataclass(frozen=True, slots=True)
class KnownCredentials:
    """What is known of the identities of one environment."""

    ledger: Ledger
    environment: Environment
    clock: Clock

    def accepted(self) -> tuple[str, ...]:
        """Return the identities whose secrets, as they are now, were accepted before.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        place = self.environment.name
        known: dict[str, set[str]] = {}
        for one in self.ledger.operations(place):
            if one.action == ACCEPTED:
                known.setdefault(one.subject, set()).add(one.after)
        return tuple(
            name
            for name, reference in self.environment.identities
            if name in known and self._fingerprint(name, reference) in known[name]
        )

    def remember(self, names: Iterable[str]) -> None:
        """Write down that these were let in just now, where that is news.

        Raises:
            LedgerError: the ledger cannot be written.
        """
        news = set(names) - set(self.accepted())
        for name, reference in self.environment.identities:
            fingerprint = self._fingerprint(name, reference) if name in news else None
            if fingerprint is not None:
                self.ledger.record_operation(self._receipt(name, fingerprint))

    def _receipt(self, name: str, fingerprint: str) -> OperationReceipt:
        return OperationReceipt(
            action=ACCEPTED,
            subject=name,
            environment=self.environment.name,
            state=OperationState.DONE,
            before="",
            after=fingerprint,
            detail="its secrets opened the door",
            by="gate",
            at=self.clock.now(),
        )

    def _fingerprint(self, name: str, reference: str) -> str | None:
        try:
            secret = secrets.resolve(reference, endpoint=self.environment.endpoints.apis_grpc)
        except ConfigurationError:
            return None
        salt = f"{self.environment.name}/{name}".encode()
        return hashlib.scrypt(codec.canonical(secret), salt=salt, dklen=8, **_COST).hex()


def let_in(evidence: Path) -> frozenset[str]:
    """Return the identities that the producers of a run noted as let in."""
    lines = evidence.read_text(encoding="utf-8", errors="replace").splitlines() if evidence.exists() else []
    return frozenset(name for line in lines for name in _noted(line))


def _noted(line: str) -> Iterator[str]:
    with suppress(ValueError, TypeError, KeyError):
        for name, value in json.loads(line)["properties"]:
            if name == ACCEPTED:
                yield str(value)
