"""Revisions that are slow or fail now and then."""

from __future__ import annotations

from sandbox.faults.fault import rows

_row = rows("traffic")
_LOADED = ("api-gateway", "event-processor", "asset-discovery", "decision-engine")
"""What the load profile goes through."""

KNOWN = (
    _row("M12", "one-percent-fails", _LOADED, "1 % of the requests end in a 500", "LOD-ERRORS"),
    _row("M13", "few-fail", "api-gateway", "0.4 % of the requests end in a 500", "LOD-ERRORS"),
    _row("M14", "slow", _LOADED[1:], "two and a half seconds on every call", "LOD-P95"),
    _row("M15", "sometimes-slow", "api-gateway", "every tenth request takes four seconds", "LOD-P95"),
    _row("M21", "memory-leaks", "api-gateway", "200 KB more with every request", "LOD-ERRORS"),
    _row("P01", "leaking-slower", "api-gateway", "each request makes the next one slower", "LOD-ACHIEVED"),
    _row("P02", "one-tenant-fails", "api-gateway", "everything is broken for one tenant", "LOD-ERRORS"),
)
