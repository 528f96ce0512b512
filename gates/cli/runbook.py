"""`gate runbook`: procedures as data, step by step, with a report that says who did what."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from gates import composition
from gates.aside import aside
from gates.cli import call, gate
from gates.cli.command import actor, chosen
from gates.cli.options import environment_option
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.runbook import Runbook, RunbookReport, RunbookStep, StepResult, StepState

_OUTSIDE_ENVIRONMENTS = ("criteria",)
"""Commands about the catalogue alone: they take no `--env`."""
_STATES = {
    ExitCode.GO: StepState.DONE,
    ExitCode.INTERRUPTED: StepState.PENDING,  # somebody said no
    ExitCode.INCONCLUSIVE: StepState.PENDING,  # nobody could look
    ExitCode.NOTHING_EVALUATED: StepState.PENDING,  # there is nothing to look at yet
}
"""What a command's exit code says of its step; every other one is a failure."""


class RunbookGroup(click.Group):
    """A group whose every other word is the name of a runbook: `gate runbook triage`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Send what is no command here to `run`."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["run", *args]
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or `run` for the name of a runbook."""
        return super().get_command(ctx, cmd_name) or self.commands["run"]


@click.group(cls=RunbookGroup, context_settings={"help_option_names": ["-h", "--help"]})
def runbook() -> None:
    """Follow a procedure: `gate runbook NAME --env E` runs it.

    Automatic steps call the gate's own commands; manual ones are asked for. Leaves with 0 when all is done,
    1 when a failure stands, 10 when a step waits for a person.
    """


@runbook.command(name="list")
def listed() -> ExitCode:
    """List all runbooks."""
    for found in _all():
        service = " --service S" if found.needs_service else ""
        click.echo(f"{found.name + service:34} {found.title}")
    return ExitCode.GO


@runbook.command()
@click.argument("name")
def explain(name: str) -> ExitCode:
    """Show the steps of a runbook; nothing is done."""
    from gates.reporting.runbook import explained  # noqa: PLC0415

    click.echo(explained(_load(name)))
    return ExitCode.GO


@runbook.command(hidden=True)
@click.argument("name")
@click.option("--service", default="", help="The service that it is about.")
@click.option("--yes", "is_sure", is_flag=True, help="Allow its disruptive steps without asking.")
@environment_option
def run(name: str, service: str, env: str, *, is_sure: bool) -> ExitCode:
    """Follow the runbook NAME."""
    from gates.decision.runbook import ended  # noqa: PLC0415

    found = _load(name)
    _check_service(found, service)
    desk = _RunbookCommands(env=env, service=service, is_sure=is_sure)
    began, results, interrupted = datetime.now(UTC), list[StepResult](), list[str]()
    for number, step in enumerate(found.steps, start=1):
        click.echo(f"[{number}/{len(found.steps)}] {step.title}")
        result = _taken(desk, step, results, interrupted)
        click.echo(f"      {result.state}{f': {result.note}' if result.note else ''}")
        results.append(result)
    code = ExitCode.INTERRUPTED if interrupted else ended(results)
    report = RunbookReport(
        runbook=found, environment=env, service=service, by=actor(), began_at=began, results=tuple(results)
    )
    with aside("writing the report"):
        click.echo(f"report: {_written(report, code)}")
    return code


def _taken(
    desk: _RunbookCommands, step: RunbookStep, results: Sequence[StepResult], interrupted: list[str]
) -> StepResult:
    """Take one step, or say why not; a signal ends the procedure, and its report is written all the same."""
    from gates.decision.runbook import is_due, waits_for  # noqa: PLC0415

    if interrupted:
        return desk.result(step, StepState.PENDING, note="interrupted before")
    if waited := waits_for(step, results):
        return desk.result(step, StepState.PENDING, note=f"waits for: {waited}")
    if not is_due(step, results):
        return desk.result(step, StepState.SKIPPED)
    try:
        return desk.take(step)
    except (KeyboardInterrupt, click.Abort) as error:
        interrupted.append(str(error) or "a person")
        return desk.result(step, StepState.FAILED, note=f"interrupted by {interrupted[0]}")


@dataclass(frozen=True, kw_only=True)
class _RunbookCommands:
    """Where steps are taken: commands are called in this process, people are asked on the terminal."""

    env: str
    service: str
    is_sure: bool

    def result(self, step: RunbookStep, state: StepState, *, note: str = "", by: str = "") -> StepResult:
        """Return a result of now."""
        return StepResult(step=step, state=state, at=datetime.now(UTC), note=note, by=by)

    def take(self, step: RunbookStep) -> StepResult:
        """Take one step that is due."""
        if step.is_manual:
            return self._asked(step)
        if step.is_guarded and not self._is_allowed(step):
            return self.result(step, StepState.PENDING, note="disruptive, and not allowed")
        return self._called(step)

    def _is_allowed(self, step: RunbookStep) -> bool:
        question = f"{step.title} in {self.env}: this is disruptive. Go on?"
        return self.is_sure or (sys.stdin.isatty() and click.confirm(question, err=True))

    def _asked(self, step: RunbookStep) -> StepResult:
        if not sys.stdin.isatty():
            return self.result(step, StepState.PENDING, note=f"for {step.role}: {step.question}")
        click.echo(f"      for {step.role}: {step.question}")
        is_done = click.confirm("      done and well?", err=True)
        note = click.prompt("      note", default="", show_default=False, err=True)
        state = StepState.DONE if is_done else StepState.FAILED
        return self.result(step, state, note=note, by=f"{actor()} as {step.role}")

    def _called(self, step: RunbookStep) -> StepResult:
        words = tuple(word.replace("{service}", self.service) for word in step.command)
        called = (*words, *(() if words[0] in _OUTSIDE_ENVIRONMENTS else ("--env", self.env)))
        if step.is_guarded and takes_yes(words):  # it was allowed just now: nobody is asked twice
            called += ("--yes",)
        heard = _Heard(sys.stdout)
        with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
            code = call(list(called))
        state = _STATES.get(code, StepState.FAILED)
        return StepResult(
            step=step,
            state=state,
            at=datetime.now(UTC),
            note="" if state is StepState.DONE else f"gate {' '.join(called)} left with {int(code)}",
            by=actor(),
            output=heard.getvalue(),
            command=called,
        )


def takes_yes(words: Sequence[str]) -> bool:
    """Whether the command that some words call asks, unless `--yes` is said."""
    command: click.Command | None = gate
    for word in words:
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), word)
    return command is not None and any("--yes" in param.opts for param in command.params)


class _Heard(io.StringIO):
    """Writes on to another stream, and remembers what was written."""

    def __init__(self, onward: TextIO) -> None:
        super().__init__()
        self._onward = onward

    def write(self, text: str) -> int:
        """Remember and write on."""
        written = super().write(text)
        self._onward.write(text)
        return written


def _check_service(found: Runbook, service: str) -> None:
    if not found.needs_service:
        return
    if not service:
        raise UsageError(f"{found.name} is about one service", next_step="say --service NAME")
    from gates.adapters.documents.documents import load_platform  # noqa: PLC0415

    chosen((service,), load_platform(composition.platform_folder()))


def _all() -> list[Runbook]:
    from gates.adapters.documents.runbook_document import runbook_names  # noqa: PLC0415

    return [_load(name) for name in runbook_names(composition.platform_folder())]


def _load(name: str) -> Runbook:
    from gates.adapters.documents.documents import load_platform  # noqa: PLC0415
    from gates.adapters.documents.runbook_document import load_runbook  # noqa: PLC0415

    folder = composition.platform_folder()
    return load_runbook(folder, name, load_platform(folder))


def _written(report: RunbookReport, code: ExitCode) -> Path:
    from gates.reporting.runbook import markdown  # noqa: PLC0415

    folder = composition.reports_folder() / "runbooks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report.runbook.name}-{report.began_at:%Y%m%dT%H%M%S}-{os.getpid()}.md"
    path.write_text(markdown(report, code), encoding="utf-8")
    return path
