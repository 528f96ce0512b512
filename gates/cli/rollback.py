"""`gate rollback SERVICE…`: send traffic back, prove it, and say what is pinned now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

import click

from gates import composition
from gates.actions.execute import ExecutionPolicy
from gates.actions.unpin import Unpinner
from gates.cli.command import actor
from gates.cli.options import environment_option
from gates.cli.overrides import lifted, override_option
from gates.cli.prompts import ask, refuse_without_terminal
from gates.cli.reports import Report, reporting, say
from gates.cli.rollback_lines import (
    ended_lines,
    move,
    pin_entry,
    pin_line,
    plan_document,
    plan_lines,
    preview_lines,
    procedure_lines,
    receipt_line,
    unfinished_lines,
)
from gates.cli.rollback_verify import verify
from gates.cli.signals import Stop
from gates.composition import runs
from gates.composition.operations import OperationsContext
from gates.errors import UsageError
from gates.model.decision import RollbackPlan
from gates.model.exit_code import ExitCode
from gates.model.journal import UnfinishedRollback
from gates.model.likeness import refuse_unknown
from gates.model.platform import Environment
from gates.model.receipt import Receipt, ReceiptState
from gates.reporting import notices
from gates.reporting.layout import Line, Verbatim
from gates.workflows import planned_work
from gates.workflows.notifications import ENDED
from gates.workflows.planned_rollback import Unfinished
from gates.workflows.planned_rollback import unfinished as unfinished_procedure
from gates.workflows.planned_work import Conducted, Manner
from gates.workflows.rollback import Pin, RollbackEngine
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
    """Send all traffic back to the last good revision, and prove it by the service's own answer.

    \b
    gate rollback auth-service --env production      plan, ask, go
    gate rollback --all --env production --dry-run   show the exact calls
    gate rollback auth-service --to REVISION         name the target yourself
    gate rollback --planned --env production         the whole procedure, in maintenance mode
    gate rollback verify --env production            would a rollback work?
    gate rollback status --env production            what is pinned, what is unfinished
    gate rollback resume --env production            finish what was interrupted
    gate rollback unpin auth-service                 follow the newest revision again
    gate rollback services --help                    all options
    """  # noqa: D301 - \b is click's mark for a paragraph that keeps its lines


@rollback.command(name=_DEFAULT)
@click.argument("services", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every service of the platform.")
@click.option("--to", metavar="REVISION", help="Go to this revision; with exactly one service.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Show the exact calls and send nothing.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option(
    "--planned", "is_planned", is_flag=True, help="The whole procedure, behind a page; names or all."
)
@click.option("--without-maintenance", "word", default="", metavar="REASON", help="Planned, but no page.")
@override_option
@click.option("--by", default=actor, help="Who asks; kept in the ledger.")
@click.option("--reason", default=BY_HAND, show_default=True, help="Kept in the ledger.")
@environment_option
@reporting
def services(**options: object) -> Report | ExitCode:
    """Roll SERVICES back: dependants first, side by side where they do not depend on each other."""
    names, to = options["services"], options["to"]
    is_dry = bool(options["is_dry"])
    context = composition.Context(str(options["env"]))
    is_planned = bool(options["is_planned"])
    _check_format(is_shown=is_dry and not is_planned)
    is_all = bool(options["is_all"]) or (is_planned and not names)
    chosen = _chosen(names, context.platform.service_names, is_all=is_all)
    if to is not None and len(chosen) != 1:
        raise UsageError("--to names a revision of one service", next_step="name exactly that service")
    if not is_dry:
        refuse_without_terminal(bool(options["is_sure"]))
    stop = Stop()
    engine = _engine(context, stop, is_planned=is_planned, by=str(options["by"]))
    target = None if to is None else str(to)
    reason = str(options["reason"])
    plan = engine.guard(
        engine.plan(chosen, reason=reason, to=target),
        is_planned=is_planned,
        lifted=lifted(options["overrides"]),
        by=None if is_dry or is_planned else str(options["by"]),  # its first step writes down what is lifted
    )
    tell = _teller(context)
    if is_dry and not is_planned:
        return _rehearsed(context, engine, plan, reason)
    say(*plan_lines(plan, context.environment, reason))
    if is_planned:
        return _planned(context, engine, plan, stop, options)
    if plan.actions:
        ask(bool(options["is_sure"]), "Roll back?")
    started = context.ports.clock.monotonic()
    with stop.heard():
        receipts = engine.execute(plan, tell)
    _tell_result(receipts, context.ports.clock.monotonic() - started, context.environment)
    runs.notifications(context).rollback(engine.run_id, receipts)
    return _ending(plan, receipts)


def _planned(
    context: composition.Context,
    engine: RollbackEngine,
    plan: RollbackPlan,
    stop: Stop,
    options: Mapping[str, object],
) -> ExitCode:
    """Take the plan through the whole procedure; nothing begins while a service cannot go back."""
    word, by = str(options["word"]).strip(), str(options["by"])
    manner = Manner(
        has_page=not word,
        execution=engine.policy,
        lifted=lifted(options["overrides"]),
        announce=_teller(context),
        say=click.echo,
    )
    if plan.impossible or not plan.actions:
        click.echo("nothing was begun: a planned rollback takes all of the services or none")
        return ExitCode.ACTION_FAILED
    with closing(OperationsContext(context, by)) as operations:
        ports = operations.planned
        if bool(options["is_dry"]):
            say(*preview_lines(planned_work.preview(ports, plan, manner)))
            return ExitCode.GO
        ask(bool(options["is_sure"]), "Begin the planned rollback?")
        with stop.heard():
            conducted = planned_work.begin(ports, engine.run_id, plan, manner, word)
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
    engine = _engine(context, stop, by=actor())
    procedure = unfinished_procedure(context.ledger, env)
    found = [one for one in engine.unfinished() if abandon or not _is_part_of(one, procedure)]
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
            receipts = engine.resume(unfinished, _teller(context))
        runs.notifications(context).rollback(unfinished.run_id, receipts, _resumed())
        ended.append(_ending(RollbackPlan(), receipts) if receipts else ExitCode.GO)
    if procedure is not None:
        ended.append(_resume_planned(context, procedure, stop, abandon=abandon, is_sure=is_sure))
    return max(ended)


def _is_part_of(rollback: UnfinishedRollback, procedure: Unfinished | None) -> bool:
    return procedure is not None and procedure.run_id == rollback.run_id


def _resume_planned(
    context: composition.Context, begun: Unfinished, stop: Stop, *, abandon: bool, is_sure: bool
) -> ExitCode:
    """Go on with a planned rollback where it stands, or close it there."""
    rules = context.platform.policy.rollback
    policy = ExecutionPolicy(manner=rules.planned, is_stopped=stop.is_asked_for, by=actor())
    manner = Manner(
        has_page=begun.has_page, execution=policy, lifted={}, announce=_teller(context), say=click.echo
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


@rollback.command()
@click.argument("services", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every service that is pinned.")
@click.option("--even-unverified", "word", default="", metavar="REASON", help="Go without a recorded GO.")
@click.option("--by", default=actor, help="Who asks; kept in the ledger.")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@environment_option
def unpin(**options: object) -> ExitCode:
    """Let SERVICES follow their newest revision again, and prove that it answers."""
    context = composition.Context(str(options["env"]))
    pinned = [pin.service for pin in _engine(context).pins() if pin.is_pinned and pin.behind is None]
    named = _known(options["services"], context.platform.service_names)
    if bool(options["is_all"]) == bool(named):
        raise UsageError(
            "name the services, or say --all", next_step=f"pinned: {', '.join(pinned) or 'none'}"
        )
    chosen = tuple(name for name in (named or pinned) if name in pinned)
    for name in named:
        if name not in pinned:
            click.echo(f"{name} is not pinned")
    if not chosen:
        return ExitCode.GO
    ask(bool(options["is_sure"]), f"Let {', '.join(chosen)} follow the newest revision?")
    run_id = datetime.now(UTC).strftime("unpin-%Y%m%d-%H%M%S-%f")[:-3]
    unpinner = Unpinner(
        context.ports,
        environment=context.environment.name,
        run_id=run_id,
        by=str(options["by"]),
        word=str(options["word"]),
    )
    with Stop().heard():
        return _ending(RollbackPlan(), unpinner.unpin(chosen, _teller(context)))


@rollback.command()
@environment_option
@reporting
def status(env: str) -> Report:
    """Show what each service serves, and which are pinned."""
    context = composition.Context(env, is_looking=True)
    engine = _engine(context)
    pins, begun = engine.pins(), unfinished_procedure(context.ledger, env)
    unfinished = [one for one in engine.unfinished() if not _is_part_of(one, begun)]
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


rollback.add_command(verify)


def _engine(
    context: composition.Context, stop: Stop | None = None, *, is_planned: bool = False, by: str = ""
) -> RollbackEngine:
    run_id = datetime.now(UTC).strftime("rollback-%Y%m%d-%H%M%S-%f")[:-3]
    rules = context.platform.policy.rollback
    manner = rules.planned if is_planned else rules.emergency
    policy = ExecutionPolicy(manner=manner, is_stopped=stop.is_asked_for, by=by) if stop else None
    return RollbackEngine(context.environment, context.platform, context.ports, run_id=run_id, policy=policy)


def _chosen(names: object, known: Sequence[str], *, is_all: bool) -> tuple[str, ...]:
    """Return the services to roll back.

    Raises:
        UsageError: none is named, or some are and all too.
    """
    named = _known(names, known)
    if is_all == bool(named):
        raise UsageError("name the services, or say --all", next_step=f"services: {', '.join(known)}")
    return tuple(known) if is_all else named


def _known(names: object, known: Sequence[str]) -> tuple[str, ...]:
    """Return the names that were given.

    Raises:
        UsageError: the platform has no such service.
    """
    named = tuple(str(name) for name in names) if isinstance(names, tuple) else ()
    refuse_unknown("service", named, known)
    return named


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
        code=_ending(plan, receipts),
        lines=[*plan_lines(plan, place, reason), *(receipt_line(one, place) for one in receipts)],
        document=plan_document(plan, receipts, place, reason),
    )


def _teller(context: composition.Context) -> Callable[[Receipt], None]:
    """Return what prints each step when it is taken."""
    return lambda receipt: say(receipt_line(receipt, context.environment))


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


def _ending(plan: RollbackPlan, receipts: Sequence[Receipt]) -> ExitCode:
    bad = (ReceiptState.FAILED, ReceiptState.SKIPPED, ReceiptState.REFUSED)
    is_whole = bool(receipts) and not plan.impossible and all(r.state not in bad for r in receipts)
    return ExitCode.GO if is_whole else ExitCode.ACTION_FAILED
