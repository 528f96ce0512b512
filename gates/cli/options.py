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
