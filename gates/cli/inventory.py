"""`gate images` and `gate precheck`: the images, the project and the APIs that a recovery needs."""

from __future__ import annotations

from dataclasses import asdict

import click

from gates.cli.command import CommandContext, looks
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.model.inventory import Image
from gates.operations.inventory import NEEDED_APIS, lacks, missing_images
from gates.reporting.layout import Line, Row

_SHORT = 19
_KEPT_REVISIONS = 5


@click.command()
@looks
@reporting
def images(command: CommandContext) -> Report:
    """List the stored images; 1 when one of the newest revisions of a service could not be started again."""
    found = command.operations.inventory.images()
    digests = {
        revision.name: revision.digest
        for name in command.context.platform.service_names
        for revision in command.context.cloud.revisions(name)[:_KEPT_REVISIONS]
    }
    missing = missing_images(digests, found)
    return Report(
        code=ExitCode.NO_GO if missing or not digests else ExitCode.GO,
        lines=[
            *(_image_line(one) for one in found),
            *(f"MISSING  the image of {name}: it cannot be started again" for name in missing),
            f"{len(found)} images, {len(digests) - len(missing)} of {len(digests)} revisions have theirs",
        ],
        document={
            "images": [{**asdict(one), "uploaded_at": one.uploaded_at.isoformat()} for one in found],
            "revisions": len(digests),
            "revisions_without_image": list(missing),
        },
    )


def _image_line(one: Image) -> Line:
    tags = ",".join(one.tags) or "-"
    return Row(f"{one.uploaded_at:%Y-%m-%d %H:%M:%S}  ", f"{one.package}:{tags}  {one.digest[:_SHORT]}")


@click.command()
@looks
@reporting
def precheck(command: CommandContext) -> Report:
    """Look at the project and its APIs, the first step of every recovery; 1 when something lacks."""
    inventory = command.operations.inventory
    found = lacks(inventory.project_state(), inventory.enabled_apis())
    project = command.context.environment.project
    ending = "not ready" if found else f"ACTIVE, {len(NEEDED_APIS)} needed APIs enabled"
    return Report(
        code=ExitCode.NO_GO if found else ExitCode.GO,
        lines=[*(Row("LACKS  ", line) for line in found), f"{project}: {ending}"],
        document={"project": project, "lacks": list(found)},
    )
