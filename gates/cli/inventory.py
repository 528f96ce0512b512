"""`gate images` and `gate precheck`: what must be there before anything can be recovered."""

from __future__ import annotations

import click

from gates.cli.operating import Asked, looks
from gates.model.exit_code import ExitCode
from gates.operations.inventory import NEEDED_APIS, lacks, missing_images

_SHORT = 19
_KEPT_REVISIONS = 5


@click.command()
@looks
def images(asked: Asked) -> ExitCode:
    """List the stored images; 1 when one of the newest revisions of a service could not be started again."""
    found = asked.room.inventory.images()
    for one in found:
        tags = ",".join(one.tags) or "-"
        click.echo(f"{one.uploaded_at:%Y-%m-%d %H:%M:%S}  {one.package}:{tags}  {one.digest[:_SHORT]}")
    digests = {
        revision.name: revision.digest
        for name in asked.house.platform.service_names
        for revision in asked.house.cloud.revisions(name)[:_KEPT_REVISIONS]
    }
    missing = missing_images(digests, found)
    for name in missing:
        click.echo(f"MISSING  the image of {name}: it cannot be started again")
    click.echo(f"{len(found)} images, {len(digests) - len(missing)} of {len(digests)} revisions have theirs")
    return ExitCode.NO_GO if missing or not digests else ExitCode.GO


@click.command()
@looks
def precheck(asked: Asked) -> ExitCode:
    """Look at the project and its APIs, the first step of every recovery; 1 when something lacks."""
    inventory = asked.room.inventory
    found = lacks(inventory.project_state(), inventory.enabled_apis())
    for line in found:
        click.echo(f"LACKS  {line}")
    project = asked.house.environment.project
    click.echo(f"{project}: {'not ready' if found else f'ACTIVE, {len(NEEDED_APIS)} needed APIs enabled'}")
    return ExitCode.NO_GO if found else ExitCode.GO
