"""Revisions that do not stand as they say."""

from __future__ import annotations

from dataclasses import replace

from sandbox.faults.fault import ALL, rows

_row = rows("standing")

KNOWN = (
    _row("M22", "circuit-stuck-open", "api-gateway", "a circuit that never closes again", "HLT-DEEP"),
    replace(
        _row("M22B", "circuit-never-opens", "api-gateway", "no circuit of it ever opens", "INF-03"),
        has_arm=False,
    ),
    replace(_row("M24B", "cold-start-slow", ALL, "it needs twelve seconds before it listens"), has_arm=False),
    _row("M24", "crash-on-start", ALL, "the process ends before it listens", "DEP-SERVING", "INF-01"),
    _row("H01", "never-ready", ALL, "it says that it is not ready", "HLT-READY"),
    _row("H02", "ready-without-database", ALL, "ready with its database down", "HLT-READY"),
    _row("H03", "dying", ALL, "its health says that it is not alive", "HLT-LIVE", "VAL-HEALTH"),
    _row("H04", "version-lies", ALL, "it says that it is another revision", "DEP-SERVING"),
)
