"""`gate run`: the whole story for one stage."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from gates import composition
from gates.aside import aside
from gates.cli.failure_actions import investigate
from gates.cli.options import Meant, look_options
from gates.cli.progress import listener
from gates.cli.signals import Stop, interrupting
from gates.composition import runs
from gates.decision.ending import exit_code
from gates.model.criterion import Stage
from gates.model.decision import Decision, DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.verdict import VerdictOutcome
from gates.reporting.terminal import terminal
from gates.workflows.request import Request, RollbackMode


@click.command()
@look_options
@click.option(
    "--rollback",
    type=Meant(RollbackMode),
    default=RollbackMode.NEVER.value,
    show_default=True,
    help="What to do about a NO_GO: nothing, ask a person, or act under the standing authority.",
)
@click.option(
    "--record",
    default="",
    metavar="FILE|URL",
    help="Signed record of the environment that qualifies this one; default: the newest about these images.",
)
@click.option(
    "--sign-with",
    default="",
    metavar="KEY",
    help="Sign a record of the verdict: a private key file, or gcpkms:KEY-VERSION in Cloud KMS.",
)
@click.option("--fail-fast", "is_fail_fast", is_flag=True, help="End the look at the first blocking failure.")
def run(
    env: str,
    stage: Stage,
    release_id: str | None,
    revisions: dict[str, str],
    only: tuple[str, ...],
    rollback: RollbackMode,
    deadline: float,
    seed: int | None,
    workers: int | None,
    output: str | None,
    record: str,
    sign_with: str,
    *,
    is_fail_fast: bool,
) -> ExitCode:
    """Look at a release, judge it, decide, act and report: the whole story for one stage."""
    stop = Stop()
    context = composition.Context(env, seed, stop.is_asked_for, workers, record=record, sign_with=sign_with)
    run_id = release_id or runs.run_id_now()
    request = Request(
        stage=stage, run_id=run_id, wanted=revisions, only=only, rollback=rollback, confirm=confirm
    )
    request.refuse_unknown(context.catalogue, context.platform.service_names)
    with stop.heard(), listener(output, context.platform) as progress:
        kept = runs.take(context, request, progress, seconds=deadline, is_fail_fast=is_fail_fast)
        print_verdict(kept, output=output, has_page=not stop.is_asked_for())
        code = ending(context, kept, rollback)
    is_open = kept.record.verdict.outcome is VerdictOutcome.INCONCLUSIVE
    is_cut_short = stop.is_asked_for() and not kept.record.receipts
    return ExitCode.INTERRUPTED if is_cut_short or (is_open and kept.seconds >= deadline) else code


def ending(context: composition.Context, kept: runs.Kept, mode: RollbackMode) -> ExitCode:
    """Open the incident that a decision asks for, and return the exit code of the run."""
    record, may_act = kept.record, mode is RollbackMode.AUTO and not context.is_stopped()
    if may_act and record.decision.kind is DecisionKind.INVESTIGATE:
        with aside("opening an incident"), redirect_stdout(sys.stderr):
            investigate(context, kept.path, record.decision)
    was_to_act = mode is RollbackMode.AUTO and record.decision.is_automatic
    return exit_code(record.verdict, record.decision, record.receipts, was_to_act=was_to_act)


def print_verdict(kept: runs.Kept, *, output: str | None = None, has_page: bool = True) -> None:
    """Print the verdict on stdout, as its document or in words; then make the Allure page, which is slow."""
    try:
        click.echo(kept.verdict_json if output == "json" else in_words(kept), nl=output != "json")
    finally:
        if has_page:
            make_page(kept.path)


def in_words(kept: runs.Kept) -> str:
    """Return the verdict in words for a person, and where it is written."""
    text = ""
    with aside("printing the verdict"):
        if kept.report is not None:
            text = terminal(kept.report)
    return f"{text}\nwritten to {kept.path}"


def make_page(folder: Path) -> None:
    """Build the Allure page, and say so when there is none."""
    with aside("building the Allure page"):
        report = composition.allure_page(folder)
        if report.problem:
            click.echo(f"gate: the Allure page is missing: {report.problem}", err=True)


def confirm(decision: Decision) -> bool:
    """Ask the person at the terminal; without a terminal the answer is no."""
    if not sys.stdin.isatty():
        click.echo("a rollback is prepared, but there is no terminal to confirm it on", err=True)
        return False
    plan = decision.plan
    targets = ", ".join(f"{a.service} → {a.to_revision}" for a in plan.actions) if plan else ""
    with interrupting():  # nothing runs that could be finished: one signal is enough
        question = f"Roll back {targets}? It needs the authority of: {decision.authority}"
        return click.confirm(question, err=True)
