"""What a vulnerability scanner found in an image."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ScanSeverity(StrEnum):
    """The words that scanners share."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFinding:
    """One vulnerability by its public name."""

    name: str
    severity: ScanSeverity


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """One scan of exactly one image; `flaw` says why a file is not a report; then nothing else counts."""

    file: str
    tool: str = ""
    digests: tuple[str, ...] = ()
    at: datetime | None = None
    findings: tuple[ScanFinding, ...] = ()
    flaw: str = ""
