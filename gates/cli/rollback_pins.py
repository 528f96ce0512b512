"""`gate rollback status` and `unpin`: what each service serves, and how it follows new deployments again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime

import click

from gates import composition
from gates.actions.unpin import Unpinner
from gates.cli.command import actor
from gates.cli.options import environment_option
from gates.cli.prompts import ask
from gates.cli.reports import Report, reporting
from gates.cli.rollback_lines import pin_entry, pin_line, procedure_lines, unfinished_lines
from gates.cli.rollback_steps import ending, engine_of, is_part_of, known, teller
from gates.cli.signals import Stop
from gates.composition.operations import OperationsContext
from gates.errors import UsageError
from gates.model.decision import RollbackPlan
from gates.model.exit_code import ExitCode
from gates.reporting.layout import Line, Verbatim
from gates.workflows.planned_rollback import Unfinished
from gates.workflows.planned_rollback import unfinished as unfinished_procedure
from gates.workflows.rollback import Pin


@click.command()
@click.argument("services", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every service that is pinned.")
@click.option("--even-unverified", "word", default="", metavar="REASON", help="Go without a recorded GO.")
@click.option("--by", default=actor, help="Who asks; recorded in the ledger.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@environment_option
def unpin(
    services: tuple[str, ...], env: str, word: str, by: str, *, is_all: bool, is_sure: bool
) -> ExitCode:
    """Let SERVICES follow their newest revision again, and verify that it answers."""
    context = composition.Context(env)
    pinned = [pin.service for pin in engine_of(context).pins() if pin.is_pinned and pin.behind is None]
    named = known(services, context.platform.service_names)
    if is_all == bool(named):
        raise UsageError(
            "name the services, or say --all", next_step=f"pinned: {', '.join(pinned) or 'none'}"
        )
    chosen = tuple(name for name in (named or pinned) if name in pinned)
    for name in named:
        if name not in pinned:
            click.echo(f"{name} is not pinned")
    if not chosen:
        return ExitCode.GO
    ask(is_sure, f"Let {', '.join(chosen)} follow the newest revision?")
    run_id = datetime.now(UTC).strftime("unpin-%Y%m%d-%H%M%S-%f")[:-3]
    unpinner = Unpinner(
        context.ports,
        environment=context.environment.name,
        run_id=run_id,
        by=by,
        word=word,
    )
    with Stop().heard():
        return ending(RollbackPlan(), unpinner.unpin(chosen, teller(context)))


@click.command()
@environment_option
@reporting
def status(env: str) -> Report:
    """Show what each service serves, and which are pinned."""
    context = composition.Context(env, is_looking=True)
    engine = engine_of(context)
    pins, begun = engine.pins(), unfinished_procedure(context.ledger, env)
    unfinished = [one for one in engine.unfinished() if not is_part_of(one, begun)]
    width = max(len(pin.service) for pin in pins)
    return Report(
        code=ExitCode.ACTION_FAILED if any(pin.trouble for pin in pins) else ExitCode.GO,
        lines=[
            *(pin_line(pin, context.environment, width) for pin in pins),
            *_notes(context, pins, begun),
            *(line for one in unfinished for line in unfinished_lines(one, env)),
            *([] if begun is None else procedure_lines(begun, env)),
        ],
        document={
            "environment": env,
            "services": [pin_entry(pin) for pin in pins],
            "unfinished": [*(one.run_id for one in unfinished), *([begun.run_id] if begun else [])],
        },
    )


def _notes(context: composition.Context, pins: Sequence[Pin], begun: Unfinished | None) -> Iterator[Line]:
    env = context.environment.name
    if behind := [pin.service for pin in pins if pin.behind is not None]:
        with closing(OperationsContext(context, "")) as operations:
            why = operations.maintenance.why(behind[0])
        yield f"MAINTENANCE IS ON at {', '.join(behind)}: {why}"
        if begun is not None and begun.has_page:
            resume = f"gate rollback resume --env {env}"
            yield f"  part of {begun.run_id}, which is not finished: {resume}"
        else:
            yield Verbatim(f"  → gate maintenance off --env {env}")
    if held := [pin.service for pin in pins if pin.holds_back]:
        yield Verbatim(f"unpin: gate rollback unpin {' '.join(held)} --env {env}")
