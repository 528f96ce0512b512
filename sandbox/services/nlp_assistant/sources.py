"""Looks the platform's records up, with the asking person's tenant and never beyond it.

Reading is all that the assistant can do: there is no call here that changes anything, so no wording of a
question and no text in a record can make it do so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from sandbox.kit.identity import Principal
from sandbox.kit.mesh import Call, Mesh
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


class _Read(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class _Asset(_Read):
    id: str
    hostname: str
    criticality: str
    state: str

    def fact(self) -> Fact:
        return domain.asset_fact(self.id, self.hostname, self.criticality, self.state)


class _Event(_Read):
    id: str
    asset_id: str
    kind: str
    severity: str
    occurred_at: str

    def fact(self) -> Fact:
        return domain.event_fact(self.id, self.kind, self.severity, self.asset_id, self.occurred_at)


class _Threat(_Read):
    id: str
    title: str
    severity: str
    status: str
    confidence: float

    def fact(self) -> Fact:
        return domain.threat_fact(self.id, self.title, self.severity, self.status, self.confidence)


class _Decision(_Read):
    id: str
    action: str
    status: str
    threat_id: str

    def fact(self) -> Fact:
        return domain.decision_fact(self.id, self.action, self.status, self.threat_id)


_Record = TypeVar("_Record", _Asset, _Event, _Threat, _Decision)


@dataclass(slots=True, kw_only=True)
class Lookup:
    """Gathers facts for one question; remembers what was not there and who did not answer."""

    mesh: Mesh
    principal: Principal
    facts: list[Fact] = field(default_factory=list)
    missing: list[Reference] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)

    def tell(self, references: list[Reference]) -> None:
        """Gather what the references name; the newest threats and events when there is none."""
        tellers: dict[str, Callable[[Reference], None]] = {
            "asset": self._tell_asset,
            "event": lambda named: self._tell_one(EVENTS, f"/v1/events/{named.id}", _Event, named),
            "threat": self._tell_threat,
            "decision": lambda named: self._tell_one(
                DECISIONS, f"/v1/decisions/{named.id}", _Decision, named
            ),
        }
        for named in references:
            tellers.get(named.kind, self.missing.append)(named)
        if not references:
            self._tell_list(THREATS, "/v1/threats", _Threat, {})
            self._tell_list(EVENTS, "/v1/events", _Event, {})

    def _tell_asset(self, named: Reference) -> None:
        self._tell_one(ASSETS, f"/v1/assets/{named.id}", _Asset, named)
        self._tell_list(EVENTS, "/v1/events", _Event, {"assetId": named.id})
        for threat in self._tell_list(THREATS, "/v1/threats", _Threat, {"assetId": named.id}):
            self._tell_list(DECISIONS, "/v1/decisions", _Decision, {"threatId": threat.id})

    def _tell_threat(self, named: Reference) -> None:
        self._tell_one(THREATS, f"/v1/threats/{named.id}", _Threat, named)
        self._tell_list(DECISIONS, "/v1/decisions", _Decision, {"threatId": named.id})

    def _tell_one(self, service: str, path: str, shape: type[_Record], named: Reference) -> None:
        answer = self._get(service, path, {})
        if answer is None:
            return
        if answer.status_code == 404:
            self.missing.append(named)
            return
        try:
            self.facts.append(shape.model_validate_json(answer.content).fact())
        except ValidationError:
            self._note_silence(service)

    def _tell_list(
        self, service: str, path: str, shape: type[_Record], wanted: dict[str, str]
    ) -> list[_Record]:
        answer = self._get(service, path, {**wanted, "limit": _NEWEST})
        if answer is None:
            return []
        try:
            records = [shape.model_validate(item) for item in answer.json()["items"]]
        except (ValidationError, ValueError, KeyError, TypeError):
            self._note_silence(service)
            return []
        self.facts += [record.fact() for record in records]
        return records

    def _get(self, service: str, path: str, params: dict[str, str | int]) -> httpx.Response | None:
        """Ask once; a service that was silent is not asked again for this question."""
        if service in self.unreachable:
            return None
        call = Call(service=service, method="GET", path=path, principal=self.principal, params=params)
        try:
            answer = self.mesh.call(call)
        except Problem:
            self._note_silence(service)
            return None
        if answer.status_code not in {200, 404}:
            self._note_silence(service)
            return None
        return answer

    def _note_silence(self, service: str) -> None:
        if service not in self.unreachable:
            self.unreachable.append(service)
