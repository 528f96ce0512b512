"""Why a criterion exists, what it demands, who answers for it, and what its failure leads to."""

from __future__ import annotations

from collections.abc import Iterator

from gates.criteria.phrases import demand_text, duration_text, services_text
from gates.model.criterion import Criterion, Priority
from gates.model.platform import Platform
from gates.model.wording import counted, number


def explain(criterion: Criterion, platform: Platform) -> str:
    """Return the explanation of one criterion as lines of text."""
    heading = f"{criterion.id} · {criterion.severity} · {', '.join(criterion.stages)}"
    lines = [heading, criterion.statement, ""]
    lines += [f"{f'{label}:' if label else '':<13}{text}" for label, text in _facts(criterion, platform)]
    return "\n".join(lines)


def _facts(criterion: Criterion, platform: Platform) -> Iterator[tuple[str, str]]:
    yield "why", criterion.rationale
    yield "demands", demand_text(criterion)
    yield from (("limit", f"{name} {number(value)}") for name, value in criterion.limits)
    samples = counted(criterion.minimum_samples, criterion.sample)
    yield "evidence", f"at least {samples}, no older than {duration_text(criterion.max_age)}"
    yield from (("test", producer) for producer in criterion.producers)
    if criterion.summarises:
        yield "sums up", ", ".join(criterion.summarises)
    if criterion.attested_by is not None:
        yield "attested by", criterion.attested_by
    yield "about", services_text(criterion, platform)
    yield "owner", criterion.owner
    beyond_target = criterion.priority if criterion.bands is None else Priority.P2
    yield "on failure", f"{criterion.failure_action}, {_consequence(beyond_target, platform)}"
    if criterion.bands is not None:
        yield "", f"beyond alert {_consequence(Priority.P1, platform)}"
        yield "", f"beyond critical {_consequence(Priority.P0, platform)}"
    if criterion.depends_on:
        yield "see first", ", ".join(criterion.depends_on)
    yield "source", f"{criterion.source.anchor}, {criterion.source.item}"
    if criterion.document:
        yield "written in", f"{criterion.document}:{criterion.line}"


def _consequence(priority: Priority, platform: Platform) -> str:
    """Return the priority with its row of the decision matrix."""
    row = next((row for row in platform.matrix if row.priority is priority), None)
    if row is None:
        return str(priority)
    by_when = (
        "at the next maintenance"
        if row.response_time is None
        else f"within {duration_text(row.response_time)}"
    )
    return f"{priority} ({by_when}, a rollback is {row.rollback_type}, {row.authority} decides)"
