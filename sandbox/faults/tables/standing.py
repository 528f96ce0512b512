"""Revisions that do not stand as they say."""

from __future__ import annotations

from sandbox.faults.fault import ALL, rows

_row = rows("standing")

KNOWN = (
    _row("M22", "circuit-stuck-open", "api-gateway", "a circuit that never closes again", "HLT-DEEP"),
    _row("M24", "crash-on-start", ALL, "the process ends before it listens", "DEP-SERVING"),
    _row("H01", "never-ready", ALL, "it says that it is not ready", "HLT-READY"),
    _row("H02", "ready-without-database", ALL, "ready with its database down", "HLT-READY"),
    _row("H03", "dying", ALL, "its health says that it is not alive", "HLT-LIVE"),
    _row("H04", "version-lies", ALL, "it says that it is another revision", "DEP-SERVING"),
)
