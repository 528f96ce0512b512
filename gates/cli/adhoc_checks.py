"""What the commands share that run a few checks now: progress, a line for each, the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from gates import composition
from gates.cli.progress import listener
from gates.composition import spots
from gates.composition.spots import Look, Spotted
from gates.model.criterion import Criterion
from gates.model.exit_code import ExitCode
from gates.model.judgement import Judgement, Outcome
from gates.reporting.redaction import clean

ENDING = {
    Outcome.PASS: ExitCode.GO,
    Outcome.FAIL: ExitCode.NO_GO,
    Outcome.ERROR: ExitCode.INCONCLUSIVE,
    Outcome.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}
"""Exit code by the worst outcome: 0 all passed, 1 one failed, 10 one could not be tried."""


def spot(
    context: composition.Context,
    criteria: Sequence[Criterion],
    *,
    name: str,
    seconds: float,
    output: str = "",
    is_fail_fast: bool = False,
) -> Spotted:
    """Run the producers of these criteria, show progress, and print the flaws of the evidence."""
    with listener(output, context.platform) as progress:
        look = Look(name=name, seconds=seconds, announce=progress, is_fail_fast=is_fail_fast)
        seen = spots.spot(context, criteria, look)
    for flaw in seen.check.flaws:
        click.echo(f"gate: flaw: {clean(flaw)}", err=True)
    return seen


def show(seen: Spotted, *, more: Callable[[Judgement], str] = lambda judgement: judgement.reason) -> ExitCode:
    """Print one line per judgement, and return how the command ends."""
    judgements = seen.check.judgements
    width = max((len(j.criterion.id) for j in judgements), default=0)
    for judgement in judgements:
        said = more(judgement) or judgement.reason
        line = f"{judgement.outcome:12} {judgement.criterion.id:{width}} {judgement.service:19} {said}"
        click.echo(clean(line.rstrip()))
    return ENDING[seen.check.outcome]
