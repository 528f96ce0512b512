"""The catalogue as a table, as a Markdown page and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from gates.criteria.phrases import demand_text, duration_text, evidence_text, services_text
from gates.model.criterion import Catalogue, Criterion
from gates.model.platform import Platform

_PREAMBLE = (
    "# Criteria",
    "",
    "Generated from `platforms/{name}/criteria/` by `gate criteria list --format markdown`: edit the",
    "documents, not this page. `gate criteria explain ID` says more about one of them. Blocker and critical",
    "block a release.",
    "",
)


def rows(criteria: Sequence[Criterion]) -> tuple[tuple[str, ...], ...]:
    """Return one row per criterion: id, severity, stages, demand, statement."""
    return tuple((c.id, str(c.severity), ",".join(c.stages), demand_text(c), c.statement) for c in criteria)


def markdown(catalogue: Catalogue, platform: Platform) -> str:
    """Return the whole catalogue as one Markdown page."""
    lines = [line.format(name=platform.name) for line in _PREAMBLE]
    for category, members in groupby(catalogue.criteria, key=lambda criterion: criterion.category):
        lines += [f"## {category.replace('-', ' ').capitalize()}", ""]
        lines += ["| id | demand | stages | severity | about | evidence | when it fails |"]
        lines += ["|---|---|---|---|---|---|---|"]
        lines += [*(_markdown_row(criterion, platform) for criterion in members), ""]
    return "\n".join(lines)


def _markdown_row(criterion: Criterion, platform: Platform) -> str:
    demand = demand_text(criterion)
    priority = criterion.priority if criterion.bands is None else "priority by band"
    cells = (
        criterion.id,
        criterion.statement if demand == "no failed check" else f"{criterion.statement} `{demand}`",
        ", ".join(criterion.stages),
        str(criterion.severity),
        services_text(criterion, platform),
        f"{evidence_text(criterion)}; at most {duration_text(criterion.max_age)} old",
        f"{criterion.failure_action}, {priority}; {criterion.owner}",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def plain(criterion: Criterion) -> dict[str, object]:
    """Return one criterion as values that JSON has; durations in seconds."""
    return dict(_fields(criterion))


def _fields(criterion: Criterion) -> Iterator[tuple[str, object]]:
    for name in ("id", "statement", "category", "severity", "stages", "services", "owner", "rationale"):
        yield name, getattr(criterion, name)
    yield "failureAction", criterion.failure_action
    yield "priority", criterion.priority
    yield "source", {"anchor": criterion.source.anchor, "item": criterion.source.item}
    bands = criterion.bands
    yield (
        "demand",
        {
            "comparator": criterion.comparator,
            "threshold": criterion.threshold,
            "unit": criterion.unit,
            "bands": None if bands is None else {"alert": bands.alert, "critical": bands.critical},
            "minimumSamples": criterion.minimum_samples,
            "counts": criterion.sample,
        },
    )
    yield "limits", dict(criterion.limits)
    yield "maxAgeSeconds", criterion.max_age.total_seconds()
    yield "producers", criterion.producers
    yield "attestedBy", criterion.attested_by
    yield "dependsOn", criterion.depends_on
    yield "summarises", criterion.summarises
    yield "usedFor", criterion.used_for
    yield "loadProfiles", criterion.load_profiles
