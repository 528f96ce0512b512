"""`gate rollback --planned` and `resume`: the whole procedure, and finishing interrupted rollbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime

import click

from gates import composition
from gates.cli.options import in_context
from gates.cli.prompts import ask
from gates.cli.reports import say
from gates.cli.signals import Stop
from gates.composition import actor, runs
from gates.composition.operations import OperationsContext
from gates.composition.rollbacks import rollback_engine
from gates.decision.ending import rolled_back
from gates.decision.safety_checks import Guard
from gates.model.decision import RollbackPlan
from gates.model.exit_code import ExitCode
from gates.model.procedure import ProcedureResult, Unfinished
from gates.model.receipt import Receipt
from gates.reporting import notices
from gates.reporting.rollback import ended_lines, preview_lines, receipt_line, rest_lines
from gates.workflows import planned_procedure
from gates.workflows.notifications import ENDED
from gates.workflows.planned_rollback import unfinished as unfinished_procedure
from gates.workflows.planned_work import PlannedRollbackRequest
from gates.workflows.rollback import RollbackEngine


def printing(context: composition.Context) -> Callable[[Receipt], None]:
    """Return what prints each step when it is taken."""
    return lambda receipt: say(receipt_line(receipt, context.environment))


def roll_back_planned(
    context: composition.Context,
    engine: RollbackEngine,
    plan: RollbackPlan,
    *,
    no_page: str,
    overrides: Mapping[Guard, str],
    by: str,
    stop: Stop,
    is_dry: bool,
    is_sure: bool,
) -> ExitCode:
    """Take the plan through the whole procedure; nothing begins while a service cannot go back.

    `no_page` is the reason for which users get no maintenance page, empty when they get one.
    """
    request = _request(context, engine, has_page=not no_page, overrides=overrides)
    if plan.impossible or not plan.actions:
        click.echo("nothing was begun: a planned rollback takes all of the services or none")
        return ExitCode.ACTION_FAILED
    with closing(OperationsContext(context, by)) as operations:
        ports = operations.planned
        if is_dry:
            say(*preview_lines(planned_procedure.preview(ports, plan, request)))
            return ExitCode.GO
        ask(is_sure, "Begin the planned rollback?")
        with stop.heard():
            conducted = planned_procedure.begin(ports, engine.run_id, plan, request, no_page)
    return _conducted(context, conducted)


def _request(
    context: composition.Context, engine: RollbackEngine, *, has_page: bool, overrides: Mapping[Guard, str]
) -> PlannedRollbackRequest:
    announce = printing(context)
    return PlannedRollbackRequest(
        has_page=has_page, execution=engine.policy, overrides=overrides, announce=announce, say=click.echo
    )


@click.command()
@in_context
@click.option("--abandon", is_flag=True, help="Close what was begun without doing the rest.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def resume(context: composition.Context, *, abandon: bool, is_sure: bool) -> ExitCode:
    """Finish the rollbacks that a crash or a signal interrupted; what is done is not done again."""
    env, stop = context.environment.name, Stop()
    engine = rollback_engine(context, stop.is_asked_for, by=actor())
    begun = unfinished_procedure(context.ledger, env)
    found = [one for one in engine.unfinished() if abandon or begun is None or one.run_id != begun.run_id]
    if not found and begun is None:
        click.echo(f"nothing is unfinished in {env}")
    ended = [ExitCode.GO]
    for unfinished in found:
        say(*rest_lines(unfinished, context.environment))
        if abandon:
            engine.abandon(unfinished, "abandoned by a person")
            click.echo("  abandoned")
            continue
        ask(is_sure, "Finish it?")
        with stop.heard():
            receipts = engine.resume(unfinished, printing(context))
        runs.notifications(context).rollback(unfinished.run_id, receipts, _resumed())
        ended.append(rolled_back(RollbackPlan(), receipts) if receipts else ExitCode.GO)
    if begun is not None:
        ended.append(_resume_planned(context, begun, stop, abandon=abandon, is_sure=is_sure))
    return max(ended)


def _resume_planned(
    context: composition.Context, begun: Unfinished, stop: Stop, *, abandon: bool, is_sure: bool
) -> ExitCode:
    """Go on with a planned rollback where it stands, or close it there."""
    engine = rollback_engine(context, stop.is_asked_for, is_planned=True, by=actor())
    request = _request(context, engine, has_page=begun.has_page, overrides={})
    click.echo(f"{begun.run_id}, planned: {len(begun.plan.actions)} services, next is {begun.next_step}")
    with closing(OperationsContext(context, actor())) as operations:
        if abandon:
            planned_procedure.procedure(operations.planned, begun.run_id, request).abandon(begun)
            click.echo("  abandoned; look: gate rollback status")
            return ExitCode.GO
        ask(is_sure, "Go on?")
        with stop.heard():
            conducted = planned_procedure.go_on(operations.planned, begun, request)
    if conducted is None:
        click.echo(f"{begun.run_id} was finished meanwhile")
        return ExitCode.GO
    return _conducted(context, conducted, _resumed())


def _conducted(context: composition.Context, conducted: ProcedureResult, event: str = ENDED) -> ExitCode:
    """Print how a planned rollback ended, then notify the channels."""
    say(*ended_lines(conducted, context.environment.name))
    code = ExitCode.GO if conducted.ended.failed is None else ExitCode.ACTION_FAILED
    if conducted.ended.is_stopped:
        code = ExitCode.INTERRUPTED
    said = notices.planned(context.environment.name, code)
    runs.notifications(context).tell(conducted.begun.run_id, event, said)
    return code


def _resumed() -> str:
    return f"resumed {datetime.now(UTC):%H:%M:%S}"
