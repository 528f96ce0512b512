"""`gate run`: the whole story for one stage."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime

import click

from gates import composition
from gates.adapters.runs.run_folder import RunFolder
from gates.aside import aside
from gates.cli.failure_actions import investigate
from gates.cli.options import (
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
from gates.cli.signals import Stop, interrupting
from gates.composition import runs
from gates.decision.ending import exit_code
from gates.errors import UsageError
from gates.model.criterion import Stage
from gates.model.decision import Decision, DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.model.record import DecisionRecord
from gates.model.verdict import VerdictOutcome
from gates.reporting.terminal import terminal
from gates.workflows.gate_run import Keeper, take_run
from gates.workflows.request import Request, RollbackMode

_DURATION = re.compile(r"^(\d+)(s|m|h)$")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@click.command()
@environment_option
@stage_option
@click.option(
    "--release",
    "release_id",
    type=RunName(),
    default=None,
    help="Label of the release; default: the time of the run.",
)
@click.option(
    "--revision",
    "revisions",
    multiple=True,
    metavar="SERVICE=REVISION",
    help="Test this revision instead of the newest ready one. Repeatable.",
)
@click.option("--only", multiple=True, metavar="ID", help="Only this criterion; the answer is then never GO.")
@click.option(
    "--rollback",
    type=click.Choice([mode.value for mode in RollbackMode]),
    default=RollbackMode.NEVER.value,
    show_default=True,
    help="What to do about a NO_GO: nothing, ask a person, or act under the standing authority.",
)
@click.option("--deadline", default="15m", show_default=True, help="Longest time to look: 90s, 15m, 1h.")
@click.option("--fail-fast", is_flag=True, help="End the look at the first blocking failure.")
@seed_option
@workers_option
@format_option
def run(**options: object) -> ExitCode:
    """Look at a release, judge it, decide, act and report: the whole story for one stage."""
    seconds = duration(str(options["deadline"]))
    run_id = str(options["release_id"] or run_id_now())
    mode = RollbackMode(str(options["rollback"]))
    stop = Stop()
    seed, workers = seed_of(options["seed"]), workers_of(options["workers"])
    context = composition.Context(str(options["env"]), seed, stop.is_asked_for, workers)
    refuse_unknown_part(context, options)
    folder = context.run_folder(run_id)
    output = str(options["output"] or "")
    with stop.heard(), listener(output, context.platform) as progress:
        begun = runs.run_in(
            folder, context.gate, progress, seconds=seconds, is_fail_fast=bool(options["fail_fast"])
        )
        started = context.ports.clock.monotonic()
        request = Request(
            stage=Stage(str(options["stage"])),
            run_id=run_id,
            wanted=revisions_named(options["revisions"]),
            only=tuple(str(name) for name in options["only"]),  # type: ignore[attr-defined]
            rollback=mode,
            confirm=confirm,
        )
        record = take_run(begun, request, runs.notifications(context).record)
        elapsed = context.ports.clock.monotonic() - started
        tell(folder, begun.keeper, record, output=output, has_page=not stop.is_asked_for())
        code = ending(context, folder, record, mode)
    if record.verdict.outcome is VerdictOutcome.INCONCLUSIVE and elapsed >= seconds:
        return ExitCode.INTERRUPTED
    return ExitCode.INTERRUPTED if stop.is_asked_for() and not record.receipts else code


def ending(
    context: composition.Context, folder: RunFolder, record: DecisionRecord, mode: RollbackMode
) -> ExitCode:
    """Open the incident that a decision asks for, and return the exit code of the run."""
    is_quarantined = mode is RollbackMode.AUTO and not context.is_stopped()
    if is_quarantined and record.decision.kind is DecisionKind.INVESTIGATE:
        with aside("opening an incident"), redirect_stdout(sys.stderr):
            investigate(context, folder.path, record.decision)
    was_to_act = mode is RollbackMode.AUTO and record.decision.is_automatic
    return exit_code(record.verdict, record.decision, record.receipts, was_to_act=was_to_act)


def tell(
    folder: RunFolder, keeper: Keeper, record: DecisionRecord, *, output: str, has_page: bool = True
) -> None:
    """Print the verdict on stdout, as its document or in words, and make the Allure page.

    The page takes seconds that nobody who waits for the verdict should wait for.
    """
    try:
        if output == "json":
            click.echo(folder.verdict_json(record.verdict).decode(), nl=False)
        else:
            click.echo(in_words(folder, keeper))
    finally:
        if has_page:
            make_page(folder)


def in_words(folder: RunFolder, keeper: Keeper) -> str:
    """Return the verdict in words for a person, and where it is written."""
    text = ""
    with aside("printing the verdict"):
        if keeper.report is not None:
            text = terminal(keeper.report)
    return f"{text}\nwritten to {folder.path}"


def make_page(folder: RunFolder) -> None:
    """Build the Allure page, and say so when there is none."""
    with aside("building the Allure page"):
        report = composition.allure_page(folder)
        if report.problem:
            click.echo(f"gate: the Allure page is missing: {report.problem}", err=True)


def run_id_now() -> str:
    """Return the id of a run that begins now: the time in UTC, to the millisecond."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]


def duration(text: str) -> float:
    """Return the seconds that `90s`, `15m` or `1h` mean.

    Raises:
        UsageError: it means nothing, or no time at all.
    """
    match = _DURATION.match(text)
    if match is None or int(match.group(1)) == 0:
        raise UsageError(f"{text!r} is not a duration", next_step="write for example 90s, 15m or 1h")
    return float(int(match.group(1)) * _SECONDS[match.group(2)])


def refuse_unknown_part(context: composition.Context, options: Mapping[str, object]) -> None:
    """Refuse what nobody demands and who does not exist before the run has a folder.

    Raises:
        UsageError: `--only` names another stage's criterion or none, `--revision` no service.
    """
    stage, only = Stage(str(options["stage"])), options["only"]
    demanded = [criterion.id for criterion in context.catalogue.at(stage)]
    more = f"gate criteria list --stage {stage} shows all"
    named = map(str, only) if isinstance(only, tuple) else ()
    refuse_unknown(f"criterion of the stage {stage}", named, demanded, next_step=more)
    refuse_unknown("service", revisions_named(options["revisions"]), context.platform.service_names)


def revisions_named(pairs: object) -> Mapping[str, str]:
    """Return the mapping that `--revision SERVICE=REVISION` options spell.

    Raises:
        UsageError: a pair is not one, or names a service twice.
    """
    named: dict[str, str] = {}
    for pair in pairs if isinstance(pairs, tuple) else ():
        service, separator, revision = str(pair).partition("=")
        if not (service and separator and revision) or service in named:
            raise UsageError(f"--revision {pair}", next_step="write SERVICE=REVISION, each service once")
        named[service] = revision
    return named


def confirm(decision: Decision) -> bool:
    """Ask the person at the terminal; without a terminal the answer is no."""
    if not sys.stdin.isatty():
        click.echo("a rollback is prepared, but there is no terminal to confirm it on", err=True)
        return False
    targets = (
        ", ".join(f"{a.service} → {a.to_revision}" for a in decision.plan.actions) if decision.plan else ""
    )
    with interrupting():  # nothing runs that could be finished: one signal is enough
        question = f"Roll back {targets}? It needs the authority of: {decision.authority}"
        return click.confirm(question, err=True)
