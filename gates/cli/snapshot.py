"""`gate snapshot`: the configuration of all services as files, and what drifted since."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from gates.cli.operating import Asked, looks
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.operations.snapshot import differences


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def snapshot() -> None:
    """Keep the configuration of all services, and find what drifted."""


@snapshot.command()
@looks
def create(asked: Asked) -> ExitCode:
    """Write the configuration of every service below `reports/snapshots`."""
    folder = asked.room.snapshots.write(_documents(asked), datetime.now(UTC))
    click.echo(f"{len(asked.house.platform.service_names)} services in {folder}")
    return ExitCode.GO


@snapshot.command()
@click.argument("name", required=False)
@looks
@reporting
def diff(asked: Asked, name: str | None) -> Report:
    """Compare the live configuration with the snapshot NAME, or the newest; 1 when anything differs."""
    wanted, before = asked.room.snapshots.read(name)
    found = list(differences(before, _documents(asked)))
    ending = f"{len(found)} differences from {wanted}" if found else f"nothing differs from {wanted}"
    return Report(
        code=ExitCode.NO_GO if found else ExitCode.GO,
        lines=[*found, ending],
        document={"environment": asked.house.environment.name, "snapshot": wanted, "differences": found},
    )


def _documents(asked: Asked) -> dict[str, dict[str, object]]:
    return {
        name: dict(asked.room.configuration.document(name)) for name in asked.house.platform.service_names
    }
