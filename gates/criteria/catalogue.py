"""The laws that a catalogue of criteria obeys.

- An id occurs once; numbered ids of one category count up from 1 in the order of their file, without a hole.
- No two criteria demand the same in the same words.
- A criterion has a producer, a role that attests it or others that it sums up, a unit, stages, and at
  least one subject, each once.
- Thresholds and bands are finite; each band lies beyond the one before it; a count of failed checks is zero.
- What only a person attests is demanded as zero failed checks: a statement is not a measurement.
- Criteria that the same test measures demand the same number.
- What it summarises is of a stage of its own, and summarises nothing itself.
- A statement names no number that the criterion does not have; limits are finite.
- One criterion at most is used for each purpose.
- `depends_on` names other criteria of a common stage, never in a circle.
- Evidence has a positive maximum age.

A criterion cannot contain an exception: a waiver is a signed document of its own, and it expires.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from math import isfinite

from gates.model.criterion import FAILED_CHECKS, PLATFORM, Comparator, Criterion, Stage
from gates.model.wording import demanded

_STAGES = tuple(Stage)
_NAMED = re.compile(r"\{(\w+)\}")
_UPPER = (Comparator.LT, Comparator.LE, Comparator.WITHIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A broken law: the position of the criterion in what was checked, the field, and the cause."""

    position: int
    field: str
    cause: str


def broken_laws(criteria: Sequence[Criterion]) -> tuple[Flaw, ...]:
    """Return every law that the criteria break, in their order; nothing when they are a catalogue."""
    flaws = [
        Flaw(position=position, field=field, cause=cause)
        for position, criterion in enumerate(criteria)
        for law in _LAWS_OF_ONE
        for field, cause in law(criterion)
    ]
    for law_of_all in _LAWS_OF_ALL:
        flaws += law_of_all(criteria)
    return tuple(sorted(flaws, key=lambda flaw: flaw.position))


def arranged(criteria: Iterable[Criterion]) -> tuple[Criterion, ...]:
    """Return the criteria in catalogue order: by first stage, then category, then as they were given."""
    return tuple(sorted(criteria, key=lambda criterion: (_first_stage(criterion), criterion.category)))


def causes_first(criteria: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Return the criteria in the given order, each right after what it depends on and was not named yet.

    Raises:
        graphlib.CycleError: a criterion depends on itself.
    """
    known = {criterion.id: criterion for criterion in criteria}
    causes = {c.id: [name for name in c.depends_on if name in known] for c in criteria}
    TopologicalSorter(causes).prepare()
    ordered: dict[str, Criterion] = {}

    def add(name: str) -> None:
        if name not in ordered:
            for cause in causes[name]:
                add(cause)
            ordered[name] = known[name]

    for criterion in criteria:
        add(criterion.id)
    return tuple(ordered.values())


def _first_stage(criterion: Criterion) -> int:
    return min(_STAGES.index(stage) for stage in criterion.stages)


def _needs_evidence(criterion: Criterion) -> Iterator[tuple[str, str]]:
    if not (criterion.producers or criterion.summarises) and criterion.attested_by is None:
        yield "id", "nothing produces evidence and no role attests it"
    if criterion.max_age <= timedelta(0):
        yield "max_age", "evidence needs a positive maximum age"
    if not criterion.producers and criterion.unit != FAILED_CHECKS:
        yield "unit", f"nothing measures {criterion.unit}: an attestation counts {FAILED_CHECKS}"


def _names_once(criterion: Criterion) -> Iterator[tuple[str, str]]:
    named: dict[str, tuple[str, ...]] = {
        "stages": criterion.stages,
        "services": criterion.services,
        "producers": criterion.producers,
        "depends_on": criterion.depends_on,
        "summarises": criterion.summarises,
        "used_for": criterion.used_for,
        "load_profiles": criterion.load_profiles,
    }
    for field, words in named.items():
        yield from ((field, f"'{word}' is listed twice") for word in sorted(_repeated(words)))
    if not criterion.stages:
        yield "stages", "no stage demands it"
    if not criterion.services:
        yield "services", "it is about no service"
    if PLATFORM in criterion.services and len(criterion.services) > 1:
        yield "services", "it is about the platform or about services, not both"


def _measures_soundly(criterion: Criterion) -> Iterator[tuple[str, str]]:
    bands = criterion.bands
    numbers = [criterion.threshold, *(() if bands is None else (bands.alert, bands.critical))]
    if not all(map(isfinite, numbers)):
        yield "threshold", "thresholds and bands are finite numbers"
    if not criterion.unit.strip():
        yield "unit", "a threshold has a unit"
    if criterion.minimum_samples < 1:
        yield "threshold", "minimumSamples must be at least 1"
    if criterion.unit == FAILED_CHECKS and (criterion.comparator, criterion.threshold) != (
        Comparator.EQ,
        0.0,
    ):
        yield "threshold", f"{FAILED_CHECKS} are demanded to be 0, no other number is a pass"


def _names_its_numbers(criterion: Criterion) -> Iterator[tuple[str, str]]:
    for name in _NAMED.findall(criterion.statement):
        yield "statement", f"'{{{name}}}' is neither the demand nor one of its limits"
    yield from (
        ("limits", f"{name} is not finite") for name, value in criterion.limits if not isfinite(value)
    )


def _widens_its_bands(criterion: Criterion) -> Iterator[tuple[str, str]]:
    bands = criterion.bands
    if bands is None:
        return
    if criterion.comparator is Comparator.EQ:
        yield "bands", "a demand for an exact value has no bands"
    ladder = (criterion.threshold, bands.alert, bands.critical)
    rising = ladder if criterion.comparator in _UPPER else tuple(-rung for rung in ladder)
    if not rising[0] < rising[1] < rising[2]:
        beyond = "above" if criterion.comparator in _UPPER else "below"
        yield (
            "bands",
            f"alert lies {beyond} the threshold {ladder[0]:g}, critical {beyond} alert: got {ladder[1:]}",
        )


_LAWS_OF_ONE: tuple[Callable[[Criterion], Iterator[tuple[str, str]]], ...] = (
    _needs_evidence,
    _names_once,
    _measures_soundly,
    _names_its_numbers,
    _widens_its_bands,
)


def _unique(criteria: Sequence[Criterion]) -> Iterator[Flaw]:
    ids: set[str] = set()
    statements: dict[str, str] = {}
    for position, criterion in enumerate(criteria):
        if criterion.id in ids:
            yield Flaw(position=position, field="id", cause="this id is taken by an earlier criterion")
        ids.add(criterion.id)
        first = statements.setdefault(criterion.statement, criterion.id)
        if first != criterion.id:
            yield Flaw(position=position, field="statement", cause=f"{first} demands the same")


def _counted_up(criteria: Sequence[Criterion]) -> Iterator[Flaw]:
    last: dict[str, int] = {}
    for position, criterion in enumerate(criteria):
        prefix, _, number = criterion.id.rpartition("-")
        if not number.isdecimal():
            continue
        wanted = last.get(prefix, 0) + 1
        if int(number) != wanted:
            yield Flaw(
                position=position, field="id", cause=f"{prefix}-{wanted:02} comes here: no hole, in order"
            )
        last[prefix] = int(number)


def _explained(criteria: Sequence[Criterion]) -> Iterator[Flaw]:
    known = {criterion.id: criterion for criterion in criteria}
    for position, criterion in enumerate(criteria):
        for name in criterion.depends_on:
            cause = known.get(name)
            if cause is None:
                yield Flaw(position=position, field="depends_on", cause=f"unknown criterion '{name}'")
            elif not set(cause.stages) & set(criterion.stages):
                message = f"{name} is of no common stage, so it explains nothing"
                yield Flaw(position=position, field="depends_on", cause=message)


def _summed_up(criteria: Sequence[Criterion]) -> Iterator[Flaw]:
    known = {criterion.id: criterion for criterion in criteria}
    for position, criterion in enumerate(criteria):
        for name in criterion.summarises:
            part = known.get(name)
            if part is None:
                cause = f"unknown criterion '{name}'"
            elif not set(criterion.stages) <= set(part.stages):
                cause = f"{name} is not judged at every stage of this one"
            elif part.summarises:
                cause = f"{name} is a summary itself"
            else:
                continue
            yield Flaw(position=position, field="summarises", cause=cause)


def _of_one_number(criteria: Sequence[Criterion]) -> Iterator[Flaw]:
    """Yield the criteria whose number differs from that of an earlier one that the same test measures."""
    first: dict[tuple[str, str], Criterion] = {}
    for position, criterion in enumerate(criteria):
        for producer in criterion.producers:
            known = first.setdefault((producer, criterion.unit), criterion)
            if _number(known) != _number(criterion):
                cause = f"{known.id} demands {demanded(known)} of the same test, this {demanded(criterion)}"
                yield Flaw(position=position, field="threshold", cause=f"{cause}: say like: {known.id}")
                break


def _number(criterion: Criterion) -> tuple[object, ...]:
    return criterion.comparator, criterion.threshold, criterion.bands


def _acyclic(criteria: Sequence[Criterion]) -> Iterator[Flaw]:
    try:
        TopologicalSorter({criterion.id: criterion.depends_on for criterion in criteria}).prepare()
    except CycleError as error:
        circle = error.args[1]
        position = next(at for at, criterion in enumerate(criteria) if criterion.id in circle)
        yield Flaw(position=position, field="depends_on", cause=f"a circle: {' -> '.join(reversed(circle))}")


def _used_once(criteria: Sequence[Criterion]) -> Iterator[Flaw]:
    first: dict[str, str] = {}
    for position, criterion in enumerate(criteria):
        for use in criterion.used_for:
            known = first.setdefault(use, criterion.id)
            if known != criterion.id:
                yield Flaw(position=position, field="used_for", cause=f"{known} is used for {use}")


_LAWS_OF_ALL: tuple[Callable[[Sequence[Criterion]], Iterator[Flaw]], ...] = (
    _unique,
    _counted_up,
    _explained,
    _summed_up,
    _of_one_number,
    _used_once,
    _acyclic,
)


def _repeated(words: Sequence[str]) -> set[str]:
    return {word for word in words if words.count(word) > 1}
