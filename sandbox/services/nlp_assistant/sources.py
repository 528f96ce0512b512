"""Looks the platform's records up, with the asking person's tenant and never beyond it.

The assistant only reads: no call here changes anything, so neither the wording of a question nor the text of
a record can make it do so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sandbox.kit.identity import Principal
from sandbox.kit.mesh import Answer, Call, Mesh
from sandbox.kit.models import Part
from sandbox.kit.problem import Problem
from sandbox.services.nlp_assistant import domain
from sandbox.services.nlp_assistant.domain import Fact, Reference

ASSETS, EVENTS, THREATS, DECISIONS = SOURCES = (
    "asset-discovery",
    "event-processor",
    "threat-detection",
    "decision-engine",
)
_NEWEST = 15
"""Records of one kind that are looked at for one asset, or when the question names none."""


class _Asset(Part):
    id: str
    hostname: str
    criticality: str
    state: str

    def fact(self) -> Fact:
        return domain.asset_fact(self.id, self.hostname, self.criticality, self.state)


class _Event(Part):
    id: str
    asset_id: str
    kind: str
    severity: str
    occurred_at: str

    def fact(self) -> Fact:
        return domain.event_fact(self.id, self.kind, self.severity, self.asset_id, self.occurred_at)


class _Threat(Part):
    id: str
    title: str
    severity: str
    status: str
    confidence: float

    def fact(self) -> Fact:
        return domain.threat_fact(self.id, self.title, self.severity, self.status, self.confidence)


class _Decision(Part):
    id: str
    action: str
    status: str
    threat_id: str

    def fact(self) -> Fact:
        return domain.decision_fact(self.id, self.action, self.status, self.threat_id)


_Record = TypeVar("_Record", _Asset, _Event, _Threat, _Decision)


class _List(Part, Generic[_Record]):
    items: list[_Record]


@dataclass(slots=True, kw_only=True)
class Lookup:
    """Gathers facts for one question; remembers what was not there and who did not answer."""

    mesh: Mesh
    principal: Principal
    facts: list[Fact] = field(default_factory=list)
    missing: list[Reference] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)

    def gather(self, references: list[Reference]) -> None:
        """Gather what the references name; the newest threats and events when there is none."""
        gather: dict[str, Callable[[Reference], None]] = {
            "asset": self._gather_asset,
            "event": lambda named: self._gather_one(EVENTS, f"/v1/events/{named.id}", _Event, named),
            "threat": self._gather_threat,
            "decision": lambda named: self._gather_one(
                DECISIONS, f"/v1/decisions/{named.id}", _Decision, named
            ),
        }
        for named in references:
            gather.get(named.kind, self.missing.append)(named)
        if not references:
            self._gather_list(THREATS, "/v1/threats", _List[_Threat], {})
            self._gather_list(EVENTS, "/v1/events", _List[_Event], {})

    def _gather_asset(self, named: Reference) -> None:
        self._gather_one(ASSETS, f"/v1/assets/{named.id}", _Asset, named)
        self._gather_list(EVENTS, "/v1/events", _List[_Event], {"assetId": named.id})
        for threat in self._gather_list(THREATS, "/v1/threats", _List[_Threat], {"assetId": named.id}):
            self._gather_list(DECISIONS, "/v1/decisions", _List[_Decision], {"threatId": threat.id})

    def _gather_threat(self, named: Reference) -> None:
        self._gather_one(THREATS, f"/v1/threats/{named.id}", _Threat, named)
        self._gather_list(DECISIONS, "/v1/decisions", _List[_Decision], {"threatId": named.id})

    def _gather_one(self, service: str, path: str, shape: type[_Record], named: Reference) -> None:
        unknown = Problem(404, "There is none.")
        try:
            record = self._read(self._call(service, path, {}), shape, missing=unknown)
        except Problem:
            self.missing.append(named)
            return
        self.facts += [record.fact()] if record else []

    def _gather_list(
        self, service: str, path: str, shape: type[_List[_Record]], wanted: dict[str, str]
    ) -> list[_Record]:
        found = self._read(self._call(service, path, {**wanted, "limit": _NEWEST}), shape)
        records = found.items if found else []
        self.facts += [record.fact() for record in records]
        return records

    def _call(self, service: str, path: str, params: dict[str, str | int]) -> Call:
        return Call(service=service, method="GET", path=path, principal=self.principal, params=params)

    def _read(self, call: Call, shape: type[Answer], *, missing: Problem | None = None) -> Answer | None:
        """Ask once; a service that was silent is not asked again for this question.

        Raises:
            Problem: `missing`, when the service has no such record.
        """
        if call.service in self.unreachable:
            return None
        try:
            return self.mesh.read(call, shape, missing=missing)
        except Problem as problem:
            if problem is missing:
                raise
            self.unreachable.append(call.service)
            return None
