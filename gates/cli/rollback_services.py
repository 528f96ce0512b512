"""`gate rollback SERVICE…`: send traffic back, prove it, and say what is pinned now."""

from __future__ import annotations

import click

from gates import composition
from gates.cli.command import named_or_all
from gates.cli.options import in_context, services_argument
from gates.cli.overrides import override_option
from gates.cli.prompts import ask, refuse_without_terminal
from gates.cli.reports import Report, reporting, say
from gates.cli.rollback_planned import printing, roll_back_planned
from gates.cli.signals import Stop
from gates.composition import actor, runs
from gates.composition.rollbacks import rollback_engine
from gates.decision.ending import rolled_back
from gates.decision.safety_checks import Guard
from gates.errors import UsageError
from gates.model.decision import RollbackPlan
from gates.model.exit_code import ExitCode
from gates.reporting.rollback import plan_document, plan_lines, receipt_line, result_lines
from gates.workflows.rollback import RollbackEngine
from gates.workflows.rollback_planner import BY_HAND


@click.command()
@services_argument
@click.option("--all", "is_all", is_flag=True, help="Every service of the platform.")
@click.option("--to", metavar="REVISION", help="Go to this revision; with exactly one service.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Show the exact calls and send nothing.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option(
    "--planned",
    "is_planned",
    is_flag=True,
    help="Run the full planned procedure with the maintenance page on; SERVICES or all.",
)
@click.option(
    "--without-maintenance",
    "no_page",
    default="",
    metavar="REASON",
    help="Planned, without the maintenance page.",
)
@override_option
@click.option("--by", default=actor, help="Who asks; recorded in the ledger.")
@click.option("--reason", default=BY_HAND, show_default=True, help="Recorded in the ledger.")
@in_context
@reporting
def services(
    context: composition.Context,
    services: tuple[str, ...],
    to: str | None,
    no_page: str,
    overrides: dict[Guard, str],
    by: str,
    reason: str,
    *,
    is_all: bool,
    is_dry: bool,
    is_sure: bool,
    is_planned: bool,
) -> Report | ExitCode:
    """Roll SERVICES back: dependants first, side by side where they do not depend on each other."""
    _check_format(is_shown=is_dry and not is_planned)
    chosen = named_or_all(services, context.platform, is_all=is_all or (is_planned and not services))
    if to is not None and len(chosen) != 1:
        raise UsageError("--to names a revision of one service", next_step="name exactly that service")
    if not is_dry:
        refuse_without_terminal(is_sure)
    stop = Stop()
    engine = rollback_engine(context, stop.is_asked_for, is_planned=is_planned, by=by)
    plan = engine.guard(
        engine.plan(chosen, reason=reason, to=to),
        is_planned=is_planned,
        overrides=overrides,
        by=None if is_dry or is_planned else by,  # the procedure's first step records what is overridden
    )
    if is_dry and not is_planned:
        return _rehearsed(context, engine, plan, reason)
    say(*plan_lines(plan, context.environment, reason))
    if is_planned:
        return roll_back_planned(
            context,
            engine,
            plan,
            no_page=no_page.strip(),
            overrides=overrides,
            by=by,
            stop=stop,
            is_dry=is_dry,
            is_sure=is_sure,
        )
    if plan.actions:
        ask(is_sure, "Roll back?")
    return _carried_out(context, engine, plan, stop)


def _rehearsed(
    context: composition.Context, engine: RollbackEngine, plan: RollbackPlan, reason: str
) -> Report:
    """Return the plan with the exact calls; nothing is sent."""
    place, receipts = context.environment, engine.rehearse(plan, lambda _receipt: None)
    return Report(
        code=rolled_back(plan, receipts),
        lines=[*plan_lines(plan, place, reason), *(receipt_line(one, place) for one in receipts)],
        document=plan_document(plan, receipts, reason),
    )


def _carried_out(
    context: composition.Context, engine: RollbackEngine, plan: RollbackPlan, stop: Stop
) -> ExitCode:
    """Carry the plan out, print how it ended, and notify the channels."""
    clock = context.ports.clock
    started = clock.monotonic()
    with stop.heard():
        receipts = engine.execute(plan, printing(context))
    say(*result_lines(receipts, clock.monotonic() - started, context.environment.name))
    runs.notifications(context).rollback(engine.run_id, receipts)
    return rolled_back(plan, receipts)


def _check_format(*, is_shown: bool) -> None:
    """Refuse `--format json` for anything but a dry run.

    Raises:
        UsageError: json was asked for, and this is no dry run.
    """
    if click.get_current_context().params.get("output") == "json" and not is_shown:
        raise UsageError("--format json shows what a rollback would do", next_step="add --dry-run")
