"""`gate attest CRITERION`: somebody answers with a signature for what no check can see."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from gates import wiring
from gates.cli import signing
from gates.cli.options import environment_option
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.statement import Statement, StatementKind


@click.command()
@click.argument("criterion_id", metavar="CRITERION")
@environment_option
@signing.signing_options
@signing.run_option
@click.option("--refuse", "refuses", is_flag=True, help="Sign that it does NOT hold.")
def attest(criterion_id: str, **options: object) -> ExitCode:
    """Sign that CRITERION holds for a release, or for the platform where no release changes it."""
    house = wiring.House(str(options["env"]))
    criterion = house.catalogue.find(criterion_id)
    if criterion is None or criterion.attested_by is None:
        known = ", ".join(c.id for c in house.catalogue.criteria if c.attested_by is not None)
        raise UsageError(f"nobody attests {criterion_id}", next_step=f"one of {known}")
    role = signing.checked_role(house, str(options["role"]), criterion.attested_by, criterion.id)
    now = datetime.now(UTC)
    release = signing.release_meant(house, options["run_folder"])
    links = options["links"]
    statement = Statement(
        kind=StatementKind.ATTESTATION,
        environment=house.environment.name,
        subject=criterion.id,
        digest=house.statements.reading(release, now).digest(criterion.id),
        by=str(options["by"]),
        role=role,
        reason=str(options["reason"]),
        links=tuple(str(link) for link in links) if isinstance(links, tuple) else (),
        issued_at=now,
        expires_at=signing.expiry(str(options["expires"]), now),
        refuses=bool(options["refuses"]),
    )
    signing.write(house, statement, options["key"])
    return ExitCode.GO
