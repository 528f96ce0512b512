"""A few checks outside of any stage, run now with a run folder of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gates.errors import UsageError
from gates.model.criterion import Catalogue, Criterion
from gates.model.events import Event

if TYPE_CHECKING:
    from gates.adapters.runs.run_folder import RunFolder
    from gates.composition.environment import Context
    from gates.workflows.spot_check import SpotCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How to look: under which name, how long at most, who hears of it, whether the first failure ends it.

    The run's id, and so the label of everything that its checks create, begins with `name`.
    """

    name: str
    seconds: float
    announce: Callable[[Event], None]
    is_fail_fast: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spotted:
    """What was seen, and the folder that holds it."""

    check: SpotCheck
    folder: RunFolder


def spot(context: Context, criteria: Sequence[Criterion], look: Look) -> Spotted:
    """Run the producers of these criteria against what is deployed now.

    The criteria are looked at in their order, as far as causes come before what they imply.

    Raises:
        UsageError: there is no criterion to look at.
    """
    from gates.workflows import spot_check

    if not criteria:
        raise UsageError("there is no such check", next_step="see `gate criteria list`")
    folder = context.run_folder(f"{look.name}-{datetime.now(UTC):%m%d%H%M%S%f}"[:-3])
    chosen = {criterion.id for criterion in criteria}
    others = (known for known in context.catalogue.criteria if known.id not in chosen)
    gate = context.gate(
        folder,
        announce=look.announce,
        seconds=look.seconds,
        catalogue=Catalogue(criteria=(*criteria, *others), digest=context.catalogue.digest),
        is_fail_fast=look.is_fail_fast,
    )
    return Spotted(check=spot_check.spot(gate, criteria, label=folder.run_id), folder=folder)
