"""One judgement as every report shows it: what was seen, who acts, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gates.model.criterion import FAILED_CHECKS, FailureAction
from gates.model.judgement import Judgement, Outcome
from gates.model.verdict import Verdict
from gates.model.wording import counted, demanded, figure
from gates.reporting.phrasing import waived_by

_ACTIONS = {
    FailureAction.ROLLBACK: "roll back",
    FailureAction.SCALE: "scale or optimise",
    FailureAction.INVESTIGATE: "find the cause",
    FailureAction.HOLD: "mend it before the release goes",
}
_COMMAND = "run: `"
"""How a producer names the command that makes the record it misses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a person needs to know of one judgement.

    `key` names it in every report. `seen` is what was measured, over how much, against what was demanded, or
    what is missing. `whose` is the role that acts, `blames` the other services that it points at, `next_step`
    what to do, `cause` the failed criterion that explains it, `lines` all of that with each fact once.
    `demanded` and `measured` are figures with their units, `waived` who waived it and until when. It
    `is_blocking` if it alone can stop the release, and `is_waiting` if only an attestation is missing.
    """

    judgement: Judgement
    key: str
    seen: str
    whose: str
    blames: tuple[str, ...]
    next_step: str
    cause: str
    lines: tuple[str, ...]
    demanded: str
    measured: str
    waived: str
    is_waived: bool
    is_blocking: bool
    is_waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A figure that held, beside its threshold; `names` are the criteria and services that it answers."""

    criteria: tuple[str, ...]
    services: tuple[str, ...]
    value: str
    demand: str
    samples: str


def finding(judgement: Judgement, verdict: Verdict) -> Finding:
    """Return the finding of one judgement of a verdict."""
    criterion, waiver = judgement.criterion, judgement.waiver
    is_waiting = _is_waiting(judgement)
    seen = judgement.reason or "nothing was seen"
    whose = (criterion.attested_by or criterion.owner) if is_waiting else criterion.owner
    blames = tuple(service for service in judgement.blames if service != judgement.service)
    next_step = _next_step(judgement, verdict, is_waiting=is_waiting)
    cause = judgement.implied_by or ""
    lines = (
        seen,
        f"follows from {cause}" if cause else "",
        f"blames {', '.join(blames)}" if blames else "",
        f"→ {whose}: {next_step}",
    )
    return Finding(
        judgement=judgement,
        key=judgement.key,
        seen=seen,
        whose=whose,
        blames=blames,
        next_step=next_step,
        cause=cause,
        lines=tuple(line for line in lines if line),
        demanded=demanded(criterion),
        measured=figure(judgement.measured),
        waived=waived_by(waiver) if waiver else "",
        is_waived=judgement.is_waived,
        is_blocking=judgement.is_blocking,
        is_waiting=is_waiting,
    )


def waiting_commands(findings: Iterable[Finding], environment: str) -> tuple[str, ...]:
    """Return one command for each role that a verdict waits for."""
    open_ids: dict[str, dict[str, None]] = {}
    for found in findings:
        if found.is_waiting and not found.is_waived:
            open_ids.setdefault(found.whose, {})[found.judgement.criterion.id] = None
    return tuple(_attest(environment, ids, role) for role, ids in open_ids.items())


def figures(judgements: Sequence[Judgement]) -> tuple[Measured, ...]:
    """Return every number that held: for each criterion the one that was closest to its threshold."""
    closest: dict[str, Judgement] = {}
    services: dict[str, list[str]] = {}
    for one in judgements:
        name, seen = one.criterion.id, one.measured
        if one.outcome is not Outcome.PASS or seen is None or seen.unit == FAILED_CHECKS:
            continue
        services.setdefault(name, []).append(one.service)
        if (one.margin or 0.0) < (closest.setdefault(name, one).margin or 0.0):
            closest[name] = one
    merged: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = {}
    for name, one in closest.items():
        if one.measured is not None:
            said = (figure(one.measured), demanded(one.criterion), counted(one.samples, one.criterion.sample))
            merged.setdefault((*said, tuple(services[name])), []).append(name)
    return tuple(
        Measured(criteria=tuple(names), services=of, value=value, demand=demand, samples=samples)
        for (value, demand, samples, of), names in merged.items()
    )


def _is_waiting(judgement: Judgement) -> bool:
    """Whether all that a judgement lacks is what a role has to say."""
    is_open = judgement.outcome is Outcome.INCONCLUSIVE
    return is_open and judgement.criterion.attested_by is not None and not judgement.is_attested


def _next_step(judgement: Judgement, verdict: Verdict, *, is_waiting: bool) -> str:
    criterion, place = judgement.criterion, verdict.release.environment
    if is_waiting:
        return _attest(place, [criterion.id], criterion.attested_by or "")
    if judgement.outcome is Outcome.FAIL:
        return f"{_ACTIONS[criterion.failure_action]}; see: gate criteria explain {criterion.id}"
    if _COMMAND in judgement.reason:
        return "make the record, then run the gate again"
    if judgement.held_back:
        return (
            "sign a record in the qualifying environment (gate run --sign-with KEY), then run the gate again"
        )
    return f"look again: gate run --env {place} --stage {verdict.scope.stage} --only {criterion.id}"


def _attest(place: str, ids: Iterable[str], role: str) -> str:
    return f"gate attest {' '.join(ids)} --env {place} --role {role} --by NAME --reason TEXT --key FILE"
