"""`gate collect | decide | act | report`: a run one step at a time, from and to its folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from gates import composition
from gates.cli.failure_actions import carry_out
from gates.cli.options import RUN_FOLDER, environment_option, look_options
from gates.cli.progress import listener
from gates.cli.run import confirm, make_page, print_verdict
from gates.cli.signals import Stop
from gates.composition import actor, runs
from gates.decision.ending import exit_code
from gates.errors import UsageError
from gates.model.criterion import Stage
from gates.model.decision import Decision, DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.release import refuse_other_place
from gates.reporting.next_steps import next_steps
from gates.reporting.notices import act_command
from gates.reporting.redaction import clean
from gates.workflows.gate_run import act_on
from gates.workflows.request import Request, RollbackMode

_folder = click.argument("folder", type=RUN_FOLDER)


@click.command()
@look_options
def collect(
    env: str,
    stage: Stage,
    release_id: str | None,
    revisions: dict[str, str],
    only: tuple[str, ...],
    deadline: float,
    seed: int | None,
    workers: int | None,
    output: str | None,
) -> ExitCode:
    """Look at a release and write the evidence to a new run folder; judge nothing."""
    stop = Stop()
    context = composition.Context(env, seed, stop.is_asked_for, workers)
    run_id = release_id or runs.run_id_now()
    request = Request(stage=stage, run_id=run_id, wanted=revisions, only=only)
    request.refuse_unknown(context.catalogue, context.platform.service_names)
    folder = context.run_folder(run_id)
    with stop.heard(), listener(output, context.platform) as progress:
        begun = runs.run_in(folder, context.gate, progress, seconds=deadline)
        bundle = begun.collect(request)
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
    refuse_other_place(verdict.release, env)
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
    refuse_other_place(verdict.release, env)
    pending = runs.pending_decisions(context, by=actor())
    with listener("plain", context.platform) as progress:
        begun = runs.run_in(opened, context.gate, progress)
        decision = replace(decision, standing=begun.gate.covering(decision))
        _refuse_other_role(decision, role)
        deadline = pending.deadline_of(decision)
        if decision.kind is not DecisionKind.ROLL_BACK:
            code = carry_out(context, folder, decision, is_sure=is_sure)
            pending.record_breach(opened.run_id, decision, deadline)
            return code
        request = Request(
            stage=setup.scope.stage,
            run_id=opened.run_id,
            only=setup.only,
            rollback=RollbackMode.ASK if is_sure else RollbackMode.AUTO,
            confirm=(lambda _decision: True) if is_sure else confirm,
        )
        with stop.heard():
            record = act_on(begun, request, verdict, decision)
    if record is None:
        click.echo("nothing was done")
        pending.record_breach(opened.run_id, decision, deadline)
        is_stopped = stop.is_asked_for()
        return ExitCode.INTERRUPTED if is_stopped else exit_code(verdict, decision, (), was_to_act=True)
    runs.notifications(context).record(record)
    pending.record_breach(opened.run_id, decision, deadline)
    begun.keeper.finish(record)
    print_verdict(runs.Kept(folder=opened, record=record, report=begun.keeper.report))
    return exit_code(verdict, decision, record.receipts, was_to_act=True)


def _refuse_other_role(decision: Decision, role: str) -> None:
    """Refuse every role but the one that the matrix names for a prepared action.

    Raises:
        UsageError: the decision needs a person, and another role was named.
    """
    if not decision.is_automatic and decision.authority and role != decision.authority:
        said = f"not the {role}" if role else "and no role was named"
        raise UsageError(
            f"{decision.priority} needs the {decision.authority}, {said}",
            next_step=f"the {decision.authority} says: --role {decision.authority}",
        )


@click.command()
@_folder
def report(folder: Path) -> ExitCode:
    """Write everything that is derived from the verdict of a run FOLDER again."""
    opened = composition.open_run_folder(folder)
    composition.write_reports(opened)
    make_page(opened.path)
    click.echo(f"written to {opened.path}")
    return ExitCode.GO
