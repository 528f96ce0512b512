"""`gate snapshot`: the configuration of all services as files, and the drift since then."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from gates.cli.command import CommandContext, looks
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.operations.snapshot import differences, documents


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def snapshot() -> None:
    """Keep the configuration of all services, and find what drifted."""


@snapshot.command()
@looks
def create(command: CommandContext) -> ExitCode:
    """Write the configuration of every service below `reports/snapshots`."""
    names = command.context.platform.service_names
    found = documents(names, command.operations.configuration.document)
    click.echo(f"{len(names)} services in {command.operations.snapshots.write(found, datetime.now(UTC))}")
    return ExitCode.GO


@snapshot.command()
@click.argument("name", required=False)
@looks
@reporting
def diff(command: CommandContext, name: str | None) -> Report:
    """Compare the live configuration with the snapshot NAME, or the newest; 1 when anything differs."""
    wanted, before = command.operations.snapshots.read(name)
    now = documents(command.context.platform.service_names, command.operations.configuration.document)
    found = list(differences(before, now))
    ending = f"{len(found)} differences from {wanted}" if found else f"nothing differs from {wanted}"
    return Report(
        code=ExitCode.NO_GO if found else ExitCode.GO,
        lines=[*found, ending],
        document={"snapshot": wanted, "differences": found},
    )
