"""The file that says all of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gates.errors import UsageError
from gates.model.decision import Decision
from gates.model.receipt import Receipt
from gates.model.release import Release
from gates.model.verdict import Scope, Verdict

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolVersion:
    """A tool that took part, and its version."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetup:
    """What a run was asked: enough to judge its evidence again."""

    release: Release
    scope: Scope
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """Everything that one run concluded and did, with the digests of what it rests on."""

    run_id: str
    verdict: Verdict
    decision: Decision
    receipts: tuple[Receipt, ...]
    tools: tuple[ToolVersion, ...]
    evidence_digest: str = ""


def checked_name(name: str) -> str:
    """Return the name of a run or of a file below one.

    Raises:
        UsageError: it is too long, or has characters that a name cannot have.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a name for a run or a file", next_step="use letters, digits, . _ -"
        )
    return name
