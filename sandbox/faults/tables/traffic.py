"""Revisions that are slow or fail now and then: at once, in the hour after, and through the day."""

from __future__ import annotations

from sandbox.faults.fault import rows

_row = rows("traffic")
_LOADED = ("api-gateway", "event-processor", "asset-discovery", "decision-engine")
"""What the load profile goes through."""
_FAILING = ("LOD-ERRORS", "VAL-ERR", "LOD-AGREED-ERRORS", "SLI-AVAIL", "SLI-ERRORS", "REV-01")
_SLOW = ("LOD-P95", "VAL-PERF", "SLI-LATENCY", "REV-04", "HLT-PROMPT")
_P95 = ("LOD-P95", "VAL-PERF", "LOD-AGREED-P95")
_RATE = ("LOD-ACHIEVED", "VAL-LOAD", "LOD-AGREED-RATE")

KNOWN = (
    _row("M12", "one-percent-fails", _LOADED, "1 % of the requests end in a 500", *_FAILING),
    _row("M13", "few-fail", "api-gateway", "0.4 % of the requests end in a 500", "LOD-ERRORS", "VAL-ERR"),
    _row("M14", "slow", _LOADED[1:], "two and a half seconds on every call", *_SLOW),
    _row("M15", "sometimes-slow", "api-gateway", "every tenth request takes four seconds", *_SLOW[:2]),
    _row("M21", "memory-leaks", "api-gateway", "200 KB more with every request", "LOD-ERRORS", "VAL-ERR"),
    _row("P01", "leaking-slower", "api-gateway", "slower with every request", *_RATE),
    _row("P03", "tail-slow", "api-gateway", "one request in seventeen is slow", *_P95),
    _row("P02", "one-tenant-fails", "api-gateway", "broken for one tenant", "LOD-ERRORS", "VAL-ERR"),
)
