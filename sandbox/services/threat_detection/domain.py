"""When a correlation is a threat, and how sure we are: pure logic, no I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sandbox.kit.models import Shape

Severity = Literal["info", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least to the most."""
Status = Literal["open", "investigating", "contained", "closed", "false_positive"]
THREAT_FROM: Severity = "high"
"""A correlation at least this severe is a threat whatever its pattern."""


class TechniqueView(Shape):
    """A MITRE ATT&CK technique."""

    id: str
    name: str


TECHNIQUES: dict[str, TechniqueView] = {
    "exfiltration": TechniqueView(id="T1041", name="Exfiltration over C2 channel"),
    "intrusion": TechniqueView(id="T1021", name="Remote services"),
    "malware": TechniqueView(id="T1204", name="User execution"),
    "privilege_abuse": TechniqueView(id="T1068", name="Exploitation for privilege escalation"),
    "credential_attack": TechniqueView(id="T1110", name="Brute force"),
    "reconnaissance": TechniqueView(id="T1046", name="Network service discovery"),
    "routine": TechniqueView(id="T1078", name="Valid accounts"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """What event-processor says about one asset's events; times in Unix seconds."""

    id: str
    asset_id: str
    pattern: str
    severity: Severity
    event_ids: tuple[str, ...]
    indicators: tuple[str, ...]
    """Values seen in the events (addresses, hashes, names) that an indicator may match."""
    first_seen: float
    last_seen: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A threat that a correlation amounts to."""

    id: str
    correlation: Correlation
    severity: Severity
    confidence: float
    technique: TechniqueView
    matched: tuple[str, ...]
    """Indicator values that were seen."""

    @property
    def title(self) -> str:
        return f"{self.technique.name} on {self.correlation.asset_id}"


def threat_id(tenant: str, correlation_id: str) -> str:
    """The id of the threat of a correlation: deriving it twice, or in two instances, is deriving it once."""
    return "thr_" + hashlib.sha256(f"{tenant}|{correlation_id}".encode()).hexdigest()[:20]


def assess(tenant: str, correlation: Correlation, known_bad: Collection[str]) -> Assessment | None:
    """The threat that the correlation amounts to, or None when it is not worth a person's time.

    It is one when it is severe, when it shows a pattern in at least two events, or when it holds a known
    indicator; a known indicator lifts the severity to `high` at least.
    """
    matched = tuple(sorted(set(correlation.indicators) & set(known_bad)))
    is_severe = _rank(correlation.severity) >= _rank(THREAT_FROM)
    is_patterned = correlation.pattern != "routine" and len(correlation.event_ids) >= 2
    if not (is_severe or is_patterned or matched):
        return None
    floor: Severity = "high" if matched else "low"
    return Assessment(
        id=threat_id(tenant, correlation.id),
        correlation=correlation,
        severity=max(correlation.severity, floor, key=_rank),
        confidence=confidence_of(correlation, matched),
        technique=TECHNIQUES.get(correlation.pattern, TECHNIQUES["routine"]),
        matched=matched,
    )


def confidence_of(correlation: Correlation, matched: Sequence[str]) -> float:
    """How sure we are, in 0..1: more events, more severity and matched indicators never lower it."""
    doubt = 0.9 ** len(correlation.event_ids)
    doubt *= 1.0 - 0.15 * _rank(correlation.severity)
    doubt *= 0.5 ** len(matched)
    return round(1.0 - doubt, 4)


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)
