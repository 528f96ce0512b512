"""`gate collect | decide | act | report`: a run one step at a time, from and to its folder."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.cli.command import actor
from gates.cli.failure_actions import carry_out
from gates.cli.options import (
    RunFolderPath,
    RunName,
    environment_option,
    format_option,
    seed_of,
    seed_option,
    stage_option,
    workers_of,
    workers_option,
)
from gates.cli.progress import listener
from gates.cli.run import confirm, duration, make_page, refuse_unknown_part, revisions_named, tell
from gates.cli.signals import Stop
from gates.composition import runs
from gates.decision.ending import exit_code
from gates.decision.response_clock import standing
from gates.errors import UsageError
from gates.model.criterion import Stage
from gates.model.decision import Decision, DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.record import DecisionRecord
from gates.reporting.next_steps import next_steps
from gates.reporting.notices import act_command
from gates.reporting.redaction import clean
from gates.workflows.request import Request, RollbackMode

_folder = click.argument("folder", type=RunFolderPath())


@click.command()
@environment_option
@stage_option
@click.option("--release", "release_id", type=RunName(), default=None, help="Label of the release.")
@click.option("--revision", "revisions", multiple=True, metavar="SERVICE=REVISION", help="Repeatable.")
@click.option("--only", multiple=True, metavar="ID", help="Only this criterion. Repeatable.")
@click.option("--deadline", default="15m", show_default=True, help="Longest time to look: 90s, 15m, 1h.")
@seed_option
@workers_option
@format_option
def collect(**options: object) -> ExitCode:
    """Look at a release and write the evidence to a new run folder; judge nothing."""
    run_id = str(options["release_id"] or datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3])
    stop = Stop()
    seed, workers = seed_of(options["seed"]), workers_of(options["workers"])
    context = composition.Context(str(options["env"]), seed, stop.is_asked_for, workers)
    refuse_unknown_part(context, options)
    folder = context.run_folder(run_id)
    only = options["only"]
    request = Request(
        stage=Stage(str(options["stage"])),
        run_id=run_id,
        wanted=revisions_named(options["revisions"]),
        only=tuple(str(name) for name in only) if isinstance(only, tuple) else (),
    )
    seconds = duration(str(options["deadline"]))
    with stop.heard(), listener(str(options["output"] or ""), context.platform) as progress:
        begun = runs.run_in(folder, context.gate, progress, seconds=seconds)
        gate = begun.gate
        criteria, views = gate.demand(request), gate.views()
        bundle = gate.look(request, criteria, gate.find(request, views).release, views)
    for flaw in bundle.flaws:
        click.echo(f"flaw: {flaw}", err=True)
    click.echo(f"{len(bundle.items)} pieces of evidence written to {folder.path}")
    if stop.is_asked_for():
        return ExitCode.INTERRUPTED
    begun.keeper.confirm()
    return ExitCode.GO if bundle.items else ExitCode.NOTHING_EVALUATED


@click.command()
@_folder
@environment_option
def decide(folder: Path, env: str) -> ExitCode:
    """Decide about the verdict of a run FOLDER with what the cloud says now; nothing is done yet."""
    context = composition.Context(env)
    opened = context.open_run_folder(folder)
    verdict = opened.read_verdict()
    _refuse_other_place(verdict.release.environment, env)
    begun = runs.run_in(opened, context.gate)
    decision = begun.gate.decide(verdict, begun.gate.views())
    begun.keeper.confirm()
    runs.notifications(context).run(opened.run_id, decision, ())
    for line in next_steps(verdict.outcome, decision):
        click.echo(clean(line))
    command = act_command(env, str(folder), decision)
    click.echo(f"written to {opened.path / 'decision.json'}; carry it out with: {command}")
    return exit_code(verdict, decision, (), was_to_act=False)


@click.command()
@_folder
@environment_option
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@click.option("--role", default="", help="The role in which you say so; it must have the authority.")
def act(folder: Path, env: str, *, is_sure: bool, role: str) -> ExitCode:
    """Carry out the decision of a run FOLDER, under its standing authority or because its role says so."""
    stop = Stop()
    context = composition.Context(env, is_stopped=stop.is_asked_for)
    opened = context.open_run_folder(folder)
    verdict = opened.read_verdict()
    decision, setup = opened.read_decision(), opened.read_setup()
    if opened.is_carried_out:
        raise UsageError(f"{folder} was carried out already", next_step="see its receipts.jsonl")
    _refuse_other_place(verdict.release.environment, env)
    pending = runs.pending_decisions(context, by=actor())
    with listener("plain", context.platform) as progress:
        begun = runs.run_in(opened, context.gate, progress)
        gate = begun.gate
        decision = replace(decision, standing=gate.covering(decision))
        _refuse_other_role(decision, role)
        late = standing(decision, datetime.now(UTC), context.platform.policy.escalation)
        if decision.kind is not DecisionKind.ROLL_BACK:
            code = carry_out(context, folder, decision, is_sure=is_sure)
            pending.record_breach(opened.run_id, decision, late)
            return code
        request = Request(
            stage=setup.scope.stage,
            run_id=opened.run_id,
            only=setup.only,
            rollback=RollbackMode.ASK if is_sure else RollbackMode.AUTO,
            confirm=(lambda _decision: True) if is_sure else confirm,
        )
        with stop.heard():
            receipts = gate.act(request, decision)
            if receipts:
                gate.remember(request, verdict)
    if not receipts:
        click.echo("nothing was done")
        pending.record_breach(opened.run_id, decision, late)
        if stop.is_asked_for():
            return ExitCode.INTERRUPTED
        return exit_code(verdict, decision, (), was_to_act=True)
    record = DecisionRecord(
        run_id=opened.run_id, verdict=verdict, decision=decision, receipts=receipts, tools=gate.tools
    )
    runs.notifications(context).record(record)
    pending.record_breach(opened.run_id, decision, late)
    begun.keeper.finish(record)
    tell(opened, begun.keeper, record, output="")
    return exit_code(verdict, decision, receipts, was_to_act=True)


def _refuse_other_role(decision: Decision, role: str) -> None:
    """Let nobody release a prepared action but the role that the matrix names.

    Raises:
        UsageError: the decision needs a person, and another role was named.
    """
    if not decision.is_automatic and decision.authority and role != decision.authority:
        said = f"not the {role}" if role else "and no role was named"
        raise UsageError(
            f"{decision.priority} needs the {decision.authority}, {said}",
            next_step=f"the {decision.authority} says: --role {decision.authority}",
        )


def _refuse_other_place(place: str, env: str) -> None:
    if place != env:
        raise UsageError(f"the run is about {place}", next_step=f"say --env {place}")


@click.command()
@_folder
def report(folder: Path) -> ExitCode:
    """Write everything that is derived from the verdict of a run FOLDER again."""
    opened = composition.open_run_folder(folder)
    composition.write_reports(opened)
    make_page(opened)
    click.echo(f"written to {opened.path}")
    return ExitCode.GO
