"""Which criteria something can answer: the producers that the catalogue names against those that exist."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gates.model.criterion import Catalogue, Criterion

MISSING = "producer missing -> NOT_RUN"
AWAITS = "awaits attestation by"
COVERED = "covered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One criterion, and the producers that it names but that do not exist."""

    criterion: Criterion
    missing: tuple[str, ...]

    @property
    def is_covered(self) -> bool:
        """Whether every producer that it names exists; what a person attests needs none."""
        return not self.missing

    @property
    def state(self) -> str:
        """The coverage in words."""
        if self.missing:
            return MISSING
        role = self.criterion.attested_by
        return COVERED if role is None else f"{AWAITS} {role}"

    @property
    def plain(self) -> dict[str, object]:
        """The coverage as values that JSON has."""
        return {"id": self.criterion.id, "state": self.state, "missing": self.missing}


def coverage(catalogue: Catalogue, node_ids: Collection[str]) -> tuple[Coverage, ...]:
    """Return the coverage of every criterion, in catalogue order.

    Args:
        catalogue: the criteria.
        node_ids: pytest node ids that exist, with or without their parameters.
    """
    existing = {node_id.partition("[")[0] for node_id in node_ids}
    return tuple(
        Coverage(
            criterion=criterion,
            missing=tuple(producer for producer in criterion.producers if producer not in existing),
        )
        for criterion in catalogue.criteria
    )


def counted(covered: Sequence[Coverage]) -> tuple[str, ...]:
    """Return how many criteria each list of the guide has and what answers them, then all of them."""
    lists: dict[str, list[Coverage]] = {}
    for entry in covered:
        lists.setdefault(entry.criterion.source.anchor, []).append(entry)
    width = max(map(len, lists), default=0)
    lines = [f"{anchor:{width}}  {_answered(entries)}" for anchor, entries in lists.items()]
    return (*lines, f"{'all':{width}}  {_answered(covered)}")


def _answered(entries: Sequence[Coverage]) -> str:
    attested = sum(entry.criterion.attested_by is not None for entry in entries)
    tested = sum(bool(entry.criterion.producers or entry.criterion.summarises) for entry in entries)
    missing = sum(not entry.is_covered for entry in entries)
    answered = f"{tested} tested, {attested} attested, {missing} without all their producers"
    return f"{len(entries):3} criteria: {answered}"
