"""`timeline.yaml`: the slots of a go-live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from gates.adapters.documents.document_files import document_at
from gates.adapters.documents.document_parts import document, entries, keys, part
from gates.adapters.documents.document_reading import load
from gates.adapters.documents.document_types import Duration
from gates.errors import DocumentError
from gates.model.criterion import Catalogue
from gates.model.timeline import Checkpoint, Timeline


def _checkpoints(
    name: str,
    before: timedelta | None = None,
    after: timedelta | None = None,
    repeat: Mapping[str, timedelta] | None = None,
    **given: Any,
) -> tuple[Checkpoint, ...]:
    """Return the checkpoints of a slot, `before` or `after` the moment at which the traffic moves.

    Raises:
        ValueError: it says neither or both, or criteria without their stage.
    """
    if (before is None) is (after is None):
        raise ValueError("a slot says either before or after")
    if given.get("stage") is None and (given.get("criteria") or given.get("rehearsed")):
        raise ValueError("criteria need their stage")
    times = [-before if before is not None else after or timedelta()]
    while repeat is not None and times[-1] + repeat["every"] <= repeat["until"]:
        times.append(times[-1] + repeat["every"])
    if len(times) == 1:
        return (Checkpoint(name=name, at=times[0], **given),)
    return tuple(Checkpoint(name=f"{name}-{n}", at=at, **given) for n, at in enumerate(times, start=1))


_SLOT = keys(Checkpoint, without=("at",)) | {
    "before": (Duration, None),
    "after": (Duration, None),
    "repeat": (part({"every": (Duration, ...), "until": (Duration, ...)}), None),
}
TIMELINE = document("Timeline", {"slots": entries(part(_SLOT, _checkpoints))})


def load_timeline(folder: Path, catalogue: Catalogue) -> Timeline:
    """Return the timeline that `folder` describes.

    Raises:
        DocumentError: it is missing or wrong, not in the order of time, or names an unknown criterion.
    """
    path = document_at(folder, "timeline")
    slots = tuple(checkpoint for slot in load(path, TIMELINE, {})["slots"] for checkpoint in slot)
    for flaw in _flaws(slots, catalogue):
        raise DocumentError(flaw, path=str(path))
    return Timeline(slots=slots)


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
