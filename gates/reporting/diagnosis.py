"""A diagnosis in lines for a person and as values for a program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gates.model.diagnosis import Diagnosis, Suspect
from gates.model.judgement import Outcome
from gates.reporting.layout import Line, Row, Verbatim, short_revision
from gates.reporting.redaction import one_line

_REASON = 160


def diagnosis_lines(found: Diagnosis, now: datetime, cloud_name: Callable[[str], str]) -> list[Line]:
    """Return what is deployed, what failed, whom to suspect, and what to type next."""
    shown = [j for j in found.failed if j.implied_by is None] or found.failed
    tried = sum(j.outcome in (Outcome.PASS, Outcome.FAIL) for j in found.judgements)
    return [
        *_deployed(found, now, cloud_name),
        f"tried {tried} of {len(found.judgements)} checks, {len(found.failed)} failed",
        *(Row(f"FAIL  {j.criterion.id} {j.service}  ", one_line(j.reason, limit=_REASON)) for j in shown),
        *_endings(found),
    ]


def diagnosis_document(found: Diagnosis) -> dict[str, object]:
    """Return it for a program."""
    return {
        "environment": found.environment,
        "run": found.run_id,
        "deployments": [
            {
                "service": one.service,
                "revision": one.revision,
                "at": one.at.isoformat(),
                "by": one.by,
                "earlier_revision": one.earlier,
                "has_go": one.has_go,
            }
            for one in found.deployments
        ],
        "failures": [
            {"criterion": j.criterion.id, "service": j.service, "blames": j.blames, "reason": j.reason}
            for j in found.failed
        ],
        "suspects": [
            {"service": one.deployment.service, "blamed_by": one.blamed_by} for one in found.suspects
        ],
        "not_tried": [{"criterion": name, "services": of} for name, of in found.untried.items()],
        "next_command": _next(found),
        "not_possible_because": "; ".join(found.stuck),
    }


def _next(found: Diagnosis) -> str:
    if found.goes_back:
        return f"gate rollback {found.goes_back} --env {found.environment}"
    return f"gate rollback status --env {found.environment}" if found.failed else ""


def _deployed(found: Diagnosis, now: datetime, cloud_name: Callable[[str], str]) -> list[Line]:
    width = max(len(one.service) for one in found.deployments)
    lines: list[Line] = ["deployed, the newest first:"]
    for one in found.deployments:
        name = short_revision(one.revision, cloud_name(one.service))
        by = f", by {one.by}" if one.by else ""
        go = "" if one.has_go else ", no GO"
        lines.append(Row(f"  {one.service:{width}}  ", f"{name}, {_age(now - one.at)} ago{go}{by}"))
    return lines


def _endings(found: Diagnosis) -> list[Line]:
    if found.failed:
        suspects = [_suspect(one) for one in found.suspects]
        why_not = [f"not possible: {'; '.join(found.stuck)}"] if found.stuck else []
        none: Line = "SUSPECT  none: no service has an earlier revision to go back to"
        return [*(suspects or [none]), *why_not, Verbatim(f"next: {_next(found)}")]
    if found.outcome is Outcome.PASS:
        return ["nothing failed: no service is suspected"]
    untried = [f"{name} ({len(of)})" if len(of) > 1 else name for name, of in found.untried.items()]
    return ["nothing failed so far, and not everything was tried", Row("NOT TRIED  ", ", ".join(untried))]


def _suspect(suspect: Suspect) -> Line:
    blamed = ", ".join(suspect.blamed_by)
    why = f"blamed by {blamed}" if blamed else "blamed by nothing, and deployed without a GO on record"
    return Row(f"SUSPECT  {suspect.deployment.service}  ", why)


def _age(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {word}"
    return f"{max(seconds, 0)} s"
