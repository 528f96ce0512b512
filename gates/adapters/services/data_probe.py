"""Marks in the platform's data: written through the services' own endpoints, and looked for after a restore.

`dataProbe` in `platform.yaml` says which: records, and a session of a witness. A mark says what it is;
removable records are removed afterwards, a session ends by itself, any other stays as one of a drill.
"""

from __future__ import annotations

import secrets
from contextlib import suppress

from gates.adapters.services.operator_client import OperatorClient
from gates.errors import ConflictError, NotFoundError
from gates.model.drill import Sentinel
from gates.model.platform import Platform
from gates.model.service_contract import BYTE, RANDOM, ProbeRecord, demanded_part

_DRAWS = 3
"""How often a record is drawn while others have what it drew."""


class OperatorDataProbe:
    """Leaves marks as the operator, and a session as one witness for each round of marks."""

    def __init__(self, operator: OperatorClient, platform: Platform) -> None:
        self._operator = operator
        self._platform = platform

    def leave(self, identity: str) -> tuple[Sentinel, ...]:
        """Write one mark of each kind; the session is the identity's.

        Raises:
            ConfigurationError: the platform has no data probe.
            CloudError: a service did not take it.
        """
        probe = demanded_part(self._platform.data_probe, "dataProbe")
        written: dict[str, str] = {}
        for record in probe.records:
            written[record.service] = self._written(record, written)
        marks = [Sentinel(service=service, key=key) for service, key in written.items()]
        if probe.session:
            issuer = demanded_part(self._platform.sign_in, "signIn").service
            marks.append(Sentinel(service=issuer, key=self._operator.token(identity), is_session=True))
        return tuple(marks)

    def is_there(self, mark: Sentinel) -> bool:
        """Whether the service still has it.

        Raises:
            CloudError: the service does not say.
        """
        if mark.is_session:
            return self._operator.is_session(mark.key)
        try:
            self._operator.operate("GET", mark.service, f"{self._record(mark).path}/{mark.key}")
        except NotFoundError:
            return False
        return True

    def remove(self, mark: Sentinel) -> None:
        """Take a mark away as far as the service lets one.

        Raises:
            CloudError: the service does not answer.
        """
        if not mark.is_session and self._record(mark).removable and self.is_there(mark):
            self._operator.operate("DELETE", mark.service, f"{self._record(mark).path}/{mark.key}")

    def _record(self, mark: Sentinel) -> ProbeRecord:
        probe = demanded_part(self._platform.data_probe, "dataProbe")
        return next(record for record in probe.records if record.service == mark.service)

    def _written(self, record: ProbeRecord, earlier: dict[str, str]) -> str:
        """Return the id of a new record; one that conflicts with another is drawn again."""
        for _ in range(_DRAWS - 1):
            with suppress(ConflictError):
                return self._write(record, earlier)
        return self._write(record, earlier)

    def _write(self, record: ProbeRecord, earlier: dict[str, str]) -> str:
        def value_of(name: str) -> str:
            drawn = {RANDOM: secrets.token_hex(4), BYTE: str(secrets.randbelow(254) + 1)}
            return {**earlier, **drawn}[name]

        sent = record.filled(value_of)
        return str(self._operator.operate("POST", record.service, record.path, sent).json()["id"])
