"""`gate runbook`: procedures as data, step by step, with a report that says who did what."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from gates.aside import aside
from gates.cli import call, gate
from gates.cli.options import environment_option
from gates.cli.output import Copy
from gates.composition import actor, runbooks
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.model.runbook import RunbookStep
from gates.reporting.runbook import explained
from gates.workflows.runbook import Called, RunbookWorkflow


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
    for found in runbooks.runbooks():
        service = " --service S" if found.needs_service else ""
        click.echo(f"{found.name + service:34} {found.title}")
    return ExitCode.GO


@runbook.command()
@click.argument("name")
def explain(name: str) -> ExitCode:
    """Show the steps of a runbook; nothing is done."""
    click.echo(explained(runbooks.runbook(name)))
    return ExitCode.GO


@runbook.command(hidden=True)
@click.argument("name")
@click.option("--service", default="", help="The service that it is about.")
@click.option("--yes", "is_sure", is_flag=True, help="Allow its disruptive steps without asking.")
@environment_option
def run(name: str, service: str, env: str, *, is_sure: bool) -> ExitCode:
    """Follow the runbook NAME."""
    found = runbooks.runbook(name)
    if found.needs_service and not service:
        raise UsageError(f"{found.name} is about one service", next_step="say --service NAME")
    if found.needs_service:
        refuse_unknown("service", (service,), runbooks.platform().service_names)
    workflow = RunbookWorkflow(
        environment=env,
        service=service,
        by=actor(),
        runner=_Runner(env=env, is_sure=is_sure),
        now=lambda: datetime.now(UTC),
    )
    report, code = workflow.follow(found)
    with aside("writing the report"):
        click.echo(f"report: {runbooks.write_report(report, code)}")
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Runner:
    """Takes steps here: commands are called in this process, people are asked on the terminal."""

    env: str
    is_sure: bool

    def call(self, words: Sequence[str], *, is_allowed: bool) -> Called:
        """Run a command of the gate as if it was typed; what it prints is kept."""
        command = [*words]
        if takes(words, "--env"):
            command += ["--env", self.env]
        if is_allowed and takes(words, "--yes"):
            command += ["--yes"]
        heard = Copy(sys.stdout)
        with _abort_interrupts(), contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
            code = call(command)
        return Called(command=tuple(command), code=code, output=heard.getvalue())

    def is_allowed(self, step: RunbookStep) -> bool:
        """Ask a person, unless --yes was said."""
        question = f"{step.title} in {self.env}: this is disruptive. Go on?"
        with _abort_interrupts():
            return self.is_sure or (sys.stdin.isatty() and click.confirm(question, err=True))

    def ask(self, step: RunbookStep) -> tuple[bool, str] | None:
        """Ask a person whether it is done."""
        if not sys.stdin.isatty():
            return None
        click.echo(f"      for {step.role}: {step.question}")
        with _abort_interrupts():
            is_done = click.confirm("      done and well?", err=True)
            return is_done, click.prompt("      note", default="", show_default=False, err=True)

    def show(self, text: str) -> None:
        """Print it."""
        click.echo(text)


@contextlib.contextmanager
def _abort_interrupts() -> Iterator[None]:
    """Let an aborted question end the procedure as a signal does."""
    try:
        yield
    except click.Abort as error:
        raise KeyboardInterrupt from error


def takes(words: Sequence[str], option: str) -> bool:
    """Whether the command that some words call has an option."""
    command: click.Command | None = gate
    for word in words:
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), word)
    return command is not None and any(option in param.opts for param in command.params)
