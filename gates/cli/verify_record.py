"""`gate verify-record`: what the record of another environment is worth here, without a network."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.cli.options import in_context
from gates.cli.reports import Report, reporting
from gates.composition import records
from gates.reporting.verdict_record import Verified


@click.command("verify-record")
@in_context
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@reporting
def verify_record(context: composition.Context, file: Path) -> Report:
    """Check a signed record FILE: signature, verdict, digests, and how long its results count.

    Exit code 0: it counts for exactly the images that it names. 1: its verdict is NO_GO. 4: it is not signed
    with an allowed key, or was changed. 10: it does not count for another reason.
    """
    now = datetime.now(UTC)
    found = records.verified(context, file, now)
    verified = Verified(
        found=found,
        file=str(file),
        environment=context.environment_name,
        catalogue=context.catalogue,
        now=now,
    )
    return Report(code=verified.code, lines=verified.lines(), document=verified.document())
