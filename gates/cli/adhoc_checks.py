"""What the commands share that run a few checks now: look, show each, and end with the worst of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import click

from gates import composition
from gates.adapters.runs.run_folder import RunFolder
from gates.cli.progress import listener
from gates.errors import UsageError
from gates.model.criterion import Catalogue, Criterion
from gates.model.exit_code import ExitCode
from gates.model.judgement import Judgement, Outcome
from gates.reporting.redaction import clean
from gates.workflows.spot_check import SpotCheck
from gates.workflows.spot_check import spot as spot_check

_ENDING = {
    Outcome.PASS: ExitCode.GO,
    Outcome.FAIL: ExitCode.NO_GO,
    Outcome.ERROR: ExitCode.INCONCLUSIVE,
    Outcome.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How to look: what progress is shown as, and whether the first blocking failure ends it."""

    output: str = ""
    is_fail_fast: bool = False


_WHOLE = Look()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spotted:
    """What was seen, and the folder that holds it."""

    check: SpotCheck
    folder: RunFolder

    @property
    def code(self) -> ExitCode:
        """0 when everything was seen and held, 1 when something did not hold, 10 when nobody can say."""
        return _ENDING[self.check.outcome]


def spot(
    context: composition.Context,
    criteria: Sequence[Criterion],
    *,
    word: str,
    seconds: float,
    how: Look = _WHOLE,
) -> Spotted:
    """Run the producers of these criteria against what is deployed now.

    The criteria are looked at in their order, as far as causes come before what they imply. The run's id, and
    so the label of everything that its checks create, begins with `word`.
    """
    if not criteria:
        raise UsageError("there is no such check", next_step="see `gate criteria list`")
    folder = context.run_folder(f"{word}-{datetime.now(UTC):%m%d%H%M%S%f}"[:-3])
    chosen = {criterion.id for criterion in criteria}
    others = (known for known in context.catalogue.criteria if known.id not in chosen)
    catalogue = Catalogue(criteria=(*criteria, *others), digest=context.catalogue.digest)
    with listener(how.output, context.platform) as progress:
        gate = context.gate(
            folder, announce=progress, seconds=seconds, catalogue=catalogue, is_fail_fast=how.is_fail_fast
        )
        check = spot_check(gate, criteria, label=folder.run_id)
    for flaw in check.flaws:
        click.echo(f"gate: flaw: {clean(flaw)}", err=True)
    return Spotted(check=check, folder=folder)


def about(criteria: Sequence[Criterion], services: Sequence[str]) -> list[Criterion]:
    """Return the criteria as far as they are about these services, in the order of these."""
    named = dict.fromkeys(services)
    narrowed = (replace(c, services=tuple(s for s in named if s in c.services)) for c in criteria)
    return [criterion for criterion in narrowed if criterion.services]


def show(judgements: Sequence[Judgement], *, more: Callable[[Judgement], str] = lambda _: "") -> None:
    """Print one line per judgement."""
    width = max((len(j.criterion.id) for j in judgements), default=0)
    for judgement in judgements:
        said = more(judgement) or judgement.reason
        line = f"{judgement.outcome:12} {judgement.criterion.id:{width}} {judgement.service:19} {said}"
        click.echo(clean(line.rstrip()))
