"""Options that several commands share."""

from __future__ import annotations

import click

from gates.model.criterion import Stage

environment_option = click.option(
    "--env",
    "env",
    envvar="GATE_ENV",
    required=True,
    help="Environment of the platform: sandbox, staging, production.",
)
stage_option = click.option(
    "--stage",
    type=click.Choice([stage.value for stage in Stage]),
    required=True,
    help="Which part of the catalogue is demanded.",
)
format_option = click.option(
    "--format",
    "format",
    type=click.Choice(["tty", "plain", "json"]),
    default=None,
    help="How to speak; default: tty on a terminal, plain elsewhere. json prints the document of the file.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=None,
    help="Generate other requests than usual; a finding names the seed that repeats it.",
)


def seed_of(value: object) -> int | None:
    """Return the seed that was asked for, if any."""
    return value if isinstance(value, int) else None
