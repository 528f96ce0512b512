"""For each criterion: the release, platform or state that is known to fail it.

Without one it is not shown that the criterion can fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from gates.model.bench import Arm, Proof
from gates.model.criterion import Catalogue, Criterion, Stage

_PREAMBLE = (
    "# Known-bad releases",
    "",
    "Generated from `platforms/{name}/bench.yaml` by `gate criteria known-bad --format markdown`: edit the",
    "document, not this page. Of every criterion it names what is known to turn it red: an arm of the",
    "benchmark (`gate bench --env sandbox --quick --only ARM`), or a test where no run shows it. What else",
    "an arm turns red stands behind it.",
    "",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Red:
    """What turns one criterion red."""

    criterion: Criterion
    arms: tuple[Arm, ...]
    proofs: tuple[Proof, ...]

    @property
    def is_owed(self) -> bool:
        """Whether something must be known to turn it red: what a person alone says has no known-bad state."""
        return bool(self.criterion.producers)

    @property
    def is_known(self) -> bool:
        """Whether something is."""
        return bool(self.arms or self.proofs)

    @property
    def plain(self) -> dict[str, object]:
        """It as values that JSON has."""
        arms, tests = [arm.id for arm in self.arms], [proof.test for proof in self.proofs]
        by = self.criterion.attested_by
        return {"id": self.criterion.id, "arms": arms, "tests": tests, "attestedBy": by}


def stage_of(arm: Arm, catalogue: Catalogue) -> Stage:
    """Return the stage at which an arm is run: its own, or the first of its first criterion, or immediate."""
    first = catalogue.find(arm.criteria[0]) if arm.criteria else None
    return arm.stage or (first.stages[0] if first is not None else Stage.IMMEDIATE)


def reds(catalogue: Catalogue, arms: Sequence[Arm], proofs: Sequence[Proof]) -> tuple[Red, ...]:
    """Return what turns each criterion red, in catalogue order; an arm counts where its stage asks."""
    return tuple(
        Red(
            criterion=criterion,
            arms=tuple(
                arm
                for arm in arms
                if criterion.id in arm.criteria and stage_of(arm, catalogue) in criterion.stages
            ),
            proofs=tuple(proof for proof in proofs if criterion.id in proof.criteria),
        )
        for criterion in catalogue.criteria
    )


def lines(found: Sequence[Red]) -> tuple[tuple[str, str], ...]:
    """Return one row per criterion: id, what turns it red."""
    return tuple((red.criterion.id, "; ".join(_phrases(red, code=""))) for red in found)


def page(found: Sequence[Red], arms: Sequence[Arm], proofs: Sequence[Proof], platform: str) -> str:
    """Return the page: by criterion, then by name."""
    text = [line.format(name=platform) for line in _PREAMBLE]
    for category, members in groupby(found, key=lambda red: red.criterion.category):
        text += [f"## {category.replace('-', ' ').capitalize()}", ""]
        text += ["| criterion | turned red by |", "|---|---|"]
        text += [f"| {red.criterion.id} | {'<br>'.join(_phrases(red, code='`'))} |" for red in members]
        text += [""]
    text += ["## By name", "", "| known bad | of | what is wrong | turns red |", "|---|---|---|---|"]
    bad = sorted((arm for arm in arms if arm.kind.is_bad), key=_name)
    text += [_row(name, tuple(alike), found) for name, alike in groupby(bad, key=_name)]
    text += [
        "",
        "## Shown by a test",
        "",
        "| known bad | what is wrong | turns red | test |",
        "|---|---|---|---|",
    ]
    for proof in proofs:
        reddened = ", ".join(proof.criteria) or "what would be done is refused"
        text += [f"| {proof.id} | {proof.summary} | {reddened} | `{proof.test}` |"]
    return "\n".join([*text, ""])


def _name(arm: Arm) -> str:
    """Return what an arm is called without its service."""
    return arm.id.partition(".")[0]


def _row(name: str, alike: Sequence[Arm], found: Sequence[Red]) -> str:
    services = ", ".join(arm.service for arm in alike)
    command = ", ".join(red.criterion.id for red in found if alike[0] in red.arms)
    return f"| {name} | {services} | {alike[0].summary} | {command} |"


def _phrases(red: Red, *, code: str) -> Iterator[str]:
    for name, arms in groupby(red.arms, key=_name):
        alike = tuple(arms)
        others = [other for other in alike[0].criteria if other != red.criterion.id]
        beside = f" (with {', '.join(others)})" if others else ""
        where = ", ".join(arm.service for arm in alike)
        yield f"{code}{name}{code} of {where}: {alike[0].summary}{beside}"
    for proof in red.proofs:
        yield f"{proof.id}: {proof.summary}: {code}{proof.test}{code}"
    if red.criterion.summarises:
        yield f"any of {', '.join(red.criterion.summarises)}, which it sums up"
    if red.criterion.attested_by is not None:
        yield f"the {red.criterion.attested_by} attests it"
    if red.is_owed and not red.is_known:
        yield "**nothing yet**"
