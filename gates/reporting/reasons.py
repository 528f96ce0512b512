"""Why a verdict is what it is: counts, reasons in sentences, and the services that failures point at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gates.model.judgement import Judgement, Outcome
from gates.model.verdict import Verdict, VerdictOutcome
from gates.reporting.phrasing import ago, count

_BLOCKING_WORDS = {
    Outcome.FAIL: "failed",
    Outcome.ERROR: "could not be evaluated",
    Outcome.INCONCLUSIVE: "had not enough evidence",
}
_LISTED = 5
"""Checks that one reason names; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many judgements came out how; `waived` are left out of the other four."""

    total: int
    passed: int
    failed: int
    inconclusive: int
    errored: int
    waived: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A reason in one sentence; `about` is the outcome whose checks it names.

    It `is_waiting` if it names the attestations that a role owes.
    """

    text: str
    about: Outcome | None = None
    is_waiting: bool = False


def reasons(verdict: Verdict) -> tuple[Reason, ...]:
    """Return why the verdict is what it is."""
    blocking = verdict.blocking
    found = [*_stopping(blocking), *_waiting(blocking), *_held_back(verdict)]
    if verdict.scope.is_partial:
        partial = "only a part of what the stage demands was asked for, so this can never be GO"
        found.append(Reason(text=partial))
    found += [Reason(text=f"the evidence may be incomplete: {flaw}") for flaw in verdict.flaws]
    if not blocking:
        found.append(Reason(text="no blocking check was left to decide on"))
    passed = Reason(text=_all_passed(len(blocking)), about=Outcome.PASS)
    return (*(found or [passed]), *_carried(verdict))


def headline(found: Iterable[Reason], outcome: VerdictOutcome) -> tuple[str, ...]:
    """Return the reasons that no list of a report repeats.

    What waits for people has a list of its own, and beside a failure so has what has no conclusion.
    """
    repeated = Outcome.INCONCLUSIVE if outcome is VerdictOutcome.NO_GO else None
    return tuple(one.text for one in found if not one.is_waiting and not (repeated and one.about is repeated))


def _stopping(blocking: Sequence[Judgement]) -> Iterable[Reason]:
    """Yield one reason for each outcome that stops a release; causes are named before their effects."""
    for outcome, words in _BLOCKING_WORDS.items():
        alike = sorted((j for j in blocking if j.outcome is outcome), key=lambda j: bool(j.implied_by))
        if alike:
            named = ", ".join(judgement.key for judgement in alike[:_LISTED])
            more = f" and {len(alike) - _LISTED} more" if len(alike) > _LISTED else ""
            text = f"{count(len(alike), 'blocking check')} {words}: {named}{more}"
            yield Reason(text=text, about=outcome)


def _waiting(blocking: Sequence[Judgement]) -> Iterable[Reason]:
    """Yield one reason for each role whose attestation is missing."""
    open_ids: dict[str, dict[str, None]] = {}
    for judgement in blocking:
        role = judgement.criterion.attested_by
        if role is not None and judgement.outcome is not Outcome.PASS and not judgement.is_attested:
            open_ids.setdefault(role, {})[judgement.criterion.id] = None
    for role, ids in open_ids.items():
        yield Reason(text=f"waits for the attestation of the {role}: {', '.join(ids)}", is_waiting=True)


def _held_back(verdict: Verdict) -> Iterable[Reason]:
    """Yield each reason why checks that are not allowed here have no answer."""
    held_back = (judgement.held_back for judgement in verdict.judgements)
    by = Counter(items[0].reason.partition(f"{items[0].held_back}; ")[2] for items in held_back if items)
    for why, checks in by.items():
        what = f"{count(checks, 'check')} not allowed in {verdict.release.environment}"
        yield Reason(text=f"{what}: {why or 'qualifiedBy names no environment whose record would answer'}")


def _carried(verdict: Verdict) -> Iterable[Reason]:
    """Yield how many judgements rest on the record of another environment, which, and how old it is."""
    carried = [judgement for judgement in verdict.judgements if judgement.carried]
    if carried:
        items = [item for judgement in carried for item in judgement.carried]
        oldest = min(item.window.end for item in items)
        source = f"{items[0].environment} run {items[0].carried_from}, {ago(verdict.judged_at - oldest)}"
        seen = len(verdict.judgements) - len(carried)
        yield Reason(text=f"{seen} seen here, {len(carried)} carried from {source}")


def _all_passed(checks: int) -> str:
    return "the one blocking check passed" if checks == 1 else f"all {checks} blocking checks passed"


def counts(judgements: Sequence[Judgement]) -> Counts:
    """Return how many judgements came out how."""
    by = Counter("waived" if judgement.is_waived else judgement.outcome.value for judgement in judgements)
    return Counts(
        total=len(judgements),
        passed=by[Outcome.PASS.value],
        failed=by[Outcome.FAIL.value],
        inconclusive=by[Outcome.INCONCLUSIVE.value],
        errored=by[Outcome.ERROR.value],
        waived=by["waived"],
    )


def counted(found: Counts) -> str:
    """Return the counts in words, zeros left out."""
    parts = {
        "failed": found.failed,
        "errored": found.errored,
        "without conclusion": found.inconclusive,
        "waived": found.waived,
        "passed": found.passed,
    }
    return f"{count(found.total, 'check')}: " + ", ".join(f"{n} {what}" for what, n in parts.items() if n)


def blamed(judgements: Sequence[Judgement]) -> tuple[str, ...]:
    """Return the services that failures point at, the most blamed first."""
    failed = (j for j in judgements if j.outcome is Outcome.FAIL and not j.is_waived)
    by = Counter(service for judgement in failed for service in dict.fromkeys(judgement.blames))
    return tuple(service for service, _ in sorted(by.items(), key=lambda item: (-item[1], item[0])))
