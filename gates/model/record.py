"""The file that says all of it."""

from __future__ import annotations

from dataclasses import dataclass

from gates.model.decision import Decision
from gates.model.receipt import Receipt
from gates.model.release import Release
from gates.model.verdict import Scope, Verdict


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
