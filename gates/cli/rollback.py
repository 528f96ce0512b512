"""`gate rollback SERVICE…`: send traffic back, prove it, and say what is pinned now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

import click

from gates import composition
from gates.actions.execute import ExecutionPolicy
from gates.cli.command import actor
from gates.cli.options import environment_option
from gates.cli.overrides import lifted, override_option
from gates.cli.prompts import ask, refuse_without_terminal
from gates.cli.reports import Report, reporting, say
from gates.cli.rollback_lines import (
    ended_lines,
    move,
    plan_document,
    plan_lines,
    preview_lines,
    receipt_line,
)
from gates.cli.rollback_pins import status, unpin
from gates.cli.rollback_steps import ending, engine_of, is_part_of, known, teller
from gates.cli.rollback_verify import verify
from gates.cli.signals import Stop
from gates.composition import runs
from gates.composition.operations import OperationsContext
from gates.decision.safety_checks import Guard
from gates.errors import UsageError
from gates.model.decision import RollbackPlan
from gates.model.exit_code import ExitCode
from gates.model.platform import Environment
from gates.model.receipt import Receipt, ReceiptState
from gates.reporting import notices
from gates.workflows import planned_work
from gates.workflows.notifications import ENDED
from gates.workflows.planned_rollback import Unfinished
from gates.workflows.planned_rollback import unfinished as unfinished_procedure
from gates.workflows.planned_work import Conducted, Manner
from gates.workflows.rollback import RollbackEngine
from gates.workflows.rollback_planner import BY_HAND

_DEFAULT = "services"


_FORMER_NAMES = {"prove": "verify"}


class RollbackGroup(click.Group):
    """A group whose first word may be a service: what is not a subcommand goes to the default one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of anything but a subcommand or a request for help."""
        args = [_FORMER_NAMES.get(args[0], args[0]), *args[1:]] if args else args
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


@click.group(cls=RollbackGroup, context_settings={"help_option_names": ["-h", "--help"]})
def rollback() -> None:
    """Send all traffic back to the last good revision, and verify it by the service's own answer.

    \b
    gate rollback SERVICE --env production           plan, ask, go
    gate rollback --all --env production --dry-run   show the exact calls
    gate rollback SERVICE --to REVISION              name the target yourself
    gate rollback --planned --env production         the whole procedure, in maintenance mode
    gate rollback verify --env production            would a rollback work?
    gate rollback status --env production            what is pinned, what is unfinished
    gate rollback resume --env production            finish what was interrupted
    gate rollback unpin SERVICE                      follow the newest revision again
    gate rollback services --help                    all options
    """  # noqa: D301 - \b is click's mark for a paragraph that keeps its lines


@rollback.command(name=_DEFAULT)
@click.argument("services", nargs=-1)
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
    "word",
    default="",
    metavar="REASON",
    help="Planned, without the maintenance page.",
)
@override_option
@click.option("--by", default=actor, help="Who asks; recorded in the ledger.")
@click.option("--reason", default=BY_HAND, show_default=True, help="Recorded in the ledger.")
@environment_option
@reporting
def services(
    services: tuple[str, ...],
    env: str,
    to: str | None,
    word: str,
    overrides: tuple[str, ...],
    by: str,
    reason: str,
    *,
    is_all: bool,
    is_dry: bool,
    is_sure: bool,
    is_planned: bool,
) -> Report | ExitCode:
    """Roll SERVICES back: dependants first, side by side where they do not depend on each other."""
    context = composition.Context(env)
    _check_format(is_shown=is_dry and not is_planned)
    is_all = is_all or (is_planned and not services)
    chosen = _chosen(services, context.platform.service_names, is_all=is_all)
    if to is not None and len(chosen) != 1:
        raise UsageError("--to names a revision of one service", next_step="name exactly that service")
    if not is_dry:
        refuse_without_terminal(is_sure)
    stop = Stop()
    engine = engine_of(context, stop, is_planned=is_planned, by=by)
    plan = engine.guard(
        engine.plan(chosen, reason=reason, to=to),
        is_planned=is_planned,
        lifted=lifted(overrides),
        by=None if is_dry or is_planned else by,  # the procedure's first step records what is overridden
    )
    if is_dry and not is_planned:
        return _rehearsed(context, engine, plan, reason)
    say(*plan_lines(plan, context.environment, reason))
    if is_planned:
        return _planned(
            context, engine, plan, _Way(word.strip(), lifted(overrides), by, stop, is_dry, is_sure)
        )
    if plan.actions:
        ask(is_sure, "Roll back?")
    started = context.ports.clock.monotonic()
    with stop.heard():
        receipts = engine.execute(plan, teller(context))
    _tell_result(receipts, context.ports.clock.monotonic() - started, context.environment)
    runs.notifications(context).rollback(engine.run_id, receipts)
    return ending(plan, receipts)


class _Way(NamedTuple):
    """How a person wants a planned rollback; with a `word`, the reason, users get no maintenance page."""

    word: str
    lifted: Mapping[Guard, str]
    by: str
    stop: Stop
    is_dry: bool
    is_sure: bool


def _planned(context: composition.Context, engine: RollbackEngine, plan: RollbackPlan, way: _Way) -> ExitCode:
    """Take the plan through the whole procedure; nothing begins while a service cannot go back."""
    manner = Manner(
        has_page=not way.word,
        execution=engine.policy,
        lifted=way.lifted,
        announce=teller(context),
        say=click.echo,
    )
    if plan.impossible or not plan.actions:
        click.echo("nothing was begun: a planned rollback takes all of the services or none")
        return ExitCode.ACTION_FAILED
    with closing(OperationsContext(context, way.by)) as operations:
        ports = operations.planned
        if way.is_dry:
            say(*preview_lines(planned_work.preview(ports, plan, manner)))
            return ExitCode.GO
        ask(way.is_sure, "Begin the planned rollback?")
        with way.stop.heard():
            conducted = planned_work.begin(ports, engine.run_id, plan, manner, way.word)
    return _conducted(context, conducted)


def _conducted(context: composition.Context, conducted: Conducted, event: str = ENDED) -> ExitCode:
    """Tell how a planned rollback ended, first here and then whoever is not looking."""
    say(*ended_lines(conducted, context.environment.name))
    ended = conducted.ended
    code = ExitCode.GO if ended.failed is None else ExitCode.ACTION_FAILED
    if ended.is_stopped:
        code = ExitCode.INTERRUPTED
    said = notices.planned(context.environment.name, code)
    runs.notifications(context).tell(conducted.begun.run_id, event, said)
    return code


@rollback.command()
@environment_option
@click.option("--abandon", is_flag=True, help="Close what was begun without doing the rest.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def resume(env: str, *, abandon: bool, is_sure: bool) -> ExitCode:
    """Finish the rollbacks that a crash or a signal interrupted; what is done is not done again."""
    context, stop = composition.Context(env), Stop()
    engine = engine_of(context, stop, by=actor())
    procedure = unfinished_procedure(context.ledger, env)
    found = [one for one in engine.unfinished() if abandon or not is_part_of(one, procedure)]
    if not found and procedure is None:
        click.echo(f"nothing is unfinished in {env}")
    ended = [ExitCode.GO]
    for unfinished in found:
        click.echo(f"{unfinished.run_id}, begun {unfinished.begun_at:%Y-%m-%d %H:%M:%S}:")
        for action in unfinished.rest.actions:
            say(f"  {action.service}: {move(action, context.environment)}  {action.reason}")
        if abandon:
            engine.abandon(unfinished, "abandoned by a person")
            click.echo("  abandoned")
            continue
        ask(is_sure, "Finish it?")
        with stop.heard():
            receipts = engine.resume(unfinished, teller(context))
        runs.notifications(context).rollback(unfinished.run_id, receipts, _resumed())
        ended.append(ending(RollbackPlan(), receipts) if receipts else ExitCode.GO)
    if procedure is not None:
        ended.append(_resume_planned(context, procedure, stop, abandon=abandon, is_sure=is_sure))
    return max(ended)


def _resume_planned(
    context: composition.Context, begun: Unfinished, stop: Stop, *, abandon: bool, is_sure: bool
) -> ExitCode:
    """Go on with a planned rollback where it stands, or close it there."""
    rules = context.platform.policy.rollback
    policy = ExecutionPolicy(manner=rules.planned, is_stopped=stop.is_asked_for, by=actor())
    manner = Manner(
        has_page=begun.has_page, execution=policy, lifted={}, announce=teller(context), say=click.echo
    )
    click.echo(f"{begun.run_id}, planned: {len(begun.plan.actions)} services, next is {begun.next_step}")
    with closing(OperationsContext(context, actor())) as operations:
        if abandon:
            planned_work.procedure(operations.planned, begun.run_id, manner).abandon(begun)
            click.echo("  abandoned; look: gate rollback status")
            return ExitCode.GO
        ask(is_sure, "Go on?")
        with stop.heard():
            conducted = planned_work.go_on(operations.planned, begun, manner)
    if conducted is None:
        click.echo(f"{begun.run_id} was finished meanwhile")
        return ExitCode.GO
    return _conducted(context, conducted, _resumed())


def _resumed() -> str:
    return f"resumed {datetime.now(UTC):%H:%M:%S}"


for _command in (verify, unpin, status):
    rollback.add_command(_command)


def _chosen(names: tuple[str, ...], services: Sequence[str], *, is_all: bool) -> tuple[str, ...]:
    """Return the services to roll back.

    Raises:
        UsageError: none is named, or some are and all too.
    """
    named = known(names, services)
    if is_all == bool(named):
        raise UsageError("name the services, or say --all", next_step=f"services: {', '.join(services)}")
    return tuple(services) if is_all else named


def _check_format(*, is_shown: bool) -> None:
    """Let only what changes nothing be printed as one document.

    Raises:
        UsageError: a document was asked for of something else.
    """
    if click.get_current_context().params.get("output") == "json" and not is_shown:
        raise UsageError("--format json shows what a rollback would do", next_step="add --dry-run")


def _rehearsed(
    context: composition.Context, engine: RollbackEngine, plan: RollbackPlan, reason: str
) -> Report:
    """Return the plan with the exact calls; nothing is sent."""
    place, receipts = context.environment, engine.rehearse(plan, lambda _receipt: None)
    return Report(
        code=ending(plan, receipts),
        lines=[*plan_lines(plan, place, reason), *(receipt_line(one, place) for one in receipts)],
        document=plan_document(plan, receipts, place, reason),
    )


def _tell_result(receipts: Sequence[Receipt], seconds: float, environment: Environment) -> None:
    proven = [receipt for receipt in receipts if receipt.is_verified]
    click.echo(f"{len(proven)} of {len(receipts)} rolled back and proven in {seconds:.2f} s")
    for receipt in proven:
        if receipt.state is ReceiptState.ALREADY_DONE:
            click.echo(f"further back: gate rollback {receipt.action.service} --to REVISION")
    if proven:
        click.echo("NOW PINNED: new deployments of these services get no traffic until you unpin them:")
        names = " ".join(receipt.action.service for receipt in proven)
        click.echo(f"  gate rollback unpin {names} --env {environment.name}")
