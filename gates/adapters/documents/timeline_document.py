"""`timeline.yaml`: the slots of a go-live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import model_validator

from gates.adapters.documents.document_files import document_at
from gates.adapters.documents.document_problems import refuse
from gates.adapters.documents.document_types import (
    Duration,
    Envelope,
    Filled,
    Strict,
    Text,
    Word,
    validate,
)
from gates.adapters.documents.platform_document import repeated
from gates.adapters.documents.yaml_source import read_document
from gates.errors import DocumentError
from gates.model.criterion import Catalogue, Stage
from gates.model.timeline import Checkpoint, Timeline


class RepeatPart(Strict):
    """The slot happens again and again, until that long after the traffic moved."""

    every: Duration
    until: Duration


class CheckpointPart(Strict):
    """One slot, `before` or `after` the moment at which the traffic moves."""

    name: Word
    title: Text
    before: Duration | None = None
    after: Duration | None = None
    stage: Stage | None = None
    criteria: tuple[Text, ...] = ()
    rehearsed: tuple[Text, ...] = ()
    approves: Word | None = None
    traffic: bool = False
    repeat: RepeatPart | None = None

    @model_validator(mode="after")
    def _one_time(self) -> CheckpointPart:
        if (self.before is None) is (self.after is None):
            raise ValueError("a slot says either before or after")
        if self.stage is None and (self.criteria or self.rehearsed):
            raise ValueError("criteria need their stage")
        return self


class TimelinePart(Strict):
    """The `spec` of timeline.yaml."""

    slots: Annotated[tuple[CheckpointPart, ...], Filled]


class TimelineDocument(Envelope):
    """timeline.yaml."""

    kind: Literal["Timeline"]
    spec: TimelinePart


def load_timeline(folder: Path, catalogue: Catalogue) -> Timeline:
    """Return the timeline that `folder` describes.

    Raises:
        DocumentError: it is missing or wrong, not in the order of time, or names what nobody demands.
    """
    path = document_at(folder, "timeline")
    source = read_document(path)
    document, problems = validate(source, TimelineDocument, {})
    refuse(problems)
    if document is None:
        raise AssertionError("a document without problems has a value")
    parts = document.spec.slots
    slots = tuple(slot for part in parts for slot in _slots(part))
    refuse(repeated(source, ("spec", "slots"), (part.name for part in parts)))
    for flaw in _flaws(slots, catalogue):
        raise DocumentError(flaw, path=str(path))
    return Timeline(slots=slots)


def _slots(part: CheckpointPart) -> Iterator[Checkpoint]:
    first = -part.before if part.before is not None else part.after or timedelta()
    times = [first]
    while part.repeat is not None and times[-1] + part.repeat.every <= part.repeat.until:
        times.append(times[-1] + part.repeat.every)
    for number, at in enumerate(times, start=1):
        yield Checkpoint(
            name=part.name if len(times) == 1 else f"{part.name}-{number}",
            title=part.title,
            at=at,
            stage=part.stage,
            criteria=part.criteria,
            rehearsed=part.rehearsed,
            approves=part.approves,
            enables_traffic=part.traffic,
        )


def _flaws(slots: tuple[Checkpoint, ...], catalogue: Catalogue) -> Iterator[str]:
    names = [slot.name for slot in slots]
    if any(later.at <= earlier.at for earlier, later in pairwise(slots)):
        yield "slots are in the order of their time"
    if [slot.at for slot in slots if slot.enables_traffic] != [timedelta()]:
        yield "exactly one slot moves the traffic, at 0"
    for index, slot in enumerate(slots):
        demanded = {c.id for c in catalogue.at(slot.stage)} if slot.stage is not None else set()
        unknown = sorted({*slot.criteria, *slot.rehearsed} - demanded)
        if unknown:
            yield f"{slot.name}: {slot.stage} does not demand {', '.join(unknown)}"
        if slot.approves is not None and slot.approves not in names[:index]:
            yield f"{slot.name}: approves {slot.approves}, which is not an earlier checkpoint"
