"""The command line: argv in, exit code out; one file per command group.

Commands are imported when they are called: `gate --help` must not pay for the cloud's libraries.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress

import click

from gates.cli.output import safe
from gates.cli.signals import interrupting
from gates.errors import (
    ActionError,
    ConfigurationError,
    DocumentError,
    EvidenceError,
    GateError,
    LedgerError,
    UsageError,
)
from gates.model.exit_code import ExitCode

_LAST_WORDS_S = 1.0
"""Longest time that an interrupted command waits for the readers of its output."""
_SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Release": {
        "run": ("run", "Look, judge, decide and act for one stage."),
        "decisions": ("decisions", "List decisions that wait for approval; escalate late ones."),
    },
    "One step of a run at a time": {
        "collect": ("steps", "Collect the evidence for a stage into a run folder."),
        "judge": ("judge", "Judge the evidence of a run folder, or judge it again."),
        "decide": ("steps", "Decide about the verdict of a run folder; nothing is done yet."),
        "act": ("steps", "Carry out the decision of a run folder."),
        "report": ("steps", "Write the reports of a run folder again."),
    },
    "Roll back": {
        "rollback": ("rollback", "Roll services back; also: status, resume, unpin, verify."),
        "maintenance": ("maintenance", "Turn the maintenance page on or off."),
    },
    "On call": {
        "check": ("check", "Show health, revision and circuits of each service."),
        "diagnose": ("diagnose", "Find the failing service and print its rollback command."),
        "runbook": ("runbook", "Follow a procedure step by step, and report who did what."),
        "incident": ("incident", "Open, show or close an incident, and notify the people due."),
    },
    "Go live": {
        "golive": ("golive", "Plan, rehearse or run a go-live."),
        "attest": ("attest", "Sign that a criterion holds, in the role that attests it."),
        "waive": ("waive", "Sign an expiring exception for one criterion and one release."),
        "sign": ("sign", "Sign the go-live of a run that is GO."),
        "approvals": ("approvals", "List the attestations and signatures that are missing."),
        "verify-record": ("verify_record", "Check a signed record of another environment, offline."),
        "authority": ("authority", "Pre-authorise automatic rollbacks with a signed grant."),
    },
    "Load and journeys": {
        "load": ("load", "Send a load profile and measure, or open the Locust UI."),
        "synthetic": ("synthetic", "Run user journeys now and record the results."),
        "auth": ("auth", "Try the authentication flows."),
    },
    "Operate": {
        "circuits": ("circuits", "Show or reset circuit breakers; switch the token fallback."),
        "build": ("build", "Roll services back through a build in Cloud Build."),
        "scale": ("scale", "Keep more instances of a service, and go back."),
        "db": ("database", "Show the database, move its maintenance window, restart it."),
        "backup": ("backup", "Take and list backups; show how much would be lost now."),
        "restore": ("backup", "Restore the database from a backup."),
        "coldstart": ("performance", "Measure how long a fresh instance of a service takes."),
        "autoscaling": ("performance", "Compare instance bounds with what was needed; set better ones."),
        "redeploy": ("redeploy", "Deploy services again from their recorded images."),
        "sla": ("sla", "Report the service levels of a window."),
        "metrics": ("metrics", "Show processors, memory, disk and network against thresholds."),
        "drill": ("drill", "Rehearse a recovery, measure it, and record it."),
        "snapshot": ("snapshot", "Save the configuration of all services; find drift."),
        "images": ("inventory", "List container images, and the revisions whose image is gone."),
        "precheck": ("inventory", "Check that the project and its APIs exist."),
    },
    "Catalogue and tool": {
        "criteria": ("criteria", "List, explain and lint the criteria; show what covers them."),
        "bench": ("bench", "Measure the gate on releases whose truth is known."),
        "doctor": ("doctor", "List what this machine and this environment lack."),
    },
}
"""Heading -> command -> module in this package, and its line in `gate --help`."""
_NAMES_ONLY = ("One step of a run at a time", "Operate")
"""The sections whose commands `gate --help` only names, so that it fits on one screen."""
_COMMANDS = {name: about for section in _SECTIONS.values() for name, about in section.items()}


class LazyGroup(click.Group):
    """A group whose commands are imported by name when they are needed."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(
            importlib.import_module(f"gates.cli.{_COMMANDS[name][0]}"), name.replace("-", "_")
        )
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the closest command in the error message: click knows none before it is imported."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise click.NoSuchCommand(args[0], possibilities=_COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        for heading, commands in _SECTIONS.items():
            if heading in _NAMES_ONLY:
                formatter.write_text(f"{heading}: {', '.join(commands)}")
                continue
            formatter.write_text(heading)
            with formatter.indentation():
                formatter.write_dl([(name, summary) for name, (_, summary) in commands.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="release-gate", prog_name="gate")
def gate() -> None:
    """Decide GO, NO_GO or INCONCLUSIVE for a release, and roll a bad one back.

    \b
    Exit codes: 0 GO or done · 1 NO_GO · 2 interrupted or deadline · 3 defect of the gate · 4 usage or
    configuration · 5 nothing evaluated · 10 INCONCLUSIVE · 11 NO_GO and rolled back · 12 action failed
    """  # noqa: D301 - \b is click's mark for a paragraph that keeps its lines
    from gates.composition import settle  # noqa: PLC0415 - help needs none of it

    for note in settle(os.environ):
        with suppress(OSError):
            click.echo(f"gate: {note}", err=True)


def main(argv: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code; nothing else calls `sys.exit`.

    The code is the command's own, also if its output is not read.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    _start_quickly()
    code = ExitCode.INTERRUPTED
    with suppress(KeyboardInterrupt), interrupting(), safe() as printer:
        code = invoke(sys.argv[1:] if argv is None else argv)
        printer.drain(_LAST_WORDS_S if code is ExitCode.INTERRUPTED else None)
    sys.exit(int(code))


def _start_quickly() -> None:
    """Prevent two imports that no command uses: they take a sixth of a second of each start.

    httpx would bring its own command line with rich and pygments, pydantic would read the metadata of every
    installed package in search of plugins.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # says: not to be imported
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def invoke(argv: list[str]) -> ExitCode:
    """Run one command line; an error or a signal becomes a message on stderr and an exit code."""
    return explained(lambda: gate.main(args=argv, prog_name="gate", standalone_mode=False))


def call(argv: list[str]) -> ExitCode:
    """Run one command line as a step of another; only a signal is raised.

    Raises:
        KeyboardInterrupt: a signal came.
    """
    return _ended(lambda: gate.main(args=argv, prog_name="gate", standalone_mode=False))


def explained(call: Callable[[], object]) -> ExitCode:
    """Return the exit code of a call; an error or a signal becomes a message on stderr and an exit code."""
    try:
        return _ended(call)
    except KeyboardInterrupt as error:
        click.echo(f"interrupted by {error}" if str(error) else "interrupted", err=True)
        return ExitCode.INTERRUPTED


def _ended(call: Callable[[], object]) -> ExitCode:
    try:
        code = call()
        return ExitCode(code) if isinstance(code, int) else ExitCode.GO
    except click.UsageError as error:
        error.show()
        return ExitCode.USAGE_ERROR
    except click.Abort as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except GateError as error:
        click.echo(f"gate: {error.diagnostics()}", err=True)
        return _code_of(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a defect must not look like a verdict
        return _defect(error)


def _defect(error: BaseException) -> ExitCode:
    """Print a defect. A broken pipe counts as one: click exits with 1, which is NO_GO."""
    click.echo(f"gate: internal error: {type(error).__name__}: {error}", err=True)
    click.echo("  → this is a defect of the gate; run again with GATE_TRACE=1 and report it", err=True)
    if os.environ.get("GATE_TRACE"):
        import traceback  # noqa: PLC0415

        click.echo("".join(traceback.format_exception(error)), err=True)
    return ExitCode.INTERNAL_ERROR


def _code_of(error: GateError) -> ExitCode:
    if isinstance(error, (UsageError, DocumentError, ConfigurationError, LedgerError)):
        return ExitCode.USAGE_ERROR
    if isinstance(error, EvidenceError):
        return ExitCode.NOTHING_EVALUATED
    if isinstance(error, ActionError):
        return ExitCode.ACTION_FAILED
    return ExitCode.INCONCLUSIVE
