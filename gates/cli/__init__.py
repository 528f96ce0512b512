"""argv in, exit code out; one small file per command group; nothing is decided here.

Commands are imported when they are called: `gate --help` must not pay for the cloud's libraries.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

import click

from gates.adapters.machine.way_out import settle
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
"""How long an interrupted command waits for who still reads."""
_COMMANDS = {
    "run": ("gates.cli.run", "The whole story for one stage: look, judge, decide, act, report."),
    "collect": ("gates.cli.steps", "Produce evidence for a stage and write it to a run folder."),
    "judge": ("gates.cli.judge", "Judge the evidence of a run folder, or judge it again."),
    "decide": ("gates.cli.steps", "Decide about the verdict of a run folder; nothing is done yet."),
    "act": ("gates.cli.steps", "Carry out the decision of a run folder, and prove it."),
    "decisions": ("gates.cli.decisions", "Show what was decided and waits for somebody."),
    "report": ("gates.cli.steps", "Write the reports of a run folder again."),
    "rollback": ("gates.cli.rollback", "Send traffic back to the last good revision, and prove it."),
    "maintenance": ("gates.cli.maintenance", "Answer users with 503 and Retry-After while work is done."),
    "check": ("gates.cli.check", "Ask each service how it is."),
    "diagnose": ("gates.cli.diagnose", "Try the platform and name the service to roll back."),
    "synthetic": ("gates.cli.synthetic", "Run user journeys now, and write how they went to the log."),
    "auth": ("gates.cli.auth", "Try the ways in, and what must not be one."),
    "load": ("gates.cli.load", "Send a load profile and measure; or open the generator's own page."),
    "circuits": ("gates.cli.circuits", "Look at circuit breakers, reset them, switch the token fallback."),
    "scale": ("gates.cli.scale", "Keep more instances of a service, and go back."),
    "db": ("gates.cli.database", "Look at the database, move its window, restart it."),
    "backup": ("gates.cli.backup", "Take and list backups; say how much would be lost now."),
    "restore": ("gates.cli.backup", "Bring the database back from a backup."),
    "coldstart": ("gates.cli.performance", "Measure how long a fresh instance of a service takes."),
    "autoscaling": ("gates.cli.performance", "Compare bounds with what was needed, and set better ones."),
    "redeploy": ("gates.cli.redeploy", "Deploy services again from their recorded images."),
    "build": ("gates.cli.build", "Let a build in the cloud roll services back."),
    "sla": ("gates.cli.sla", "Report what each service kept of its levels in a window."),
    "metrics": ("gates.cli.metrics", "Processors, memory, disk and network against their thresholds."),
    "drill": ("gates.cli.drill", "Rehearse a recovery, measure it, and record it."),
    "snapshot": ("gates.cli.snapshot", "Keep the configuration of all services, and find what drifted."),
    "images": ("gates.cli.inventory", "List the container images, and who would miss one."),
    "precheck": ("gates.cli.inventory", "Say whether the project and its APIs are there."),
    "golive": ("gates.cli.golive", "Plan, conduct or rehearse the day of a go-live."),
    "attest": ("gates.cli.attest", "Sign that a criterion holds, as one who answers for it."),
    "waive": ("gates.cli.waive", "Sign an exception for one criterion, for one release, until it expires."),
    "sign": ("gates.cli.sign", "Sign the go-live of a run that is GO."),
    "authority": ("gates.cli.authority", "Sign beforehand that a grave failure is rolled back by itself."),
    "approvals": ("gates.cli.approvals", "Say whose attestations and signatures are missing."),
    "incident": ("gates.cli.incident", "Open an incident, see who is due now, tell them, close it."),
    "runbook": ("gates.cli.runbook", "Follow a procedure step by step, and report who did what."),
    "criteria": ("gates.cli.criteria", "List, explain, lint the criteria; show what covers them."),
    "bench": ("gates.cli.bench", "Measure the gate on releases whose truth is known."),
    "doctor": ("gates.cli.doctor", "Say what this machine and this environment lack."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported by name when they are needed."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(_COMMANDS[name][0]), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the command that was meant: none of them is known to click before it is imported."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise click.NoSuchCommand(args[0], possibilities=_COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="release-gate", prog_name="gate")
def gate() -> None:
    """Decide GO, NO_GO or INCONCLUSIVE for a release, and roll a bad one back.

    \b
    Exit codes: 0 GO or done · 1 NO_GO · 2 interrupted or deadline · 3 defect of the gate · 4 usage or
    configuration · 5 nothing evaluated · 10 INCONCLUSIVE · 11 NO_GO and rolled back · 12 action failed
    """  # noqa: D301 - \b is click's mark for a paragraph that keeps its lines
    for note in settle(os.environ):
        with suppress(OSError):
            click.echo(f"gate: {note}", err=True)


def main(argv: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code; nothing else calls `sys.exit`.

    The code is the command's own, whoever reads what it prints or does not.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    _start_quickly()
    code = ExitCode.INTERRUPTED
    with suppress(KeyboardInterrupt), interrupting(), safe() as printer:
        code = invoke(sys.argv[1:] if argv is None else argv)
        printer.drain(_LAST_WORDS_S if code is ExitCode.INTERRUPTED else None)
    sys.exit(int(code))


def _start_quickly() -> None:
    """Keep two libraries from importing what no command uses: a sixth of a second for each start.

    httpx would bring its own command line with rich and pygments, pydantic would read the metadata of every
    installed package in search of plugins.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # says: not to be imported
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def invoke(argv: list[str]) -> ExitCode:
    """Run one command line; errors and signals become a sentence on stderr and an exit code."""
    return explained(lambda: gate.main(args=argv, prog_name="gate", standalone_mode=False))


def call(argv: list[str]) -> ExitCode:
    """Run one command line as a step of another; only signals come through.

    Raises:
        KeyboardInterrupt: a signal came.
    """
    return _ended(lambda: gate.main(args=argv, prog_name="gate", standalone_mode=False))


def explained(call: Callable[[], object]) -> ExitCode:
    """Return the exit code that a call returns; errors and signals become a sentence on stderr and one."""
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
    """Tell of a defect; click ends with 1, which is NO_GO, where a pipe broke: that is one too."""
    click.echo(f"gate: internal error: {type(error).__name__}: {error}", err=True)
    click.echo("  → this is a defect of the gate; run again with GATE_TRACE=1 and report it", err=True)
    if os.environ.get("GATE_TRACE"):
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
