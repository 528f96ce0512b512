"""The report of a run: all that the reports of one verdict say, worked out once.

JUnit, SARIF, Markdown, Allure and the terminal print what stands here; they work out nothing of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gates.model.criterion import Severity
from gates.model.decision import Decision
from gates.model.judgement import Outcome
from gates.model.receipt import Receipt
from gates.model.verdict import Verdict, VerdictOutcome
from gates.reporting.finding import Finding, Measured, figures, finding, waiting_commands
from gates.reporting.matrix import Matrix, matrix_of
from gates.reporting.next_steps import receipt_line, what_next
from gates.reporting.reasons import counted, counts, headline, reasons

_OUTCOMES = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, "waived", Outcome.PASS)
_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReport:
    """What is known of a run when its reports are written.

    `findings` are all judgements, the most urgent first; `failed`, `unconcluded` and `waived` are parts of
    them in the same order. `headline` are the reasons that no list below repeats, `next_steps` says what
    happens next, `done` how each action ended.
    """

    run_id: str
    verdict: Verdict
    outcome: VerdictOutcome
    counts: str
    reasons: tuple[str, ...]
    headline: tuple[str, ...]
    findings: tuple[Finding, ...]
    failed: tuple[Finding, ...]
    unconcluded: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    figures: tuple[Measured, ...]
    matrix: Matrix
    next_steps: tuple[str, ...]
    done: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """A file that is made of a report: its place below the run's folder, and JSON values or a text."""

    name: str
    content: dict[str, Any] | str
    folder: str = ""


def report_of(
    verdict: Verdict, *, run_id: str, decision: Decision | None = None, receipts: tuple[Receipt, ...] = ()
) -> VerdictReport:
    """Return the report of a verdict, and of what was decided and done about it."""
    held = figures(verdict.judgements)
    findings = [finding(judgement, verdict) for judgement in verdict.judgements]
    commands = waiting_commands(findings, verdict.release.environment)
    found = sorted(findings, key=_urgency)
    criteria = [one.judgement.criterion.id for one in found]
    failed = _of(found, Outcome.FAIL)
    unconcluded = _of(found, Outcome.ERROR) + _of(found, Outcome.INCONCLUSIVE)
    why = reasons(verdict)
    return VerdictReport(
        run_id=run_id,
        verdict=verdict,
        outcome=verdict.outcome,
        findings=tuple(found),
        failed=failed,
        unconcluded=unconcluded,
        waived=tuple(one for one in found if one.is_waived),
        figures=held,
        counts=counted(counts(verdict.judgements)),
        reasons=tuple(reason.text for reason in why),
        headline=headline(why, verdict.outcome),
        matrix=matrix_of(verdict.judgements),
        next_steps=(*what_next(verdict.outcome, decision, criteria), *commands),
        done=tuple(map(receipt_line, receipts)),
    )


def _of(findings: list[Finding], outcome: Outcome) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.judgement.outcome is outcome and not one.is_waived)


def _urgency(found: Finding) -> tuple[int, bool, bool, str, int]:
    """Failed, errored, inconclusive, waived, passed; blocking ones first, causes before their effects."""
    judgement = found.judgement
    return (
        _OUTCOMES.index("waived" if found.is_waived else judgement.outcome),
        not found.is_blocking,
        judgement.implied_by is not None,
        judgement.priority or "none",
        _SEVERITIES.index(judgement.criterion.severity),
    )
